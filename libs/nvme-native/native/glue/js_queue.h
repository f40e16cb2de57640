// The way from native threads to JavaScript: closures that run on the JavaScript thread, in order. One per environment.
// The event loop is kept alive only while a promise is pending.
#pragma once
#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/status.h"

namespace assay::glue {

class JsQueue : public std::enable_shared_from_this<JsQueue> {
 public:
  using Job = std::function<void(Napi::Env)>;

  static std::shared_ptr<JsQueue> Create(Napi::Env env);
  // Any thread. After Shut the job is dropped.
  void Post(Job job);
  // JavaScript thread: nothing runs any more.
  void Shut();
  // JavaScript thread: one more promise pending, one less.
  void Hold(Napi::Env env);
  void Drop(Napi::Env env);

 private:
  static void Run(napi_env env, napi_value, void* context, void*);

  std::mutex mutex_;
  std::vector<Job> jobs_;
  napi_threadsafe_function function_ = nullptr;
  bool shut_ = false;
  uint32_t held_ = 0;
};

// One promise. Settled exactly once, from any thread.
class Pending : public std::enable_shared_from_this<Pending> {
 public:
  using Make = std::function<Napi::Value(Napi::Env)>;

  // JavaScript thread. `keep`: a value that must live until the promise settles (a data array), or empty.
  static std::shared_ptr<Pending> Create(Napi::Env env, std::shared_ptr<JsQueue> queue, Napi::Value keep = {});
  Napi::Value promise(Napi::Env env) const { return Napi::Value(env, promise_); }
  void Resolve(Make make);
  void Reject(const Status& status);
  // JavaScript thread, inside Make: what was kept.
  Napi::Value kept(Napi::Env env) const;

 private:
  void Settle(Napi::Env env, bool ok, const Make& make);

  std::shared_ptr<JsQueue> queue_;
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;  // valid only while the creating call runs
  napi_ref keep_ = nullptr;
};

// { code, message }, which src/ turns into an NvmeError.
Napi::Value ErrorValue(Napi::Env env, const Status& status);

}  // namespace assay::glue
