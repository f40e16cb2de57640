#include "../core/deadline.h"
#include "../core/lane.h"
#include "addon.h"
#include "convert.h"
#include "data_request.h"

namespace assay::glue {
namespace {

const Status kClosedStatus = Status::Error(Code::kClosed, "the controller is closed");

Napi::Value LimitsValue(Napi::Env env, const HostLimits& limits) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("maxQpairs", limits.max_qpairs);
  value.Set("maxQueueEntries", limits.max_queue_entries);
  value.Set("maxTransferBytes", limits.max_transfer_bytes);
  value.Set("readyTimeoutMs", limits.ready_timeout_ms);
  value.Set("barBytes", limits.bar_bytes);
  return value;
}

void SetPhases(Napi::Object value, const ReadyReport& ready) {
  value.Set("readyMs", static_cast<double>(ready.ready_ns) / 1e6);
  value.Set("disableMs", static_cast<double>(ready.disable_ns) / 1e6);
  value.Set("enableMs", static_cast<double>(ready.enable_ns) / 1e6);
}

// open(address, options) -> { handle, limits, readyMs }
Napi::Value Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto where = info[0].As<Napi::Object>();
  const auto how = info[1].As<Napi::Object>();
  TransportAddress address;
  address.transport = Text(where, "transport");
  address.address = Text(where, "address");
  address.port = static_cast<uint16_t>(U32(where, "port"));
  address.nqn = Text(where, "nqn");
  address.host_nqn = Text(where, "hostNqn");
  address.header_digest = Flag(where, "headerDigest");
  address.data_digest = Flag(where, "dataDigest");
  ControllerOptions options;
  options.cmdlog_dir = Text(how, "cmdlogDir");
  options.cmdlog_entries = U32(how, "cmdlogEntries");
  options.timeout_ms = U32(how, "timeoutMs");
  options.bring_up = Flag(how, "bringUp");
  AddonState* state = &StateOf(env);
  auto pending = Pending::Create(env, state->queue);
  Controller::Open(address, options, [pending, state](const Status& status, std::shared_ptr<Controller> controller, const ReadyReport& ready) {
    if (!status.ok()) {
      pending->Reject(status);
      return;
    }
    {
      std::lock_guard lock(state->mutex);
      std::erase_if(state->controllers, [](const auto& weak) { return weak.expired(); });
      state->controllers.push_back(controller);
    }
    pending->Resolve([controller, ready](Napi::Env inner) -> Napi::Value {
      Napi::Object value = Napi::Object::New(inner);
      value.Set("handle", Wrap(inner, controller));
      value.Set("limits", LimitsValue(inner, controller->limits()));
      SetPhases(value, ready);
      return value;
    });
  });
  return pending->promise(env);
}

// A task on the control thread, with a promise for its end.
template <typename Work>
Napi::Value OnControlThread(const Napi::CallbackInfo& info, Work work) {
  Napi::Env env = info.Env();
  auto controller = Unwrap<Controller>(info[0]);
  auto pending = Pending::Create(env, StateOf(env).queue);
  const bool posted = controller->Post([raw = controller.get(), pending, work] {
    if (raw->freeze().frozen()) return pending->Reject(FrozenStatus());
    work(*raw, pending);
  });
  if (!posted) pending->Reject(kClosedStatus);
  return pending->promise(env);
}

Napi::Value ReadRegister(const Napi::CallbackInfo& info) {
  const uint32_t offset = info[1].As<Napi::Number>();
  const uint32_t bytes = info[2].As<Napi::Number>();
  return OnControlThread(info, [offset, bytes](Controller& controller, const std::shared_ptr<Pending>& pending) {
    uint64_t value = 0;
    if (Status s = controller.ReadRegister(offset, bytes, &value); !s.ok()) return pending->Reject(s);
    pending->Resolve([value](Napi::Env env) -> Napi::Value { return Napi::BigInt::New(env, value); });
  });
}

