#include "addon.h"

#include "core/clock.h"
#include "core/host/deadline.h"
#include "core/host/host_table.h"
#include "core/host/thread_census.h"
#include "convert.h"

namespace assay::glue {
namespace {

// How long the end of the environment waits for native threads.
constexpr uint32_t kQuiesceMs = 3000;

AddonState* CreateState(Napi::Env env) {
  auto* state = new AddonState;
  state->queue = JsQueue::Create(env);
  env.SetInstanceData<AddonState>(state);
  return state;
}

// Closes everything that is open and waits for the threads, for a bounded time. Promises that are pending stay pending.
void Quiesce(AddonState& state) {
  std::vector<std::weak_ptr<Controller>> controllers;
  {
    std::lock_guard lock(state.mutex);
    controllers.swap(state.controllers);
    state.ended = true;
  }
  for (auto& weak : controllers) {
    if (auto controller = weak.lock()) controller->Post([raw = controller.get()] { raw->Close([] {}); });
  }
  WaitForThreads(kQuiesceMs);
}

Napi::Value Info(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object value = Napi::Object::New(env);
#ifdef ASSAY_WITH_SPDK
  value.Set("spdkVersion", SpdkRelease());
#else
  value.Set("spdkVersion", env.Null());
#endif
  Napi::Array names = Napi::Array::New(env);
  for (const HostTransport& transport : HostTransports()) names.Set(names.Length(), transport.name);
  value.Set("transports", names);
  return value;
}

}  // namespace

AddonState& StateOf(Napi::Env env) { return *env.GetInstanceData<AddonState>(); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  AddonState* state = CreateState(env);
  napi_add_env_cleanup_hook(
      env,
      [](void* data) {
        auto* state = static_cast<AddonState*>(data);
        Quiesce(*state);
        state->queue->Shut();
      },
      state);
  exports.Set("info", Napi::Function::New(env, Info));
  exports.Set("setDeadline", Napi::Function::New(env, [](const Napi::CallbackInfo& info) { SetDeadline(U64(info[0])); }));
  exports.Set("boottimeNs", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return Napi::BigInt::New(info.Env(), BoottimeNs());
              }));
  // process.exit() runs no cleanup hooks: src/addon/addon.ts calls this from its exit listener.
  exports.Set("quiesce", Napi::Function::New(env, [](const Napi::CallbackInfo& info) { Quiesce(StateOf(info.Env())); }));
  RegisterController(env, exports);
  RegisterBus(env, exports);
  RegisterQueues(env, exports);
  RegisterNamespace(env, exports);
  RegisterBare(env, exports);
  RegisterBuffer(env, exports);
  RegisterDiscovery(env, exports);
  RegisterModel(env, exports);
  return exports;
}

NODE_API_MODULE(assay_nvme, Init)

}  // namespace assay::glue
