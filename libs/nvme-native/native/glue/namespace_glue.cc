#include "core/host/lane.h"
#include "core/worker/sweep.h"
#include "core/verify/tracked_io.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"
#include "data_request.h"

namespace assay::glue {
namespace {

// createNamespace(controller, { nsid, lbaBytes, lbaCount, maxTransferBytes, metadataBytes, interleavedBytes,
// extendedMetadataBytes, protectionType, protectionFirst, allMetadataBytes, guard (PIF), storageTagBits, deallocatedZeroes,
// awupfLbas, boundaryLbas, boundaryOffsetLba, awunLbas, normalBoundaryLbas }) -> handle
Napi::Value Create(const Napi::CallbackInfo& info) {
  const auto o = info[1].As<Napi::Object>();
  NamespaceGeometry geometry;
  geometry.nsid = U32(o, "nsid");
  geometry.lba_bytes = U32(o, "lbaBytes");
  geometry.lba_count = U64(o, "lbaCount");
  geometry.max_transfer_bytes = U32(o, "maxTransferBytes");
  geometry.metadata_bytes = U32(o, "metadataBytes");
  geometry.interleaved_bytes = U32(o, "interleavedBytes");
  geometry.extended_metadata_bytes = U32(o, "extendedMetadataBytes");
  geometry.protection = {U32(o, "protectionType"),  Flag(o, "protectionFirst"),         geometry.lba_bytes,
                         U32(o, "allMetadataBytes"), static_cast<Guard>(U32(o, "guard")), U32(o, "storageTagBits")};
  geometry.deallocated_zeroes = Flag(o, "deallocatedZeroes");
  geometry.power_fail_unit = {U32(o, "awupfLbas"), U32(o, "boundaryLbas"), U32(o, "boundaryOffsetLba")};
  geometry.normal_unit = {U32(o, "awunLbas"), U32(o, "normalBoundaryLbas"), U32(o, "boundaryOffsetLba")};
  return Wrap(info.Env(), std::make_shared<Namespace>(Unwrap<Controller>(info[0]), geometry));
}

// io(namespace, command, data | null, direction, qpair, lbaCount, metadataBytes) -> completion; so many of the last bytes
// of `data` are metadata that have a buffer of their own
Napi::Value Io(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto ns = Unwrap<Namespace>(info[0]);
  auto lane = Unwrap<Lane>(info[4]);
  auto pending = Pending::Create(env, StateOf(env).queue, info[2]);
  std::unique_ptr<Request> request = DataRequest(*ns->controller(), info, pending);
  if (request == nullptr) return pending->promise(env);
  request->command.lba_count = info[5].As<Napi::Number>().Uint32Value();
  if (const uint32_t metadata_bytes = info[6].As<Napi::Number>(); metadata_bytes != 0) {
    Command& command = request->command;
    command.data_bytes -= metadata_bytes;
    command.metadata = static_cast<uint8_t*>(command.data) + command.data_bytes;
    command.metadata_bytes = metadata_bytes;
  }
  request->qid = lane->qid();
  TrackRequest(*ns, request.get());
  if (!lane->Post(std::move(request))) pending->Reject(Status::Error(Code::kClosed, "the queue pair is deleted"));
  return pending->promise(env);
}

// startIoWorker(namespace, options, onEvent) -> { handle, result }
Napi::Value StartIoWorker(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const WorkerOptions options = WorkerOptionsOf(info[1].As<Napi::Object>());
  auto queue = StateOf(env).queue;
  auto pending = Pending::Create(env, queue, info[2]);
  WorkerCallbacks callbacks;
  // Events and result go through one queue, in order; the listener is kept until the result settles.
  callbacks.event = [queue, pending, worker = options.worker](WorkerEvent&& event) {
    queue->Post([pending, worker, event = std::move(event)](Napi::Env inner) {
      pending->kept(inner).As<Napi::Function>().Call({EventValue(inner, worker, event)});
    });
  };
  callbacks.result = [pending](const Status& status, WorkerResult&& result) {
    if (!status.ok()) return pending->Reject(status);
    auto shared = std::make_shared<WorkerResult>(std::move(result));
    pending->Resolve([shared](Napi::Env inner) { return WorkerResultValue(inner, *shared); });
  };
  auto worker = IoWorker::Start(Unwrap<Namespace>(info[0]), options, std::move(callbacks));
  Napi::Object value = Napi::Object::New(env);
  value.Set("handle", Wrap(env, worker));
  value.Set("result", pending->promise(env));
  return value;
}

Napi::Value StopIoWorker(const Napi::CallbackInfo& info) {
  Unwrap<IoWorker>(info[0])->RequestStop();
  return info.Env().Undefined();
}

Napi::Value ReleaseIoWorker(const Napi::CallbackInfo& info) {
  Unwrap<IoWorker>(info[0])->Release();
  return info.Env().Undefined();
}

// openVerifyTable(namespace, path, seed, volatileCache, powerCycles, lbas, zeroPercent, namespaceId); path "": without a table
Napi::Value OpenVerifyTable(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto ns = Unwrap<Namespace>(info[0]);
  auto pending = Pending::Create(env, StateOf(env).queue);
  TableGeometry geometry;
  geometry.lba_count = U64(info[5]);
  geometry.lba_bytes = ns->geometry().lba_bytes;
  geometry.seed = U64(info[2]);
  geometry.volatile_cache = info[3].As<Napi::Boolean>();
  geometry.power_cycles = U64(info[4]);
  geometry.zero_percent = info[6].As<Napi::Number>();
  geometry.namespace_id = U64(info[7]);
  OnOwnThread("assay-table", pending, [ns, pending, geometry, path = info[1].As<Napi::String>().Utf8Value()] {
    std::shared_ptr<VerifyTable> table;
    const Status s = path.empty() ? VerifyTable::OpenWithout(geometry, &table) : VerifyTable::Open(path, geometry, &table);
    if (!s.ok()) return pending->Reject(s);
    ns->SetTable(std::move(table));
    pending->Resolve([](Napi::Env inner) -> Napi::Value { return inner.Undefined(); });
  });
  return pending->promise(env);
}

// announceErasure(namespace): directly before a command that makes everything unknown
Napi::Value AnnounceErasure(const Napi::CallbackInfo& info) {
  if (auto table = Unwrap<Namespace>(info[0])->table()) table->AnnounceClear();
  return info.Env().Undefined();
}

Napi::Value ClearVerifyTable(const Napi::CallbackInfo& info) {
  if (auto table = Unwrap<Namespace>(info[0])->table()) table->Clear();
  return info.Env().Undefined();
}

// setVerifyReads(namespace, on)
Napi::Value SetVerifyReads(const Napi::CallbackInfo& info) {
  Unwrap<Namespace>(info[0])->SetVerifyReads(info[1].As<Napi::Boolean>());
  return info.Env().Undefined();
}

// disableNormalUnit(namespace, disabled)
Napi::Value DisableNormalUnit(const Napi::CallbackInfo& info) {
  Unwrap<Namespace>(info[0])->DisableNormalUnit(info[1].As<Napi::Boolean>());
  return info.Env().Undefined();
}

// takeMiscompares(namespace) -> miscompare[]
Napi::Value TakeMiscompares(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::vector<Miscompare> found = Unwrap<Namespace>(info[0])->miscompares()->Take();
  Napi::Array list = Napi::Array::New(env, found.size());
  for (uint32_t i = 0; i < found.size(); i++) list.Set(i, MiscompareValue(env, found[i]));
  return list;
}

// syncVerifyTable(namespace, resting), closeVerifyTable(namespace): that the file is complete; and forget it
template <bool kForget>
Napi::Value SyncVerifyTable(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const SyncScope scope = !kForget && info[1].As<Napi::Boolean>() ? SyncScope::kResting : SyncScope::kAll;
  auto pending = Pending::Create(env, StateOf(env).queue);
  OnOwnThread("assay-table", pending, [pending, ns = Unwrap<Namespace>(info[0]), scope] {
    Status status;
    if (auto table = ns->table()) status = table->Sync(scope);
    if (kForget) ns->SetTable(nullptr);
    if (!kForget && !status.ok()) return pending->Reject(status);
    pending->Resolve([](Napi::Env inner) -> Napi::Value { return inner.Undefined(); });
  });
  return pending->promise(env);
}

// notePowerLoss(namespace, powerCycles)
Napi::Value NotePowerLoss(const Napi::CallbackInfo& info) {
  if (auto table = Unwrap<Namespace>(info[0])->table()) table->PowerCycles(U64(info[1]));
  return info.Env().Undefined();
}

// verify(namespace, options) -> VerifyResult
Napi::Value Verify(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto o = info[1].As<Napi::Object>();
  SweepOptions options;
  options.rule = Text(o, "rule") == "exact" ? Rule::kExact : Rule::kDurableOrNewer;
  options.region_start = U64(o, "regionStartLba");
  options.region_lbas = U64(o, "regionLbas");
  options.written = Flag(o, "written");
  options.depth = U32(o, "depth");
  auto pending = Pending::Create(env, StateOf(env).queue);
  Sweep::Start(Unwrap<Namespace>(info[0]), options, [pending](const Status& status, SweepResult&& result) {
    if (!status.ok()) return pending->Reject(status);
    pending->Resolve([result](Napi::Env inner) { return SweepResultValue(inner, result); });
  });
  return pending->promise(env);
}

// The three that every drive has by name, the others by opcode.
Napi::Value StepName(Napi::Env env, uint8_t opcode) {
  switch (opcode) {
    case nvm_opcode::kFlush: return Napi::String::New(env, "flush");
    case nvm_opcode::kWrite: return Napi::String::New(env, "write");
    case nvm_opcode::kRead: return Napi::String::New(env, "read");
    default: return Napi::Number::New(env, opcode);
  }
}

// previewPattern(options, count) -> [name | opcode, slba, lbas][]: the pure generator, for its tests and for the curious.
Napi::Value PreviewPattern(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  IoPattern pattern(WorkerOptionsOf(info[0].As<Napi::Object>()).pattern);
  const uint32_t count = info[1].As<Napi::Number>();
  Napi::Array steps = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; i++) {
    const IoStep step = pattern.Next();
    Napi::Array row = Napi::Array::New(env, 3);
    row.Set(0u, StepName(env, step.opcode));
    row.Set(1u, Napi::BigInt::New(env, step.slba));
    row.Set(2u, step.lbas);
    steps.Set(i, row);
  }
  return steps;
}

}  // namespace

