// The runner's own fence (promise 1): from the deadline on nothing is submitted to any drive of this process.
// Asked directly before each submission, on the submitting thread. It moves earlier, never later.
#pragma once
#include <cstdint>

namespace assay {

void SetDeadline(uint64_t boottime_ns);
uint64_t DeadlineNs();
inline bool DeadlinePassed(uint64_t now_ns) { return now_ns >= DeadlineNs(); }

}  // namespace assay