Napi::Value WriteRegister(const Napi::CallbackInfo& info) {
  const uint32_t offset = info[1].As<Napi::Number>();
  const uint32_t bytes = info[2].As<Napi::Number>();
  const uint64_t value = U64(info[3]);
  return OnControlThread(info, [offset, bytes, value](Controller& controller, const std::shared_ptr<Pending>& pending) {
    if (Status s = controller.WriteRegister(offset, bytes, value); !s.ok()) return pending->Reject(s);
    pending->Resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); });
  });
}

// renew(controller, power): a reset, or a restart after the power came back -> { ok, code, reason, readyMs, settled }
Napi::Value Renew(const Napi::CallbackInfo& info) {
  const bool restart = info[1].As<Napi::Boolean>();
  return OnControlThread(info, [restart](Controller& controller, const std::shared_ptr<Pending>& pending) {
    const ResetOutcome outcome = restart ? controller.Restart() : controller.Reset();
    if (outcome.status.code == Code::kDeadline) return pending->Reject(outcome.status);
    pending->Resolve([outcome](Napi::Env env) -> Napi::Value {
      Napi::Object value = Napi::Object::New(env);
      value.Set("ok", outcome.status.ok());
      value.Set("code", CodeName(outcome.status.code));
      value.Set("reason", outcome.status.ok() ? env.Null() : Napi::Value(Napi::String::New(env, outcome.status.message)));
      SetPhases(value, outcome.ready);
      value.Set("settled", outcome.settled);
      return value;
    });
  });
}

Napi::Value Close(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto controller = Unwrap<Controller>(info[0]);
  auto pending = Pending::Create(env, StateOf(env).queue);
  if (controller->freeze().frozen()) {
    pending->Reject(FrozenStatus());
    return pending->promise(env);
  }
  auto closed = [pending] { pending->Resolve([](Napi::Env inner) -> Napi::Value { return inner.Undefined(); }); };
  if (!controller->Post([raw = controller.get(), closed] { raw->Close(closed); })) closed();
  return pending->promise(env);
}

// createQpair(controller, entries, priority, interrupts, vector) -> { handle, qid, cmdlogPath }
Napi::Value CreateQpair(const Napi::CallbackInfo& info) {
  QpairOptions options;
  options.entries = info[1].As<Napi::Number>();
  options.priority = static_cast<uint8_t>(info[2].As<Napi::Number>().Uint32Value());
  options.interrupts = info[3].As<Napi::Boolean>();
  options.vector = static_cast<uint16_t>(info[4].As<Napi::Number>().Uint32Value());
  return OnControlThread(info, [options](Controller& controller, const std::shared_ptr<Pending>& pending) {
    std::shared_ptr<Lane> lane;
    if (Status s = Lane::Create(&controller, options, &lane); !s.ok()) return pending->Reject(s);
    pending->Resolve([lane, qid = lane->qid(), path = lane->qpair->cmdlog_path()](Napi::Env env) -> Napi::Value {
      Napi::Object value = Napi::Object::New(env);
      value.Set("handle", Wrap(env, lane));
      value.Set("qid", static_cast<uint32_t>(qid));
      value.Set("cmdlogPath", path.empty() ? env.Null() : Napi::Value(Napi::String::New(env, path)));
      return value;
    });
  });
}

Napi::Value DeleteQpair(const Napi::CallbackInfo& info) {
  auto lane = Unwrap<Lane>(info[1]);
  return OnControlThread(info, [lane](Controller& controller, const std::shared_ptr<Pending>& pending) {
    lane->Delete(&controller);
    pending->Resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); });
  });
}

