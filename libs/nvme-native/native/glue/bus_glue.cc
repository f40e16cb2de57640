// Registers, configuration space and hot reset.
#include "addon.h"
#include "control_thread.h"
#include "convert.h"

namespace assay::glue {
namespace {

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
    Settle(pending, controller.WriteRegister(offset, bytes, value));
  });
}

// readConfig(controller, offset, bytes) -> Uint8Array
Napi::Value ReadConfig(const Napi::CallbackInfo& info) {
  const uint32_t offset = info[1].As<Napi::Number>();
  const uint32_t bytes = info[2].As<Napi::Number>();
  return OnControlThread(info, [offset, bytes](Controller& controller, const std::shared_ptr<Pending>& pending) {
    auto data = std::make_shared<std::vector<uint8_t>>(bytes);
    if (const Status status = controller.ReadConfig(offset, data->data(), bytes); !status.ok()) return pending->Reject(status);
    pending->Resolve([data](Napi::Env env) -> Napi::Value {
      auto array = Napi::Uint8Array::New(env, data->size());
      std::memcpy(array.Data(), data->data(), data->size());
      return array;
    });
  });
}

// writeConfig(controller, offset, data)
Napi::Value WriteConfig(const Napi::CallbackInfo& info) {
  const uint32_t offset = info[1].As<Napi::Number>();
  const auto data = info[2].As<Napi::Uint8Array>();
  std::vector<uint8_t> bytes(data.Data(), data.Data() + data.ByteLength());
  return OnControlThread(info, [offset, bytes](Controller& controller, const std::shared_ptr<Pending>& pending) {
    Settle(pending, controller.WriteConfig(offset, bytes.data(), static_cast<uint32_t>(bytes.size())));
  });
}

Napi::Value HotReset(const Napi::CallbackInfo& info) {
  return OnControlThread(info, [](Controller& controller, const std::shared_ptr<Pending>& pending) {
    Settle(pending, controller.HotReset());
  });
}

}  // namespace

void RegisterBus(Napi::Env env, Napi::Object exports) {
  exports.Set("readRegister", Napi::Function::New(env, ReadRegister));
  exports.Set("writeRegister", Napi::Function::New(env, WriteRegister));
  exports.Set("readConfig", Napi::Function::New(env, ReadConfig));
  exports.Set("writeConfig", Napi::Function::New(env, WriteConfig));
  exports.Set("hotReset", Napi::Function::New(env, HotReset));
}

}  // namespace assay::glue
