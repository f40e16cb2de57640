// Get and Set Features (NVMe Base 2.0, 5.15, 5.27): one table; features with data or effects have functions of their own
// in feature_effects.cc.
#include "admin_commands.h"
#include "model/reply.h"

namespace assay::model {

using A = AdminCommands;

const AdminCommands::Feature AdminCommands::kFeatures[] = {
    {0x01, 0, kChangeable | kSaveable, nullptr, nullptr},                       // arbitration
    {0x02, 0, kChangeable, &A::SetPowerState, &A::GetPowerState},               // power management
    {0x04, kWarningKelvin, kChangeable | kSaveable, &A::SetTemperatureThreshold, &A::GetTemperatureThreshold},
    {0x05, 0, kChangeable | kSaveable | kPerNamespace, nullptr, nullptr},       // error recovery
    {0x06, 1, kChangeable | kSaveable, &A::SetWriteCache, nullptr},             // volatile write cache
    {0x07, 0, kChangeable, &A::SetQueues, &A::GetQueues},                       // number of queues
    {0x08, 0, kChangeable, &A::SetCoalescing, nullptr},                         // interrupt coalescing
    {0x09, 0, kChangeable, &A::SetVector, &A::GetVector},                       // interrupt vector configuration
    {0x0a, 0, kChangeable | kSaveable, nullptr, nullptr},                       // write atomicity normal
    {0x0b, 0, kChangeable | kSaveable, &A::SetEventConfiguration, nullptr},     // asynchronous event configuration
    {0x0c, 0, kChangeable, &A::SetPowerTransitions, &A::GetPowerTransitions},   // autonomous power state transition
    {0x0d, 0, kChangeable, &A::SetHostMemory, &A::GetHostMemory},               // host memory buffer
    {0x0e, 0, kChangeable, &A::SetTimestamp, &A::GetTimestamp},
    {0x0f, 0, kChangeable, &A::SetKeepAlive, nullptr},                          // keep alive timer
    {0x11, 0, kChangeable | kSaveable, nullptr, nullptr},                       // non-operational power state configuration
    {0x16, 0, kChangeable, &A::SetHostBehaviour, &A::GetHostBehaviour},
    {0x19, 0, 0, nullptr, nullptr},                                             // I/O command set profile: there is one
    {kPlacementFeature, 0, kChangeable | kSaveable, &A::SetPlacement, &A::GetPlacement},
    {kPlacementEventsFeature, 0, kChangeable | kSaveable | kPerNamespace, &A::SetPlacementEvents, &A::GetPlacementEvents},
    {0x20, 0, kChangeable | kPerNamespace, &A::SetKeyValueConfiguration, &A::GetKeyValueConfiguration},
    {0x80, 0, kChangeable | kSaveable, nullptr, nullptr},                       // software progress marker
    {0x81, 0, kChangeable, &A::SetHostId, &A::GetHostId},
    {0x82, 0, kChangeable | kPerNamespace, &A::SetNotificationMask, &A::GetNotificationMask},  // of reservations
    {0x83, 0, kChangeable | kPerNamespace, &A::SetPersistence, &A::GetPersistence},            // of reservations
    {0x84, 0, kChangeable | kPerNamespace, &A::SetWriteProtection, &A::GetWriteProtection},
};

const AdminCommands::Feature* AdminCommands::FindFeature(uint8_t fid) const {
  if (fid == 0x06 && !d_.header_->volatile_cache) return nullptr;
  if ((fid == kPlacementFeature || fid == kPlacementEventsFeature) && !d_.placement_.Supported()) return nullptr;
  for (const Feature& feature : kFeatures) {
    if (feature.fid == fid) return &feature;
  }
  return nullptr;
}

bool Device::VolatileCacheEnabled() const { return header_->volatile_cache != 0 && (features_[0x06] & 1); }

uint32_t Device::NormalUnitLbas() const { return (features_[0x0a] & 1 ? header_->awupf : header_->awun) + 1; }

uint32_t Device::ErrorRecovery(uint32_t nsid) const { return error_recovery_[nsid - 1]; }

void AdminCommands::ResetFeatures() {
  for (const Feature& feature : kFeatures) {
    const bool saved = d_.header_->has_saved_feature[feature.fid];
    d_.features_[feature.fid] = saved ? d_.header_->saved_features[feature.fid] : feature.initial;
  }
  d_.error_recovery_.fill(d_.features_[0x05]);
  d_.under_temperature_ = 0;
  d_.vector_configuration_.clear();
  d_.host_behaviour_.fill(0);
  d_.host_id_.fill(0);
  d_.wide_host_id_ = false;
  d_.notification_mask_.fill(0);
  d_.key_value_configuration_.fill(0);
  for (ReservationRecord& record : d_.header_->reservations) Reservations(&record).ForgetUnnamed();
  d_.power_transitions_.fill(0);
  d_.placement_.RestoreSaved();
  d_.host_memory_.Forget();
  d_.keep_alive_due_ns_ = kNever;
}

Device::Outcome AdminCommands::GetFeatures(const Sqe& sqe) {
  const uint8_t fid = sqe.cdw10 & 0xff;
  const Feature* feature = FindFeature(fid);
  if (feature == nullptr) return Fail(status::kInvalidField);
  const bool per_namespace = feature->kind & kPerNamespace;
  if (per_namespace && d_.namespaces_.Active(sqe.nsid) == nullptr && sqe.nsid != UINT32_MAX && sqe.nsid != 0) return Fail(status::kInvalidNamespace);
  switch (sqe.cdw10 >> 8 & 7) {
    case 0:
      if (feature->get != nullptr) return (this->*feature->get)(sqe);
      if (fid == 0x05 && d_.namespaces_.Valid(sqe.nsid)) return Value(d_.ErrorRecovery(sqe.nsid));
      return Value(d_.features_[fid]);
    case 1: return Value(feature->initial);
    case 2:
      if (fid == kPlacementEventsFeature) return GetPlacementEvents(sqe);
      return Value(d_.header_->has_saved_feature[fid] ? d_.header_->saved_features[fid] : feature->initial);
    case 3: return Value((feature->kind & kSaveable ? 1 : 0) | (per_namespace ? 2 : 0) | (feature->kind & kChangeable ? 4 : 0));
    default: return Fail(status::kInvalidField);
  }
}

Device::Outcome AdminCommands::SetFeatures(const Sqe& sqe) {
  const uint8_t fid = sqe.cdw10 & 0xff;
  const Feature* feature = FindFeature(fid);
  const bool save = sqe.cdw10 >> 31;
  if (feature == nullptr) return Fail(status::kInvalidField);
  if (!(feature->kind & kChangeable)) return Fail(status::kNotChangeable);
  if (save && !(feature->kind & kSaveable)) return Fail(status::kNotSaveable);
  const bool one = sqe.nsid != 0 && sqe.nsid != UINT32_MAX;
  if (one && !d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  if (one && !(feature->kind & kPerNamespace)) return Fail(status::kNotNamespaceSpecific);
  if (one && d_.namespaces_.Active(sqe.nsid) == nullptr) return Fail(status::kInvalidField);
  Device::Outcome outcome;
  uint32_t value = sqe.cdw11;
  if (feature->set != nullptr) outcome = (this->*feature->set)(sqe, &value);
  if (outcome.status != 0) return outcome;
  if (fid == 0x05 && one) {
    d_.error_recovery_[sqe.nsid - 1] = value;
  } else {
    d_.features_[fid] = value;
    if (fid == 0x05) d_.error_recovery_.fill(value);
  }
  if (save) {
    d_.header_->saved_features[fid] = value;
    d_.header_->has_saved_feature[fid] = 1;
  }
  return outcome;
}

}  // namespace assay::model
