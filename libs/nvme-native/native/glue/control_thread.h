// A task on a controller's control thread, with a promise for its end.
#pragma once
#include "core/host/thread_census.h"
#include "addon.h"
#include "convert.h"

namespace assay::glue {

inline const Status kClosedStatus = Status::Error(Code::kClosed, "the controller is closed");

// The promise of a task that gives nothing but its status.
inline void Settle(const std::shared_ptr<Pending>& pending, const Status& status) {
  if (!status.ok()) return pending->Reject(status);
  pending->Resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); });
}

// `work` settles the promise, on a thread of its own.
inline void OnOwnThread(const char* name, const std::shared_ptr<Pending>& pending, std::function<void()> work) {
  if (Status s = StartThread(name, std::move(work)); !s.ok()) pending->Reject(s);
}

// `work(controller, pending)` settles the promise. Refused while the controller is frozen or closed.
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

}  // namespace assay::glue
