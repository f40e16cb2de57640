// The runner's own fence (promise 1): from the deadline on nothing is submitted to any drive of this process.
// Asked directly before each submission, on the submitting thread. It moves earlier, never later.
#pragma once
#include <atomic>
#include <cstdint>

namespace assay {

void SetDeadline(uint64_t boottime_ns);
inline std::atomic<uint64_t> process_deadline_ns{UINT64_MAX};
inline uint64_t DeadlineNs() { return process_deadline_ns.load(std::memory_order_relaxed); }
inline bool DeadlinePassed(uint64_t now_ns) { return now_ns >= DeadlineNs(); }

}  // namespace assay
