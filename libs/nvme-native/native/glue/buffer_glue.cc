// Memory that the drive reaches itself, shown to JavaScript as an ArrayBuffer over it. Three hold it: the handle, the
// ArrayBuffer, and each request that uses it; the last one gives it back to the host.
#include "core/host/controller.h"
#include "addon.h"
#include "convert.h"

namespace assay::glue {
namespace {

using Held = std::shared_ptr<Buffer>;

// createBuffer(controller, bytes) -> { handle, memory: ArrayBuffer, view }, or null when the host has no memory left; `view` is
// what the ArrayBuffer holds the memory by
Napi::Value Create(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const uint32_t bytes = info[1].As<Napi::Number>();
  auto buffer = std::make_shared<Buffer>(Unwrap<Controller>(info[0])->host(), bytes);
  if (buffer->data() == nullptr) return env.Null();
  auto view = std::make_shared<Held>(buffer);
  auto memory = Napi::ArrayBuffer::New(
      env, buffer->data(), bytes, [](Napi::Env, void*, std::shared_ptr<Held>* held) { delete held; },
      new std::shared_ptr<Held>(view));
  Napi::Object value = Napi::Object::New(env);
  value.Set("view", Wrap(env, std::move(view)));
  value.Set("handle", Wrap(env, std::move(buffer)));
  value.Set("memory", memory);
  return value;
}

// freeBuffer(handle, memory, view): JavaScript lets go of it at once; a command that uses it keeps it until its end. The
// finalizer of the ArrayBuffer comes later, when the script lets the event loop turn.
Napi::Value Free(const Napi::CallbackInfo& info) {
  info[1].As<Napi::ArrayBuffer>().Detach();
  Unwrap<Held>(info[2])->reset();
  info[0].As<Napi::External<std::shared_ptr<Buffer>>>().Data()->reset();
  return info.Env().Undefined();
}

// busAddress(handle, offset) -> bigint, or { code, message }
Napi::Value BusAddress(const Napi::CallbackInfo& info) {
  auto buffer = Unwrap<Buffer>(info[0]);
  const uint32_t offset = info[1].As<Napi::Number>();
  assert(offset < buffer->bytes());
  uint64_t address = 0;
  if (Status s = buffer->host().BusAddress(buffer->data() + offset, &address); !s.ok()) return ErrorValue(info.Env(), s);
  return Napi::BigInt::New(info.Env(), address);
}

}  // namespace

void RegisterBuffer(Napi::Env env, Napi::Object exports) {
  exports.Set("createBuffer", Napi::Function::New(env, Create));
  exports.Set("freeBuffer", Napi::Function::New(env, Free));
  exports.Set("busAddress", Napi::Function::New(env, BusAddress));
}

}  // namespace assay::glue
