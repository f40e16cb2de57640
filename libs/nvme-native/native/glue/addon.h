// What one JavaScript environment has open, and the functions that the addon shows to src/addon/addon.ts. No loops here: glue
// turns values into structs, posts them to native threads and turns what comes back into values.
#pragma once
#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

#include "core/host/controller.h"
#include "js_queue.h"

namespace assay::glue {

struct AddonState {
  std::shared_ptr<JsQueue> queue;
  // Open controllers, to be closed when the environment ends.
  std::mutex mutex;
  std::vector<std::weak_ptr<Controller>> controllers;
  bool ended = false;
};

AddonState& StateOf(Napi::Env env);

void RegisterController(Napi::Env env, Napi::Object exports);
void RegisterBus(Napi::Env env, Napi::Object exports);
void RegisterQueues(Napi::Env env, Napi::Object exports);
void RegisterNamespace(Napi::Env env, Napi::Object exports);
void RegisterBare(Napi::Env env, Napi::Object exports);
void RegisterBuffer(Napi::Env env, Napi::Object exports);
void RegisterDiscovery(Napi::Env env, Napi::Object exports);
void RegisterModel(Napi::Env env, Napi::Object exports);

}  // namespace assay::glue