// violations(controller) -> { count, first } | null
Napi::Value Violations(const Napi::CallbackInfo& info) {
  static const char* const kKinds[] = {"duplicate-completion", "unknown-cid"};
  Napi::Env env = info.Env();
  auto host = Unwrap<Controller>(info[0])->host();
  const ViolationLog* log = host->Violations();
  if (log == nullptr) return env.Null();
  const std::vector<ProtocolViolation> first = log->first();
  const uint64_t wall_minus_boot = RealtimeNs() - BoottimeNs();
  Napi::Array list = Napi::Array::New(env, first.size());
  for (uint32_t i = 0; i < first.size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("kind", kKinds[static_cast<int>(first[i].kind)]);
    entry.Set("qid", static_cast<uint32_t>(first[i].qid));
    entry.Set("cid", static_cast<uint32_t>(first[i].cid));
    entry.Set("atMs", CommonNumber(env, (first[i].at_ns + wall_minus_boot) / kNsPerMs));
    list.Set(i, entry);
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("count", CommonNumber(env, log->count()));
  value.Set("first", list);
  return value;
}

// queues(controller) -> { qid, depth, label }[]
Napi::Value Queues(const Napi::CallbackInfo& info) {
  return OnControlThread(info, [](Controller& controller, const std::shared_ptr<Pending>& pending) {
    pending->Resolve([queues = controller.Queues()](Napi::Env env) -> Napi::Value {
      Napi::Array values = Napi::Array::New(env, queues.size());
      for (uint32_t i = 0; i < queues.size(); i++) {
        Napi::Object value = Napi::Object::New(env);
        value.Set("qid", static_cast<uint32_t>(queues[i].qid));
        value.Set("depth", queues[i].entries);
        value.Set("label", queues[i].label);
        values.Set(i, value);
      }
      return values;
    });
  });
}

// admin(controller, command, data | null, "from-device" | "to-device" | "none", timeoutMs) -> completion
Napi::Value Admin(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto controller = Unwrap<Controller>(info[0]);
  auto pending = Pending::Create(env, StateOf(env).queue, info[2]);
  std::unique_ptr<Request> request = DataRequest(*controller, info, pending);
  if (request == nullptr) return pending->promise(env);
  const double timeout_ms = info[4].As<Napi::Number>();
  if (timeout_ms > 0) request->command.timeout_ns = static_cast<uint64_t>(timeout_ms * 1e6);
  // Waits for an event that may never come.
  if (request->command.sqe.opc == admin_opcode::kAsyncEvent) request->command.timeout_ns = kNever;
  if (!controller->PostAdmin(std::move(request))) pending->Reject(kClosedStatus);
  return pending->promise(env);
}

// setTimeout(controller, timeoutMs)
Napi::Value SetTimeout(const Napi::CallbackInfo& info) {
  const uint32_t timeout_ms = info[1].As<Napi::Number>();
  return OnControlThread(info, [timeout_ms](Controller& controller, const std::shared_ptr<Pending>& pending) {
    controller.SetTimeout(timeout_ms);
    pending->Resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); });
  });
}

Napi::Value ImageOf(Napi::Env env, const Cmdlog& cmdlog) {
  return Napi::Buffer<uint8_t>::Copy(env, cmdlog.image(), cmdlog.image_bytes());
}

// adminCmdlog(controller), qpairCmdlog(qpair): the flight recorder as its file holds it now; also when all is closed
Napi::Value AdminCmdlog(const Napi::CallbackInfo& info) { return ImageOf(info.Env(), Unwrap<Controller>(info[0])->admin_cmdlog()); }
Napi::Value QpairCmdlog(const Napi::CallbackInfo& info) { return ImageOf(info.Env(), Unwrap<Lane>(info[0])->qpair->cmdlog()); }

}  // namespace

void RegisterController(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, Open));
  exports.Set("readRegister", Napi::Function::New(env, ReadRegister));
  exports.Set("writeRegister", Napi::Function::New(env, WriteRegister));
  exports.Set("renew", Napi::Function::New(env, Renew));
  exports.Set("close", Napi::Function::New(env, Close));
  exports.Set("createQpair", Napi::Function::New(env, CreateQpair));
  exports.Set("deleteQpair", Napi::Function::New(env, DeleteQpair));
  exports.Set("violations", Napi::Function::New(env, Violations));
  exports.Set("queues", Napi::Function::New(env, Queues));
  exports.Set("setTimeout", Napi::Function::New(env, SetTimeout));
  exports.Set("adminCmdlog", Napi::Function::New(env, AdminCmdlog));
  exports.Set("qpairCmdlog", Napi::Function::New(env, QpairCmdlog));
  exports.Set("admin", Napi::Function::New(env, Admin));
}

}  // namespace assay::glue
