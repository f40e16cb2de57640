// Zone Management Send and Receive (ZNS Command Set 1.1, 3.4.3 and 3.4.2).
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

// Zone Receive Action Specific Field: which states are reported; 0 is all.
constexpr ZoneState kFilters[] = {kEmpty, kEmpty, kImplicitlyOpen, kExplicitlyOpen, kClosed, kFull, kReadOnly, kOffline};

void Describe(const Zones& zones, uint64_t index, uint64_t capacity, uint8_t* at) {
  const ZoneState state = zones.State(index);
  const bool points = state != kFull && state != kReadOnly && state != kOffline;
  at[0] = kSequentialWriteRequired;
  at[1] = static_cast<uint8_t>(state << 4);
  Put(at, 8, capacity);
  Put(at, 16, zones.Start(index));
  Put(at, 24, points ? zones.Start(index) + zones.record(index).written : UINT64_MAX);
}

}  // namespace

Device::Outcome NvmCommands::ZoneManagementSend(const Sqe& sqe, Media& media) {
  const auto action = static_cast<ZoneAction>(sqe.cdw13 & 0xff);
  if (action < ZoneAction::kClose || action > ZoneAction::kOffline) return Fail(status::kInvalidField);
  Zones zones(d_.file(), media);
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  if (sqe.cdw13 >> 8 & 1) {
    outcome.status = zones.ActOnAll(action);
    return outcome;
  }
  if (sqe.Slba() >= media.lba_count()) return Fail(status::kLbaOutOfRange);
  const uint64_t index = zones.IndexOf(sqe.Slba());
  if (zones.Start(index) != sqe.Slba()) return Fail(status::kInvalidField);
  outcome.status = zones.Act(index, action);
  return outcome;
}

Device::Outcome NvmCommands::ZoneManagementReceive(const Sqe& sqe, Media& media) {
  const uint64_t bytes = (uint64_t{sqe.cdw12} + 1) * 4;
  const uint32_t filter = sqe.cdw13 >> 8 & 0xff;
  const bool partial = sqe.cdw13 >> 16 & 1;
  if ((sqe.cdw13 & 0xff) != 0 || filter >= std::size(kFilters)) return Fail(status::kInvalidField);  // no descriptor extensions
  if (bytes < kReportHeaderBytes || bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  if (sqe.Slba() >= media.lba_count()) return Fail(status::kLbaOutOfRange);
  const Zones zones(d_.file(), media);
  std::vector<uint8_t> report(bytes);
  uint64_t matching = 0, told = 0;
  for (uint64_t index = zones.IndexOf(sqe.Slba()); index < zones.count(); index++) {
    if (filter != 0 && zones.State(index) != kFilters[filter]) continue;
    matching++;
    if (kReportHeaderBytes + (told + 1) * kDescriptorBytes > bytes) continue;
    Describe(zones, index, media.record().zone_capacity, report.data() + kReportHeaderBytes + told * kDescriptorBytes);
    told++;
  }
  Put(report.data(), 0, partial ? told : matching);
  return Give(sqe, report.data(), bytes);
}

}  // namespace assay::model
