// Features that carry data or do something (NVMe Base 2.0, 5.27.1).
#include <algorithm>

#include "admin_commands.h"
#include "model/nvm/queue_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kHostBehaviourBytes = 512;
constexpr uint32_t kPowerTransitionBytes = 256;
constexpr uint64_t kTimestampMask = (uint64_t{1} << 48) - 1;
constexpr uint32_t kUnderThreshold = 1;

}  // namespace

Device::Outcome AdminCommands::SetPowerState(const Sqe& sqe, uint32_t* value) {
  const uint32_t state = sqe.cdw11 & 31;
  if (state >= kPowerStates) return Fail(status::kInvalidField);
  if (state < kFirstNonOperationalState) d_.operational_state_ = state;
  d_.idle_since_ns_ = BoottimeNs();
  *value = sqe.cdw11 & 0xff;
  return {};
}

Device::Outcome AdminCommands::GetPowerState(const Sqe&) { return Value(d_.PowerStateNow(BoottimeNs()) | (d_.features_[0x02] & 0xe0)); }

// TMPSEL 0 is the composite temperature, the only one; THSEL names the upper or the lower threshold.
Device::Outcome AdminCommands::SetTemperatureThreshold(const Sqe& sqe, uint32_t* value) {
  const uint32_t sensor = sqe.cdw11 >> 16 & 15;
  const uint32_t which = sqe.cdw11 >> 20 & 3;
  if ((sensor != 0 && sensor != 15) || which > kUnderThreshold) return Fail(status::kInvalidField);
  *value = which == kUnderThreshold ? d_.features_[0x04] : sqe.cdw11 & 0xffff;
  if (which == kUnderThreshold) d_.under_temperature_ = sqe.cdw11 & 0xffff;
  const uint32_t over = which == kUnderThreshold ? d_.features_[0x04] : *value;
  d_.CheckTemperature(over);
  return {};
}

Device::Outcome AdminCommands::GetTemperatureThreshold(const Sqe& sqe) {
  const uint32_t which = sqe.cdw11 >> 20 & 3;
  if ((sqe.cdw11 >> 16 & 15) != 0 || which > kUnderThreshold) return Fail(status::kInvalidField);
  return Value(which == kUnderThreshold ? d_.under_temperature_ : d_.features_[0x04]);
}

Device::Outcome AdminCommands::SetWriteCache(const Sqe& sqe, uint32_t* value) {
  if (!(sqe.cdw11 & 1)) d_.namespaces_.MakeAllDurable();
  *value = sqe.cdw11 & 1;
  return {};
}

Device::Outcome AdminCommands::GetQueues(const Sqe&) { return Value(QueueCommands(d_).Granted()); }

Device::Outcome AdminCommands::SetQueues(const Sqe& sqe, uint32_t*) { return QueueCommands(d_).Grant(sqe); }