void RegisterNamespace(Napi::Env env, Napi::Object exports) {
  exports.Set("createNamespace", Napi::Function::New(env, Create));
  exports.Set("io", Napi::Function::New(env, Io));
  exports.Set("startIoWorker", Napi::Function::New(env, StartIoWorker));
  exports.Set("stopIoWorker", Napi::Function::New(env, StopIoWorker));
  exports.Set("releaseIoWorker", Napi::Function::New(env, ReleaseIoWorker));
  exports.Set("openVerifyTable", Napi::Function::New(env, OpenVerifyTable));
  exports.Set("announceErasure", Napi::Function::New(env, AnnounceErasure));
  exports.Set("clearVerifyTable", Napi::Function::New(env, ClearVerifyTable));
  exports.Set("disableNormalUnit", Napi::Function::New(env, DisableNormalUnit));
  exports.Set("setVerifyReads", Napi::Function::New(env, SetVerifyReads));
  exports.Set("takeMiscompares", Napi::Function::New(env, TakeMiscompares));
  exports.Set("syncVerifyTable", Napi::Function::New(env, SyncVerifyTable<false>));
  exports.Set("closeVerifyTable", Napi::Function::New(env, SyncVerifyTable<true>));
  exports.Set("notePowerLoss", Napi::Function::New(env, NotePowerLoss));
  exports.Set("verify", Napi::Function::New(env, Verify));
  exports.Set("previewPattern", Napi::Function::New(env, PreviewPattern));
}

}  // namespace assay::glue
