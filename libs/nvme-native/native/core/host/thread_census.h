// Every native thread is started here and detached: nothing with a joinable thread can be destroyed by static
// destructors when the process exits. The census lets the exit wait, for a bounded time, until they have ended.
#pragma once
#include <cstdint>
#include <functional>

#include "core/status.h"

namespace assay {

// `name` at most 15 characters. kQpair: the machine has no thread or no memory for its stack left; `body` does not run.
Status StartThread(const char* name, std::function<void()> body);
// True when no thread is left; false after `limit_ms`.
bool WaitForThreads(uint32_t limit_ms);

}  // namespace assay
