// BoottimeNs() for a thread that asks millions of times a second: counts the processor's ticks from a reading of the
// clock that is at most kTickWindowNs old. Where the kernel itself does not keep time by these ticks, or two measurements
// of their rate do not agree (a suspended machine), every answer is a reading of the clock. Never goes backwards.
#pragma once
#include <cstdint>

#include "clock.h"
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace assay {

constexpr uint64_t kTickWindowNs = 50'000;

class TickClock {
 public:
  uint64_t Now() {
#if defined(__x86_64__)
    const uint64_t ticks = __rdtsc();
    const uint64_t passed = ticks - anchor_ticks_;
    const uint64_t now = passed < valid_ticks_ ? anchor_ns_ + (passed * scale_ >> 32) : ReadAgain();
#else
    const uint64_t now = BoottimeNs();
#endif
    return last_ns_ = now > last_ns_ ? now : last_ns_;
  }

 private:
  uint64_t ReadAgain();
  void Measure();

  uint64_t anchor_ticks_ = 0, anchor_ns_ = 0;
  uint64_t valid_ticks_ = 0;  // from the anchor on
  uint64_t window_ticks_ = 0;  // kTickWindowNs; 0: the rate is not known
  uint64_t scale_ = 0;        // ns of a tick, 32 bits behind the point
  uint64_t last_ns_ = 0;
  uint64_t base_ticks_ = 0, base_ns_ = 0;  // where the present measurement of the rate began
};

}  // namespace assay
