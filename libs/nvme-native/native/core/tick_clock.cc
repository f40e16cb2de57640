#include "tick_clock.h"

#include <fstream>
#include <string>

namespace assay {

#if defined(__x86_64__)
namespace {

constexpr uint64_t kMeasureNs = 2'000'000;
// A measurement over a longer time says nothing: the thread slept, or the machine.
constexpr uint64_t kMeasureLimitNs = kNsPerSecond;
// Between the two readings of ticks around one of the clock, unless the thread was interrupted.
constexpr uint64_t kUndisturbedTicks = 1000;
constexpr int kAgreementBits = 11;  // two rates agree within 1/2048

bool KernelCountsTicks() {
  static const bool yes = [] {
    std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    std::string name;
    return static_cast<bool>(file >> name) && name == "tsc";
  }();
  return yes;
}

}  // namespace

uint64_t TickClock::ReadAgain() {
  const uint64_t before = __rdtsc();
  const uint64_t ns = BoottimeNs();
  const uint64_t after = __rdtsc();
  if (after - before > kUndisturbedTicks || !KernelCountsTicks()) {
    valid_ticks_ = 0;
    return ns;
  }
  anchor_ticks_ = before + (after - before) / 2;
  anchor_ns_ = ns;
  Measure();
  valid_ticks_ = window_ticks_;
  return ns;
}

void TickClock::Measure() {
  const uint64_t length = anchor_ns_ - base_ns_;
  if (length < kMeasureNs) return;
  const uint64_t ticks = anchor_ticks_ - base_ticks_;
  const uint64_t scale = length < kMeasureLimitNs && ticks != 0 ? (length << 32) / ticks : 0;
  const uint64_t apart = scale > scale_ ? scale - scale_ : scale_ - scale;
  const bool agree = scale != 0 && apart <= scale >> kAgreementBits;
  window_ticks_ = agree ? (kTickWindowNs << 32) / scale : 0;
  scale_ = scale;
  base_ticks_ = anchor_ticks_;
  base_ns_ = anchor_ns_;
}
#endif

}  // namespace assay
