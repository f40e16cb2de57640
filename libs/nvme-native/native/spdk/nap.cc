#include "nap.h"

#include <algorithm>
#include <chrono>

#include "core/clock.h"

namespace assay::spdk {

void Nap::Wait(uint64_t until_ns, bool outstanding, bool spin) {
  if (outstanding && spin) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
    return;
  }
  const uint64_t now = BoottimeNs();
  if (until_ns <= now) return;
  const uint64_t longest = outstanding ? kStepNs : kLongestNs;
  const auto nap = std::chrono::nanoseconds(std::min(until_ns - now, longest));
  std::unique_lock<std::mutex> lock(mutex_);
  condition_.wait_for(lock, nap, [this] { return woken_.load(std::memory_order_relaxed); });
  woken_.store(false, std::memory_order_relaxed);
}

void Nap::Wake() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    woken_.store(true, std::memory_order_relaxed);
  }
  condition_.notify_one();
}

}  // namespace assay::spdk
