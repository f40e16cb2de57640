// A request made from the arguments (handle, command, data | null, direction, ...), whose completion settles a promise.
#pragma once
#include "core/host/controller.h"
#include "convert.h"
#include "js_queue.h"

namespace assay::glue {

// Data in a Uint8Array are copied now, and what came from the device is copied back when the promise settles. Data in
// memory of buffer_glue.cc, { memory, offset, bytes }, are not copied: the request keeps the memory alive until the drive
// has let go of it. Null: `pending` was rejected.
std::unique_ptr<Request> DataRequest(Controller& controller, const Napi::CallbackInfo& info, const std::shared_ptr<Pending>& pending);

}  // namespace assay::glue
