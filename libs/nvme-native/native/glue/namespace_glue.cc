#include "../core/lane.h"
#include "addon.h"
#include "convert.h"
#include "data_request.h"

namespace assay::glue {
namespace {

// createNamespace(controller, { nsid, lbaBytes, lbaCount, maxTransferBytes }) -> handle
Napi::Value Create(const Napi::CallbackInfo& info) {
  const auto o = info[1].As<Napi::Object>();
  NamespaceGeometry geometry;
  geometry.nsid = U32(o, "nsid");
  geometry.lba_bytes = U32(o, "lbaBytes");
  geometry.lba_count = U64(o, "lbaCount");
  geometry.max_transfer_bytes = U32(o, "maxTransferBytes");
  return Wrap(info.Env(), std::make_shared<Namespace>(Unwrap<Controller>(info[0]), geometry));
}

// io(namespace, command, data | null, direction, qpair, lbaCount) -> completion
Napi::Value Io(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto ns = Unwrap<Namespace>(info[0]);
  auto lane = Unwrap<Lane>(info[4]);
  auto pending = Pending::Create(env, StateOf(env).queue, info[2]);
  std::unique_ptr<Request> request = DataRequest(*ns->controller(), info, pending);
  if (request == nullptr) return pending->promise(env);
  request->command.lba_count = info[5].As<Napi::Number>().Uint32Value();
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

// previewPattern(options, count) -> [kind, slba, lbas][]: the pure generator, for its tests and for the curious.
Napi::Value PreviewPattern(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  IoPattern pattern(WorkerOptionsOf(info[0].As<Napi::Object>()).pattern);
  const uint32_t count = info[1].As<Napi::Number>();
  Napi::Array steps = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; i++) {
    const IoStep step = pattern.Next();
    Napi::Array row = Napi::Array::New(env, 3);
    row.Set(0u, step.kind == IoKind::kRead ? "read" : step.kind == IoKind::kWrite ? "write" : "flush");
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
  exports.Set("previewPattern", Napi::Function::New(env, PreviewPattern));
}

}  // namespace assay::glue
