// A request made from the arguments (handle, command, data | null, direction, ...), whose completion settles a promise.
#pragma once
#include "../core/controller.h"
#include "convert.h"
#include "js_queue.h"

namespace assay::glue {

// Copies the data now, and what came from the device back when the promise settles. Null: `pending` was rejected.
std::unique_ptr<Request> DataRequest(Controller& controller, const Napi::CallbackInfo& info, const std::shared_ptr<Pending>& pending);

}  // namespace assay::glue
