// A futex word that threads sleep on until somebody notifies or a time comes. Never loses a notification that came after
// Epoch() was read. The word may lie in a file that other processes map (`shared`).
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>

#include "clock.h"

namespace assay {

struct EventWords {
  std::atomic<uint32_t> epoch{0};
  std::atomic<uint32_t> asleep{0};  // somebody went to sleep since the last system call that woke
};

class Event {
 public:
  Event() : words_(&own_), shared_(false) {}
  explicit Event(EventWords* words) : words_(words), shared_(true) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  uint32_t Epoch() const { return words_->epoch.load(std::memory_order_acquire); }

  // Sleeps while the epoch is still `seen`, at most until CLOCK_BOOTTIME `until_ns`. May return early.
  void Wait(uint32_t seen, uint64_t until_ns) {
    timespec relative{};
    timespec* limit = nullptr;
    if (until_ns != kNever) {
      const uint64_t now = BoottimeNs();
      if (until_ns <= now) return;
      const uint64_t left = until_ns - now;
      relative.tv_sec = static_cast<time_t>(left / kNsPerSecond);
      relative.tv_nsec = static_cast<long>(left % kNsPerSecond);
      limit = &relative;
    }
    words_->asleep.store(1);
    if (words_->epoch.load() == seen) Futex(shared_ ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, seen, limit);
  }

  // One system call for all notifications until the sleeper has run: on a busy core that can be many.
  void Notify() {
    words_->epoch.fetch_add(1);
    if (words_->asleep.load() != 0 && words_->asleep.exchange(0) != 0) Futex(shared_ ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
  }

 private:
  void Futex(int op, uint32_t value, timespec* limit) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&words_->epoch), op, value, limit, nullptr, 0);
  }

  EventWords own_;
  EventWords* words_;
  bool shared_;
};

}  // namespace assay
