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
  // Bit 0: somebody sleeps, or is about to. Above it the number of notifications. One word, because a notification must
  // take back exactly the sleep that it ends: one that comes late must not make the next sleeper look awake.
  std::atomic<uint32_t> word{0};
  uint32_t reserved = 0;
};

class Event {
 public:
  Event() : words_(&own_), shared_(false) {}
  explicit Event(EventWords* words) : words_(words), shared_(true) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  uint32_t Epoch() const { return words_->word.load(std::memory_order_acquire) & ~kAsleep; }

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
    uint32_t word = words_->word.load();
    do {
      if ((word & ~kAsleep) != seen) return;
    } while (!(word & kAsleep) && !words_->word.compare_exchange_weak(word, word | kAsleep));
    Futex(shared_ ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, seen | kAsleep, limit);
  }

  // One system call for all notifications until the sleeper has run: on a busy core that can be many.
  void Notify() {
    uint32_t word = words_->word.load(std::memory_order_relaxed);
    while (!words_->word.compare_exchange_weak(word, (word & ~kAsleep) + kOne)) {
    }
    if (word & kAsleep) Futex(shared_ ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
  }

 private:
  static constexpr uint32_t kAsleep = 1;
  static constexpr uint32_t kOne = 2;

  void Futex(int op, uint32_t value, timespec* limit) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&words_->word), op, value, limit, nullptr, 0);
  }

  EventWords own_;
  EventWords* words_;
  bool shared_;
};

}  // namespace assay
