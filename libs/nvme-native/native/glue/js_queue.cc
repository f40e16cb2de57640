#include "js_queue.h"

namespace assay::glue {

std::shared_ptr<JsQueue> JsQueue::Create(Napi::Env env) {
  auto queue = std::make_shared<JsQueue>();
  // The context owns a reference, freed when the function is finalized.
  auto* context = new std::shared_ptr<JsQueue>(queue);
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "assay-nvme"), 0, 1, context,
      [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<JsQueue>*>(data); }, context, Run, &queue->function_);
  NAPI_CHECK(status == napi_ok, "JsQueue", "napi_create_threadsafe_function");
  napi_unref_threadsafe_function(env, queue->function_);
  return queue;
}

void JsQueue::Post(Job job) {
  std::lock_guard lock(mutex_);
  if (shut_) return;
  const bool first = jobs_.empty();
  jobs_.push_back(std::move(job));
  if (first) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
}

// A listener that throws is an uncaught exception of the script. While a JavaScript thread is being terminated every call
// fails and there is nobody to tell; an exception that left the callback would end the process.
static void Report(napi_env env, const Napi::Error& error) {
  try {
    napi_fatal_exception(env, error.Value());
  } catch (const Napi::Error&) {
  }
}

void JsQueue::Run(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;
  const std::shared_ptr<JsQueue> queue = *static_cast<std::shared_ptr<JsQueue>*>(context);
  std::vector<Job> jobs;
  {
    std::lock_guard lock(queue->mutex_);
    jobs.swap(queue->jobs_);
  }
  for (Job& job : jobs) {
    Napi::HandleScope scope(env);
    try {
      job(env);
    } catch (const Napi::Error& error) {
      Report(env, error);
    }
  }
}

void JsQueue::Shut() {
  std::vector<Job> dropped;
  std::lock_guard lock(mutex_);
  shut_ = true;
  dropped.swap(jobs_);
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void JsQueue::Hold(Napi::Env env) {
  if (held_++ == 0) napi_ref_threadsafe_function(env, function_);
}

void JsQueue::Drop(Napi::Env env) {
  if (--held_ == 0) napi_unref_threadsafe_function(env, function_);
}

std::shared_ptr<Pending> Pending::Create(Napi::Env env, std::shared_ptr<JsQueue> queue, Napi::Value keep) {
  auto pending = std::make_shared<Pending>();
  NAPI_CHECK(napi_create_promise(env, &pending->deferred_, &pending->promise_) == napi_ok, "Pending", "napi_create_promise");
  if (!keep.IsEmpty()) napi_create_reference(env, keep, 1, &pending->keep_);
  queue->Hold(env);
  pending->queue_ = std::move(queue);
  return pending;
}

Napi::Value Pending::kept(Napi::Env env) const {
  napi_value value = nullptr;
  napi_get_reference_value(env, keep_, &value);
  return Napi::Value(env, value);
}

void Pending::Settle(Napi::Env env, bool ok, const Make& make) {
  const napi_value value = make(env);
  if (ok) {
    napi_resolve_deferred(env, deferred_, value);
  } else {
    napi_reject_deferred(env, deferred_, value);
  }
  if (keep_ != nullptr) napi_delete_reference(env, keep_);
  queue_->Drop(env);
}

void Pending::Resolve(Make make) {
  queue_->Post([self = shared_from_this(), make = std::move(make)](Napi::Env env) { self->Settle(env, true, make); });
}

void Pending::Reject(const Status& status) {
  queue_->Post([self = shared_from_this(), status](Napi::Env env) {
    self->Settle(env, false, [&](Napi::Env inner) { return ErrorValue(inner, status); });
  });
}

Napi::Value ErrorValue(Napi::Env env, const Status& status) {
  Napi::Object error = Napi::Object::New(env);
  error.Set("code", CodeName(status.code));
  error.Set("message", status.message);
  return error;
}

}  // namespace assay::glue