// The threshold is 0-based, the time in 100 us.
Device::Outcome AdminCommands::SetCoalescing(const Sqe& sqe, uint32_t*) {
  d_.interrupts_.Aggregate((sqe.cdw11 & 0xff) + 1, uint64_t{sqe.cdw11 >> 8 & 0xff} * 100'000);
  return {};
}

Device::Outcome AdminCommands::SetVector(const Sqe& sqe, uint32_t*) {
  const uint32_t vector = sqe.cdw11 & 0xffff;
  if (vector >= d_.interrupts_.vectors()) return Fail(status::kInvalidField);
  d_.vector_configuration_[vector] = sqe.cdw11 & 0x1ffff;
  return {};
}

Device::Outcome AdminCommands::GetVector(const Sqe& sqe) {
  const uint32_t vector = sqe.cdw11 & 0xffff;
  if (vector >= d_.interrupts_.vectors()) return Fail(status::kInvalidField);
  const auto at = d_.vector_configuration_.find(vector);
  return Value(at == d_.vector_configuration_.end() ? vector : at->second);
}

Device::Outcome AdminCommands::SetEventConfiguration(const Sqe& sqe, uint32_t*) {
  d_.features_[0x0b] = sqe.cdw11;
  d_.CheckTemperature(d_.features_[0x04]);
  return {};
}

Device::Outcome AdminCommands::SetPowerTransitions(const Sqe& sqe, uint32_t* value) {
  std::array<uint64_t, 32> table;
  static_assert(sizeof table == kPowerTransitionBytes);
  if (const uint16_t status = Take(sqe, table.data(), sizeof table)) return Fail(status);
  for (uint64_t entry : table) {
    const uint32_t state = entry >> 3 & 31;
    // Only into a state that serves no I/O.
    if ((entry >> 8) != 0 && (state >= kPowerStates || state < kFirstNonOperationalState)) return Fail(status::kInvalidField);
  }
  d_.power_transitions_ = table;
  d_.idle_since_ns_ = BoottimeNs();
  *value = sqe.cdw11 & 1;
  return {};
}

Device::Outcome AdminCommands::GetPowerTransitions(const Sqe& sqe) {
  Device::Outcome outcome = Give(sqe, reinterpret_cast<const uint8_t*>(d_.power_transitions_.data()), kPowerTransitionBytes);
  outcome.cdw0 = d_.features_[0x0c];
  return outcome;
}

Device::Outcome AdminCommands::SetHostMemory(const Sqe& sqe, uint32_t* value) {
  *value = sqe.cdw11 & 1;
  if (!(sqe.cdw11 & 1)) {
    d_.host_memory_.Forget();
    return {};
  }
  return Fail(d_.host_memory_.Use(sqe.cdw12, uint64_t{sqe.cdw14} << 32 | sqe.cdw13, sqe.cdw15, sqe.cdw11 >> 1 & 1));
}

Device::Outcome AdminCommands::GetHostMemory(const Sqe& sqe) {
  uint8_t page[4096] = {};
  d_.host_memory_.Describe(page);
  Device::Outcome outcome = sqe.prp1 == 0 ? Device::Outcome{} : Give(sqe, page, sizeof page);
  outcome.cdw0 = d_.features_[0x0d];
  return outcome;
}

Device::Outcome AdminCommands::SetTimestamp(const Sqe& sqe, uint32_t*) {
  uint64_t given;
  if (const uint16_t status = Take(sqe, &given, sizeof given)) return Fail(status);
  const uint64_t before = d_.TimestampNow();
  d_.NoteTimestamp(before);
  d_.timestamp_ms_ = given & kTimestampMask;
  d_.timestamp_set_ns_ = BoottimeNs();
  d_.timestamp_origin_ = 1;  // set by the host
  return {};
}

Device::Outcome AdminCommands::GetTimestamp(const Sqe& sqe) {
  const uint64_t value = d_.TimestampNow();
  return Give(sqe, reinterpret_cast<const uint8_t*>(&value), sizeof value);
}

Device::Outcome AdminCommands::SetKeepAlive(const Sqe& sqe, uint32_t*) {
  d_.features_[0x0f] = sqe.cdw11;
  return KeepAlive(sqe);
}

// Without a sign of life for so long the controller stops with a fatal status (NVMe Base 2.0, 3.9).
Device::Outcome AdminCommands::KeepAlive(const Sqe&) {
  const uint32_t timeout_ms = d_.features_[0x0f];
  d_.keep_alive_due_ns_ = timeout_ms == 0 ? kNever : BoottimeNs() + timeout_ms * kNsPerMs;
  return {};
}

Device::Outcome AdminCommands::SetHostBehaviour(const Sqe& sqe, uint32_t*) {
  static_assert(sizeof d_.host_behaviour_ == kHostBehaviourBytes);
  std::array<uint8_t, kHostBehaviourBytes> wanted;
  if (const uint16_t status = Take(sqe, wanted.data(), wanted.size())) return Fail(status);
  if (wanted[0] > 1 || wanted[1] > 1 || wanted[2] > 1) return Fail(status::kInvalidField);
  d_.host_behaviour_ = wanted;
  return {};
}

Device::Outcome AdminCommands::GetHostBehaviour(const Sqe& sqe) { return Give(sqe, d_.host_behaviour_.data(), kHostBehaviourBytes); }

// States 0 to 3 (NVMe Base 2.0, 8.12): none, protected, until the next power cycle, for ever.
Device::Outcome AdminCommands::SetWriteProtection(const Sqe& sqe, uint32_t* value) {
  Media* media = d_.namespaces_.Active(sqe.nsid);
  if (media == nullptr) return Fail(status::kInvalidNamespace);
  uint32_t& state = media->record().write_protected;
  const uint32_t wanted = sqe.cdw11 & 7;
  if (wanted > kProtectedForEver) return Fail(status::kInvalidField);
  if (state >= kProtectedUntilPowerCycle && wanted != state) return Fail(status::kNotChangeable);
  state = wanted;
  if (wanted != 0) media->MakeAllDurable();
  *value = 0;
  return {};
}

Device::Outcome AdminCommands::GetWriteProtection(const Sqe& sqe) {
  const Media* media = d_.namespaces_.Active(sqe.nsid);
  return media == nullptr ? Fail(status::kInvalidNamespace) : Value(media->record().write_protected);
}

// EDNEK: whether a Delete of a key that does not exist is an error (Key Value Command Set 1.0, 4.1.3).
Device::Outcome AdminCommands::SetKeyValueConfiguration(const Sqe& sqe, uint32_t* value) {
  const Outcome outcome = GetKeyValueConfiguration(sqe);
  if (outcome.status != 0) return outcome;
  d_.key_value_configuration_[sqe.nsid - 1] = sqe.cdw11 & 1;
  *value = 0;
  return {};
}

Device::Outcome AdminCommands::GetKeyValueConfiguration(const Sqe& sqe) {
  const Media* media = d_.namespaces_.Active(sqe.nsid);
  if (media == nullptr) return Fail(status::kInvalidNamespace);
  if (media->record().command_set != kKeyValueCommandSet) return Fail(status::kInvalidField);
  return Value(d_.key_value_configuration_[sqe.nsid - 1]);
}

}  // namespace assay::model
