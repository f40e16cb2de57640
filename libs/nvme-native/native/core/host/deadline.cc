#include "deadline.h"

#include <atomic>

#include "core/clock.h"

namespace assay {
void SetDeadline(uint64_t boottime_ns) {
  uint64_t current = process_deadline_ns.load(std::memory_order_relaxed);
  while (boottime_ns < current && !process_deadline_ns.compare_exchange_weak(current, boottime_ns)) {
  }
}

}  // namespace assay
