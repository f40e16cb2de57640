#include "core/host/deadline.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"
#include "data_request.h"

namespace assay::glue {
namespace {

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
      // Nobody will ever take it over.
      if (state->ended) controller->Post([raw = controller.get()] { raw->Close([] {}); });
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

Napi::Value OutcomeValue(Napi::Env env, const ResetOutcome& outcome) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("ok", outcome.status.ok());
  value.Set("code", CodeName(outcome.status.code));
  value.Set("reason", outcome.status.ok() ? env.Null() : Napi::Value(Napi::String::New(env, outcome.status.message)));
  SetPhases(value, outcome.ready);
  value.Set("settled", outcome.settled);
  return value;
}

// renew(controller, power): a reset, or a restart after the power came back -> { ok, code, reason, readyMs, settled }
Napi::Value Renew(const Napi::CallbackInfo& info) {
  const bool restart = info[1].As<Napi::Boolean>();
  return OnControlThread(info, [restart](Controller& controller, const std::shared_ptr<Pending>& pending) {
    const ResetOutcome outcome = restart ? controller.Restart() : controller.Reset();
    if (outcome.status.code == Code::kDeadline) return pending->Reject(outcome.status);
    pending->Resolve([outcome](Napi::Env env) -> Napi::Value { return OutcomeValue(env, outcome); });
  });
}

// beginRenewal(controller, power), endRenewal(controller, up) -> as renew: the same with a bring-up by a script between them
Napi::Value BeginRenewal(const Napi::CallbackInfo& info) {
  const bool restart = info[1].As<Napi::Boolean>();
  return OnControlThread(info, [restart](Controller& controller, const std::shared_ptr<Pending>& pending) {
    Settle(pending, controller.BeginRenewal(restart));
  });
}

Napi::Value EndRenewal(const Napi::CallbackInfo& info) {
  const bool up = info[1].As<Napi::Boolean>();
  return OnControlThread(info, [up](Controller& controller, const std::shared_ptr<Pending>& pending) {
    pending->Resolve([outcome = controller.EndRenewal(up)](Napi::Env env) -> Napi::Value { return OutcomeValue(env, outcome); });
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

}  // namespace

void RegisterController(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, Open));
  exports.Set("renew", Napi::Function::New(env, Renew));
  exports.Set("beginRenewal", Napi::Function::New(env, BeginRenewal));
  exports.Set("endRenewal", Napi::Function::New(env, EndRenewal));
  exports.Set("close", Napi::Function::New(env, Close));
  exports.Set("setTimeout", Napi::Function::New(env, SetTimeout));
  exports.Set("admin", Napi::Function::New(env, Admin));
}

}  // namespace assay::glue
