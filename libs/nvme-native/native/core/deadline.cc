#include "deadline.h"

#include <atomic>

#include "clock.h"

namespace assay {
namespace {
std::atomic<uint64_t> deadline_ns{kNever};
}

void SetDeadline(uint64_t boottime_ns) {
  uint64_t current = deadline_ns.load(std::memory_order_relaxed);
  while (boottime_ns < current && !deadline_ns.compare_exchange_weak(current, boottime_ns)) {
  }
}

uint64_t DeadlineNs() { return deadline_ns.load(std::memory_order_relaxed); }

}  // namespace assay
