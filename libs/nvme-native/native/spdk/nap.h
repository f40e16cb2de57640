// How a thread that polls waits: it spins, sleeps in small steps while something is outstanding, or sleeps until woken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace assay::spdk {

class Nap {
 public:
  // The owner. `until_ns` is CLOCK_BOOTTIME. Returns early when woken; never sleeps longer than kLongestNs at a time.
  void Wait(uint64_t until_ns, bool outstanding, bool spin);
  // Any thread. Ends the current or the next Wait.
  void Wake();

  static constexpr uint64_t kStepNs = 50'000;
  static constexpr uint64_t kLongestNs = 1'000'000'000;

 private:
  std::atomic<bool> woken_{false};
  std::mutex mutex_;
  std::condition_variable condition_;
};

}  // namespace assay::spdk
