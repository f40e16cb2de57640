// Power states (NVMe Base 2.0, 8.15) and the temperature's thresholds. No timer: what autonomous transitions have done is
// worked out when somebody asks.
#include "device.h"

namespace assay::model {
namespace {

constexpr uint32_t kTransitionsEnabled = 1;     // of feature 0Ch
constexpr uint32_t kTemperatureWarnings = 2;    // of feature 0Bh
constexpr uint32_t kStateMask = 31;

}  // namespace

uint32_t Device::PowerStateNow(uint64_t now_ns) {
  uint32_t state = features_[0x02] & kStateMask;
  if (!(features_[0x0c] & kTransitionsEnabled)) return state;
  // One step for each state at most.
  for (uint32_t step = 0; step < kPowerStates; step++) {
    const uint64_t entry = power_transitions_[state];
    const uint64_t idle_ns = (entry >> 8 & 0xffffff) * kNsPerMs;
    const uint32_t next = entry >> 3 & kStateMask;
    if (idle_ns == 0 || next <= state || now_ns < idle_since_ns_ + idle_ns) break;
    state = next;
    idle_since_ns_ += idle_ns;
  }
  features_[0x02] = (features_[0x02] & ~kStateMask) | state;
  return state;
}

uint64_t Device::WakeForIo() {
  const uint64_t now = features_[0x0c] & kTransitionsEnabled ? BoottimeNs() : 0;
  const bool asleep = PowerStateNow(now) >= kFirstNonOperationalState;
  idle_since_ns_ = now;
  if (!asleep) return 0;
  features_[0x02] = operational_state_;
  return uint64_t{kResumeUs} * 1000;
}

void Device::CheckTemperature(uint32_t over_kelvin) {
  const uint16_t kelvin = TemperatureK(*header_);
  const bool beyond = kelvin >= over_kelvin || kelvin <= under_temperature_;
  if (beyond && (features_[0x0b] & kTemperatureWarnings)) RaiseEvent(1, 1, 2);
}

}  // namespace assay::model
