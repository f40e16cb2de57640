// The two clocks. CLOCK_BOOTTIME goes on over suspend; deadlines and the flight recorder use it.
#pragma once
#include <cstdint>
#include <ctime>

namespace assay {

constexpr uint64_t kNever = UINT64_MAX;
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

inline uint64_t ClockNs(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return static_cast<uint64_t>(t.tv_sec) * kNsPerSecond + static_cast<uint64_t>(t.tv_nsec);
}
inline uint64_t BoottimeNs() { return ClockNs(CLOCK_BOOTTIME); }
inline uint64_t RealtimeNs() { return ClockNs(CLOCK_REALTIME); }

}  // namespace assay
