// Zone Management Send and Receive (ZNS Command Set 1.1, 3.4.3 and 3.4.2).
#include <cstring>
#include <iterator>
#include <vector>

#include "nvm_commands.h"
#include "model/reply.h"
#include "zones.h"

namespace assay::model {
namespace {

constexpr uint64_t kReportHeaderBytes = 64;
constexpr uint64_t kDescriptorBytes = 64;
constexpr uint8_t kSequentialWriteRequired = 2;
// Zone Receive Action (figure 30): 0 reports zones, this one with their descriptor extensions.
constexpr uint32_t kExtendedReport = 1;

// Zone Receive Action Specific Field: which states are reported; 0 is all.
constexpr ZoneState kFilters[] = {kEmpty, kEmpty, kImplicitlyOpen, kExplicitlyOpen, kClosed, kFull, kReadOnly, kOffline};

void Describe(const Zones& zones, uint64_t index, uint64_t capacity, uint8_t* at) {
  const ZoneState state = zones.State(index);
  const bool points = state != kFull && state != kReadOnly && state != kOffline;
  at[0] = kSequentialWriteRequired;
  at[1] = static_cast<uint8_t>(state << 4);
  at[2] = zones.HasExtension(index) ? kZoneExtensionValid : 0;
  Put(at, 8, capacity);
  Put(at, 16, zones.Start(index));
  Put(at, 24, points ? zones.Start(index) + zones.record(index).written : UINT64_MAX);
}

}  // namespace

Device::Outcome NvmCommands::ZoneManagementSend(const Sqe& sqe, Media& media) {
  const auto action = static_cast<ZoneAction>(sqe.cdw13 & 0xff);
  const bool extends = action == ZoneAction::kSetExtension;
  if (!extends && (action < ZoneAction::kClose || action > ZoneAction::kOffline)) return Fail(status::kInvalidField);
  Zones zones(d_.file(), media);
  const bool all = sqe.cdw13 >> 8 & 1;
  if (extends && (all || zones.extension_bytes() == 0)) return Fail(status::kInvalidField);
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  if (all) {
    outcome.status = zones.ActOnAll(action);
    return outcome;
  }
  if (sqe.Slba() >= media.lba_count()) return Fail(status::kLbaOutOfRange);
  const uint64_t index = zones.IndexOf(sqe.Slba());
  if (zones.Start(index) != sqe.Slba()) return Fail(status::kInvalidField);
  if (!extends) {
    outcome.status = zones.Act(index, action);
    return outcome;
  }
  uint8_t extension[kZoneExtensionBytes];
  outcome.status = Take(sqe, extension, zones.extension_bytes());
  if (outcome.status == 0) outcome.status = zones.SetExtension(index, extension);
  return outcome;
}

Device::Outcome NvmCommands::ZoneManagementReceive(const Sqe& sqe, Media& media) {
  const uint64_t bytes = (uint64_t{sqe.cdw12} + 1) * 4;
  const uint32_t filter = sqe.cdw13 >> 8 & 0xff;
  const bool partial = sqe.cdw13 >> 16 & 1;
  const uint32_t action = sqe.cdw13 & 0xff;
  if (action > kExtendedReport || filter >= std::size(kFilters)) return Fail(status::kInvalidField);
  if (bytes < kReportHeaderBytes || bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  if (sqe.Slba() >= media.lba_count()) return Fail(status::kLbaOutOfRange);
  const Zones zones(d_.file(), media);
  if (action == kExtendedReport && zones.extension_bytes() == 0) return Fail(status::kInvalidField);
  const uint64_t extension_bytes = action == kExtendedReport ? zones.extension_bytes() : 0;
  const uint64_t each = kDescriptorBytes + extension_bytes;
  std::vector<uint8_t> report(bytes);
  uint64_t matching = 0, told = 0;
  for (uint64_t index = zones.IndexOf(sqe.Slba()); index < zones.count(); index++) {
    if (filter != 0 && zones.State(index) != kFilters[filter]) continue;
    matching++;
    if (kReportHeaderBytes + (told + 1) * each > bytes) continue;
    uint8_t* at = report.data() + kReportHeaderBytes + told * each;
    Describe(zones, index, media.record().zone_capacity, at);
    std::memcpy(at + kDescriptorBytes, zones.Extension(index), extension_bytes);
    told++;
  }
  Put(report.data(), 0, partial ? told : matching);
  return Give(sqe, report.data(), bytes);
}

}  // namespace assay::model
