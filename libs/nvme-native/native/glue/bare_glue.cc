// Bare mode: memory lent to the device, the handover of the admin queue, and the flight recorder of queues that a script
// runs by hand.
#include "core/cmdlog.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"

namespace assay::glue {
namespace {

// Lent until it is taken back or forgotten.
class Lease {
 public:
  Lease(std::shared_ptr<HostController> host, DmaRegion region) : host_(std::move(host)), region_(std::move(region)) {}
  ~Lease() { TakeBack(); }
  void TakeBack() {
    if (host_ != nullptr) host_->TakeBack(region_);
    host_ = nullptr;
  }

 private:
  std::shared_ptr<HostController> host_;
  DmaRegion region_;
};

[[noreturn]] void Throw(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message);
  error.Set("code", Napi::String::New(env, CodeName(status.code)));
  throw error;
}

// lend(controller, bytes, scattered) -> { lease, memory: ArrayBuffer, pages: bigint[] }; throws { code, message }
Napi::Value Lend(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto controller = Unwrap<Controller>(info[0]);
  const auto bytes = static_cast<uint64_t>(info[1].As<Napi::Number>().DoubleValue());
  DmaRegion region;
  if (Status s = controller->host()->Lend(bytes, info[2].As<Napi::Boolean>(), &region); !s.ok()) {
    if (s.code == Code::kUnsupported) s.message = controller->transport() + ": " + s.message;
    Throw(env, s);
  }
  // The array keeps the pages, also when the device has lost them.
  auto* held = new std::shared_ptr<uint8_t>(region.memory);
  Napi::Object value = Napi::Object::New(env);
  value.Set("memory", Napi::ArrayBuffer::New(env, region.memory.get(), region.bytes,
                                             [](Napi::Env, void*, std::shared_ptr<uint8_t>* pages) { delete pages; }, held));
  Napi::Array pages = Napi::Array::New(env, region.pages.size());
  for (uint32_t i = 0; i < region.pages.size(); i++) pages.Set(i, Napi::BigInt::New(env, region.pages[i]));
  value.Set("pages", pages);
  value.Set("lease", Wrap(env, std::make_shared<Lease>(controller->host(), std::move(region))));
  return value;
}

void TakeBack(const Napi::CallbackInfo& info) { Unwrap<Lease>(info[0])->TakeBack(); }

Napi::Value SetUpAdminQueue(const Napi::CallbackInfo& info) {
  return OnControlThread(info, [](Controller& controller, const std::shared_ptr<Pending>& pending) {
    Settle(pending, controller.SetUpAdminQueue());
  });
}

// openRecorder(path | "", entries, qid, label) -> handle; throws { code, message }
Napi::Value OpenRecorder(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::unique_ptr<Cmdlog> cmdlog;
  const Status status = Cmdlog::Open(info[0].As<Napi::String>(), info[1].As<Napi::Number>().Uint32Value(),
                                     static_cast<uint16_t>(info[2].As<Napi::Number>().Uint32Value()), info[3].As<Napi::String>(), &cmdlog);
  if (!status.ok()) Throw(env, status);
  return Wrap(env, std::shared_ptr<Cmdlog>(std::move(cmdlog)));
}

// recordSubmission(recorder, sqe) -> number of the entry
Napi::Value RecordSubmission(const Napi::CallbackInfo& info) {
  Sqe sqe;
  std::memcpy(&sqe, info[1].As<Napi::Uint8Array>().Data(), sizeof sqe);
  return CommonNumber(info.Env(), Unwrap<Cmdlog>(info[0])->Submit(sqe, BoottimeNs(), 0, 0));
}

// recordCompletion(recorder, number, cqe)
void RecordCompletion(const Napi::CallbackInfo& info) {
  Cqe cqe;
  std::memcpy(&cqe, info[2].As<Napi::Uint8Array>().Data(), sizeof cqe);
  Unwrap<Cmdlog>(info[0])->Complete(static_cast<uint64_t>(info[1].As<Napi::Number>().DoubleValue()), cqe, BoottimeNs(), false);
}

}  // namespace

void RegisterBare(Napi::Env env, Napi::Object exports) {
  exports.Set("lend", Napi::Function::New(env, Lend));
  exports.Set("takeBack", Napi::Function::New(env, TakeBack));
  exports.Set("setUpAdminQueue", Napi::Function::New(env, SetUpAdminQueue));
  exports.Set("openRecorder", Napi::Function::New(env, OpenRecorder));
  exports.Set("recordSubmission", Napi::Function::New(env, RecordSubmission));
  exports.Set("recordCompletion", Napi::Function::New(env, RecordCompletion));
}

}  // namespace assay::glue
