// I/O Management Receive and Send (NVMe Base 2.1, 7.3 and 7.4), and where writes go under Flexible Data Placement.
#include <algorithm>

#include "nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

enum ManagementOperation : uint32_t { kNoAction = 0, kHandleStatus = 1, kHandleUpdate = 1 };
constexpr uint32_t kDataPlacement = 2;  // directive type
constexpr uint32_t kStatusHeadBytes = 16, kStatusBytes = 32;
constexpr uint32_t kMaxIdentifiers = kMaxReclaimGroups * kMaxReclaimUnitHandles;

}  // namespace

Device::Outcome NvmCommands::IoManagementReceive(const Sqe& sqe, Media& media) {
  const uint64_t bytes = (uint64_t{sqe.cdw11} + 1) * 4;
  const uint32_t operation = sqe.cdw10 & 0xff;
  const Placement& placement = d_.placement_;
  if (!placement.Enabled()) return Fail(status::kPlacementDisabled);
  if (operation == kNoAction) return {};
  if (operation != kHandleStatus || bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  const PlacementTime now = d_.PlacementNow();
  const uint32_t block_bytes = BytesWithMetadata(media.record().lba_format);
  std::vector<uint8_t> page(kStatusHeadBytes);
  uint16_t told = 0;
  for (uint32_t handle = 0; handle < std::min(placement.Of(media.nsid()).count, kMaxReclaimUnitHandles); handle++) {
    for (uint32_t group = 0; group < placement.Configuration().groups; group++) {
      const uint16_t identifier = placement.Identifier(group, handle);
      const std::optional<PlacementTarget> target = placement.Find(media.nsid(), identifier);
      if (!target) continue;
      page.resize(page.size() + kStatusBytes);
      uint8_t* at = page.data() + page.size() - kStatusBytes;
      Put(at, 0, identifier);
      Put(at, 2, static_cast<uint16_t>(target->handle));
      Put(at, 4, placement.SecondsLeft(*target, now));
      Put(at, 8, placement.Available(*target) / block_bytes);
      told++;
    }
  }
  Put(page.data(), 14, told);
  page.resize(std::max<uint64_t>(page.size(), bytes));
  return Give(sqe, page.data(), bytes);
}

Device::Outcome NvmCommands::IoManagementSend(const Sqe& sqe, Media& media) {
  const uint32_t operation = sqe.cdw10 & 0xff;
  Placement& placement = d_.placement_;
  if (!placement.Enabled()) return Fail(status::kPlacementDisabled);
  if (operation == kNoAction) return {};
  if (operation != kHandleUpdate) return Fail(status::kInvalidField);
  const uint32_t count = (sqe.cdw10 >> 16) + 1;
  if (count > placement.Configuration().groups * placement.Configuration().handles) return Fail(status::kInvalidField);
  uint16_t identifiers[kMaxIdentifiers];
  if (const uint16_t status = Take(sqe, identifiers, count * sizeof identifiers[0])) return Fail(status);
  const auto known = [&](uint16_t identifier) { return placement.Find(media.nsid(), identifier).has_value(); };
  if (!std::all_of(identifiers, identifiers + count, known)) return Fail(status::kInvalidField);
  const PlacementTime now = d_.PlacementNow();
  for (uint32_t i = 0; i < count; i++) placement.Renew(media.nsid(), *placement.Find(media.nsid(), identifiers[i]), now);
  return {};
}

void NvmCommands::Place(const Sqe& sqe, const Media& media, uint64_t slba, uint64_t lba_count) {
  Placement& placement = d_.placement_;
  if (!placement.Enabled()) return;
  const bool directed = (sqe.cdw12 >> 20 & 15) == kDataPlacement && placement.Directed(media.nsid());
  const auto identifier = directed ? std::optional(static_cast<uint16_t>(sqe.cdw13 >> 16)) : std::nullopt;
  const uint32_t step = media.lba_bytes() / kSmallestLba;
  const PlacedBlocks blocks{media.record().start_bytes / kSmallestLba + slba * step, step, lba_count, media.record().lba_format};
  placement.Write(media.nsid(), identifier, blocks, d_.PlacementNow());
}

}  // namespace assay::model
