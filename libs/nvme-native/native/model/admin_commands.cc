#include "admin_commands.h"

#include <algorithm>
#include <vector>

#include "identify.h"
#include "prp.h"
#include "queue_commands.h"

namespace assay::model {
namespace {

constexpr uint16_t kInvalidOpcode = MakeStatus(0, 0x01, true);
constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kInvalidNamespace = MakeStatus(0, 0x0b, true);
constexpr uint16_t kSanitizeInProgress = MakeStatus(0, 0x1d);
constexpr uint16_t kInvalidPrp = MakeStatus(0, 0x13, true);
constexpr uint16_t kTooManyEvents = MakeStatus(1, 0x05, true);
constexpr uint16_t kInvalidLogPage = MakeStatus(1, 0x09, true);
constexpr uint16_t kInvalidFormat = MakeStatus(1, 0x0a, true);
constexpr uint16_t kNotSaveable = MakeStatus(1, 0x0d, true);

// Features that are there, with their default and whether they can be saved.
struct Feature {
  uint8_t fid;
  uint32_t initial;
  bool changeable;
  bool saveable;
};
constexpr Feature kFeatures[] = {
    {0x01, 0, true, true},      // arbitration
    {0x02, 0, true, false},     // power management
    {0x04, 343, true, false},   // temperature threshold
    {0x05, 0, true, true},      // error recovery
    {0x06, 1, true, true},      // volatile write cache
    {0x07, 0, true, false},     // number of queues (answered from the header)
    {0x08, 0, true, false},     // interrupt coalescing
    {0x09, 0, true, false},     // interrupt vector configuration
    {0x0a, 0, true, false},     // write atomicity normal
    {0x0b, 0, true, false},     // asynchronous event configuration
};

const Feature* FindFeature(uint8_t fid) {
  for (const Feature& feature : kFeatures) {
    if (feature.fid == fid) return &feature;
  }
  return nullptr;
}

Device::Outcome Fail(uint16_t status) {
  Device::Outcome outcome;
  outcome.status = status;
  return outcome;
}

Device::Outcome Give(const Sqe& sqe, const uint8_t* from, uint64_t bytes) {
  const bool ok = ForEachRun(sqe, bytes, [&](uint8_t* to, uint64_t part) {
    std::memcpy(to, from, part);
    from += part;
  });
  return ok ? Device::Outcome{} : Fail(kInvalidPrp);
}

// NVMe Base 2.0, figure 107, as far as the commands are there.
bool AllowedWhileSanitizing(uint8_t opcode) {
  switch (opcode) {
    case admin_opcode::kFormat:
    case admin_opcode::kFirmwareDownload:
    case admin_opcode::kFirmwareCommit:
    case admin_opcode::kSelfTest: return false;
    default: return true;
  }
}

}  // namespace

Device::Outcome AdminCommands::Execute(const Sqe& sqe) {
  if (d_.background_.Sanitizing() && !AllowedWhileSanitizing(sqe.opc)) return Fail(kSanitizeInProgress);
  switch (sqe.opc) {
    case admin_opcode::kIdentify: return Identify(sqe);
    case admin_opcode::kGetLogPage: return GetLogPage(sqe);
    case admin_opcode::kGetFeatures: return GetFeatures(sqe);
    case admin_opcode::kSetFeatures: return SetFeatures(sqe);
    case admin_opcode::kCreateCq: return QueueCommands(d_).CreateCq(sqe);
    case admin_opcode::kCreateSq: return QueueCommands(d_).CreateSq(sqe);
    case admin_opcode::kDeleteCq: return QueueCommands(d_).DeleteCq(sqe);
    case admin_opcode::kDeleteSq: return QueueCommands(d_).DeleteSq(sqe);
    case admin_opcode::kFormat: return Format(sqe);
    case admin_opcode::kAbort: return Abort(sqe);
    case admin_opcode::kAsyncEvent: return AsyncEvent(sqe);
    case admin_opcode::kFirmwareDownload: return FirmwareDownload(sqe);
    case admin_opcode::kFirmwareCommit: return Fail(d_.firmware_.Commit(sqe.cdw10 & 7, sqe.cdw10 >> 3 & 7));
    case admin_opcode::kSelfTest: return Fail(d_.background_.SelfTest(sqe.nsid, sqe.cdw10 & 15));
    case admin_opcode::kSanitize: return Fail(d_.background_.Sanitize(sqe.cdw10));
    default: return Fail(kInvalidOpcode);
  }
}

Device::Outcome AdminCommands::Identify(const Sqe& sqe) {
  uint8_t page[kIdentifyBytes] = {};
  switch (sqe.cdw10 & 0xff) {
    case 0:
      if (sqe.nsid != 1 && sqe.nsid != UINT32_MAX) return Fail(kInvalidNamespace);
      FillIdentifyNamespace(*d_.header_, page);
      break;
    case 1: FillIdentifyController(*d_.header_, page); break;
    case 2:
      if (sqe.nsid >= 0xfffffffe) return Fail(kInvalidNamespace);
      page[0] = sqe.nsid < 1 ? 1 : 0;
      break;
    case 3:
      if (sqe.nsid != 1) return Fail(kInvalidNamespace);
      FillIdentifyDescriptors(*d_.header_, page);
      break;
    default: return Fail(kInvalidField);
  }
  return Give(sqe, page, sizeof page);
}

Device::Outcome AdminCommands::GetLogPage(const Sqe& sqe) {
  const uint8_t lid = sqe.cdw10 & 0xff;
  const uint64_t bytes = ((uint64_t{sqe.cdw11 & 0xffff} << 16 | sqe.cdw10 >> 16) + 1) * 4;
  const uint64_t offset = uint64_t{sqe.cdw13} << 32 | sqe.cdw12;
  const uint32_t page_bytes = LogPageBytes(lid);
  if (page_bytes == 0) return Fail(kInvalidLogPage);
  if (sqe.nsid != 0 && sqe.nsid != 1 && sqe.nsid != UINT32_MAX) return Fail(kInvalidNamespace);
  if (offset % 4 != 0 || offset > page_bytes || bytes > d_.header_->mdts_bytes) return Fail(kInvalidField);
  std::vector<uint8_t> page(std::max<uint64_t>(page_bytes, offset + bytes));
  FillLogPage(*d_.header_, lid, page.data());
  const Device::Outcome outcome = Give(sqe, page.data() + offset, bytes);
  const bool retain = sqe.cdw10 >> 15 & 1;
  if (outcome.status == 0 && !retain) d_.EventLogWasRead(lid);
  return outcome;
}

bool AdminCommands::VolatileCacheEnabled() const {
  if (!d_.header_->volatile_cache) return false;
  // Stored inverted, so that zero means the default: enabled.
  return d_.features_[0x06] == 0;
}

void AdminCommands::ResetFeatures() {
  for (const Feature& feature : kFeatures) {
    const bool saved = d_.header_->has_saved_feature[feature.fid];
    d_.features_[feature.fid] = saved ? d_.header_->saved_features[feature.fid] ^ feature.initial : 0;
  }
}

Device::Outcome AdminCommands::GetFeatures(const Sqe& sqe) {
  const uint8_t fid = sqe.cdw10 & 0xff;
  const Feature* feature = FindFeature(fid);
  if (feature == nullptr || (fid == 0x06 && !d_.header_->volatile_cache)) return Fail(kInvalidField);
  const uint32_t select = sqe.cdw10 >> 8 & 7;
  Device::Outcome outcome;
  switch (select) {
    case 0: outcome.cdw0 = d_.features_[fid] ^ feature->initial; break;
    case 1: outcome.cdw0 = feature->initial; break;
    case 2: outcome.cdw0 = d_.header_->has_saved_feature[fid] ? d_.header_->saved_features[fid] : feature->initial; break;
    case 3: outcome.cdw0 = (feature->saveable ? 1 : 0) | (feature->changeable ? 4 : 0); break;
    default: return Fail(kInvalidField);
  }
  if (fid == 0x07 && select != 3) outcome.cdw0 = QueueCommands(d_).Granted();
  return outcome;
}

Device::Outcome AdminCommands::SetFeatures(const Sqe& sqe) {
  const uint8_t fid = sqe.cdw10 & 0xff;
  const Feature* feature = FindFeature(fid);
  const bool save = sqe.cdw10 >> 31;
  if (feature == nullptr || (fid == 0x06 && !d_.header_->volatile_cache)) return Fail(kInvalidField);
  if (save && !feature->saveable) return Fail(kNotSaveable);
  Device::Outcome outcome;
  if (fid == 0x07) return QueueCommands(d_).Grant(sqe);
  // Threshold is 0-based, time in 100 us.
  if (fid == 0x08) d_.interrupts_.Aggregate((sqe.cdw11 & 0xff) + 1, uint64_t{sqe.cdw11 >> 8 & 0xff} * 100'000);
  if (fid == 0x02) {
    const uint32_t state = sqe.cdw11 & 31;
    if (state >= kPowerStates) return Fail(kInvalidField);
    if (state < kFirstNonOperationalState) d_.operational_state_ = state;
  }
  if (fid == 0x06 && (sqe.cdw11 & 1) == 0) d_.media_.MakeAllDurable();
  const uint32_t value = fid == 0x06 ? sqe.cdw11 & 1 : sqe.cdw11;
  // Kept as the difference to the default, so that zeroes are the defaults.
  d_.features_[fid] = value ^ feature->initial;
  if (save) {
    d_.header_->saved_features[fid] = value;
    d_.header_->has_saved_feature[fid] = 1;
  }
  return outcome;
}

Device::Outcome AdminCommands::Format(const Sqe& sqe) {
  if (sqe.nsid != 1 && sqe.nsid != UINT32_MAX) return Fail(kInvalidNamespace);
  const uint32_t lba_format = sqe.cdw10 & 15;
  const uint32_t secure_erase = sqe.cdw10 >> 9 & 7;
  if (lba_format > 1) return Fail(kInvalidFormat);
  if (secure_erase > 2 || (sqe.cdw10 >> 4 & 0x1f) != 0) return Fail(kInvalidField);  // no metadata, no protection
  d_.background_.EndSelfTest(kTestEndedByFormat);
  d_.media_.Format(lba_format == 0 ? 512 : 4096);
  return {};
}

Device::Outcome AdminCommands::Abort(const Sqe& sqe) {
  Device::Outcome outcome;
  outcome.cdw0 = d_.AbortPending(sqe.cdw10 & 0xffff, static_cast<uint16_t>(sqe.cdw10 >> 16)) ? 0 : 1;
  return outcome;
}

Device::Outcome AdminCommands::AsyncEvent(const Sqe& sqe) {
  if (d_.held_events_.size() >= kAsyncEventLimit) return Fail(kTooManyEvents);
  d_.held_events_.push_back(sqe.cid);
  Device::Outcome outcome;
  outcome.hold = true;
  d_.SendEvents();
  return outcome;
}

Device::Outcome AdminCommands::FirmwareDownload(const Sqe& sqe) {
  const uint64_t bytes = (uint64_t{sqe.cdw10} + 1) * 4;
  const uint64_t offset = uint64_t{sqe.cdw11} * 4;
  if (bytes > d_.header_->mdts_bytes) return Fail(kInvalidField);
  uint8_t* to = nullptr;
  if (const uint16_t status = d_.firmware_.Place(offset, bytes, &to)) return Fail(status);
  const bool ok = ForEachRun(sqe, bytes, [&](const uint8_t* from, uint64_t part) {
    std::memcpy(to, from, part);
    to += part;
  });
  return Fail(ok ? 0 : kInvalidPrp);
}

}  // namespace assay::model
