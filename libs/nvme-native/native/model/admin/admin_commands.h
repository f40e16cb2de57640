// Admin commands of the software drive (NVMe Base 2.0, section 5): one table of opcodes, handlers by topic in
// admin_*.cc. Device thread only.
#pragma once
#include "model/device/device.h"

namespace assay::model {

class AdminCommands {
 public:
  explicit AdminCommands(Device& device) : d_(device) {}
  Device::Outcome Execute(const Sqe& sqe);
  // Features as after a controller reset: the saved values, else the defaults.
  void ResetFeatures();
  // Log 05h, the half of the admin commands: a dword for each opcode.
  static void FillEffects(const DriveHeader& header, uint8_t* page);

 private:
  using Handler = Device::Outcome (AdminCommands::*)(const Sqe& sqe);
  struct Entry {
    uint8_t opcode;
    Handler run;
    uint32_t effects;
    bool while_sanitizing;  // NVMe Base 2.0, figure 107
  };
  static const Entry kTable[];
  enum FeatureKind : uint32_t { kChangeable = 1, kSaveable = 2, kPerNamespace = 4 };
  struct Feature {
    uint8_t fid;
    uint32_t initial;
    uint32_t kind;
    // `value`: dword 11, or what is to be kept instead. Null: kept as it is.
    Device::Outcome (AdminCommands::*set)(const Sqe& sqe, uint32_t* value);
    Device::Outcome (AdminCommands::*get)(const Sqe& sqe);
  };
  static const Feature kFeatures[];
  // Null where the drive has no such feature.
  const Feature* FindFeature(uint8_t fid) const;
  static const Entry* Find(const DriveHeader& header, uint8_t opcode);
  static bool Supported(const DriveHeader& header, const Entry& entry);

  // admin_queues.cc
  Device::Outcome CreateCq(const Sqe& sqe);
  Device::Outcome CreateSq(const Sqe& sqe);
  Device::Outcome DeleteCq(const Sqe& sqe);
  Device::Outcome DeleteSq(const Sqe& sqe);
  Device::Outcome Abort(const Sqe& sqe);
  Device::Outcome AsyncEvent(const Sqe& sqe);
  // admin_identify.cc
  Device::Outcome Identify(const Sqe& sqe);
  // admin_logs.cc
  Device::Outcome GetLogPage(const Sqe& sqe);
  uint16_t EventContextFor(uint32_t action);
  // admin_features.cc
  Device::Outcome GetFeatures(const Sqe& sqe);
  Device::Outcome SetFeatures(const Sqe& sqe);
  // feature_effects.cc
  Device::Outcome SetPowerState(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetPowerState(const Sqe& sqe);
  Device::Outcome SetTemperatureThreshold(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetTemperatureThreshold(const Sqe& sqe);
  Device::Outcome SetWriteCache(const Sqe& sqe, uint32_t* value);
  Device::Outcome SetCoalescing(const Sqe& sqe, uint32_t* value);
  Device::Outcome SetQueues(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetQueues(const Sqe& sqe);
  Device::Outcome SetVector(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetVector(const Sqe& sqe);
  Device::Outcome SetEventConfiguration(const Sqe& sqe, uint32_t* value);
  Device::Outcome SetPowerTransitions(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetPowerTransitions(const Sqe& sqe);
  Device::Outcome SetHostMemory(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetHostMemory(const Sqe& sqe);
  Device::Outcome SetTimestamp(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetTimestamp(const Sqe& sqe);
  Device::Outcome SetKeepAlive(const Sqe& sqe, uint32_t* value);
  Device::Outcome KeepAlive(const Sqe& sqe);
  Device::Outcome SetHostBehaviour(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetHostBehaviour(const Sqe& sqe);
  Device::Outcome SetWriteProtection(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetWriteProtection(const Sqe& sqe);
  Device::Outcome SetKeyValueConfiguration(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetKeyValueConfiguration(const Sqe& sqe);
  // reservation_features.cc
  Device::Outcome SetHostId(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetHostId(const Sqe& sqe);
  Device::Outcome SetNotificationMask(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetNotificationMask(const Sqe& sqe);
  Device::Outcome SetPersistence(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetPersistence(const Sqe& sqe);
  // admin_placement.cc
  Device::Outcome SetPlacement(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetPlacement(const Sqe& sqe);
  Device::Outcome SetPlacementEvents(const Sqe& sqe, uint32_t* value);
  Device::Outcome GetPlacementEvents(const Sqe& sqe);
  uint16_t HandleOfEvents(const Sqe& sqe, uint32_t* handle) const;
  // admin_namespaces.cc
  Device::Outcome Format(const Sqe& sqe);
  Device::Outcome NamespaceManagement(const Sqe& sqe);
  Device::Outcome NamespaceAttachment(const Sqe& sqe);
  uint16_t FormatOne(Media& media, uint32_t cdw10);
  uint16_t PlacementOf(const uint8_t* page, const NamespaceRecord& ns, PlacementHandles* handles) const;
  Device::Outcome CreateNamespace(const Sqe& sqe);
  Device::Outcome DeleteNamespace(const Sqe& sqe);
  // admin_directives.cc
  uint16_t CheckDirective(const Sqe& sqe) const;
  Device::Outcome DirectiveSend(const Sqe& sqe);
  Device::Outcome DirectiveReceive(const Sqe& sqe);
  // admin_security.cc
  Device::Outcome SecuritySend(const Sqe& sqe);
  Device::Outcome SecurityReceive(const Sqe& sqe);
  // admin_lockdown.cc
  Device::Outcome Lockdown(const Sqe& sqe);
  bool CanBeProhibited(uint32_t scope, uint8_t id) const;
  bool Prohibited(const Sqe& sqe) const;
  // `page`: kLockdownLogBytes zeroes. A status without phase.
  uint16_t FillLockdownLog(uint32_t lsp, uint8_t* page) const;
  // admin_care.cc
  Device::Outcome FirmwareDownload(const Sqe& sqe);
  Device::Outcome FirmwareCommit(const Sqe& sqe);
  Device::Outcome SelfTest(const Sqe& sqe);
  Device::Outcome Sanitize(const Sqe& sqe);

  Device& d_;
};

}  // namespace assay::model
