// Defects of the sectors that a write has just replaced. The medium is changed behind everybody's back: neither the undo
// log of the volatile cache nor the counters notice.
#include <algorithm>
#include <cstring>

#include "core/random.h"
#include "fault_kinds.h"
#include "faults.h"

namespace assay::model {
namespace {

constexpr uint32_t kTearBytes = 64;  // sectors tear at multiples of this
}  // namespace

uint32_t TornAt(uint32_t lba_bytes, uint64_t random) {
  const uint32_t places = lba_bytes / kTearBytes - 1;
  return kTearBytes * (1 + static_cast<uint32_t>(random % places));
}

void Faults::Corrupt(Media* media, uint64_t slba, uint64_t lba_count) {
  if (!any_data_fault_) return;
  for (uint32_t n = 0; n < header_->fault_count; n++) {
    FaultRule& rule = header_->faults[n];
    if (InfoOf(rule.kind).target != FaultTarget::kSector) continue;
    for (uint64_t i = 0; i < lba_count; i++) {
      const uint64_t lba = slba + i;
      if (!Strikes(rule, {nvm_opcode::kWrite, lba, 1})) continue;
      // Neighbours inside a command are exchanged; a single sector with the one that was written before.
      const uint64_t partner = i + 1 < lba_count ? lba + 1 : i > 0 ? lba - 1 : last_lba_;
      Damage(rule, media, lba, partner);
    }
  }
  last_lba_ = slba + lba_count - 1;
}

void Faults::Damage(FaultRule& rule, Media* media, uint64_t lba, uint64_t partner) {
  const uint64_t dice = SplitMix(header_->seed ^ SplitMix(rule.seed + rule.seen));
  const uint32_t bytes = media->lba_bytes();
  const uint8_t* previous = media->Previous(lba);
  switch (rule.kind) {
    case FaultKind::kSilentCorruption: media->FlipBit(lba, SplitMix(header_->seed ^ rule.seen)); return;
    case FaultKind::kBitFlip:
      for (uint32_t bit = 0; bit < rule.amount; bit++) media->FlipBit(lba, SplitMix(dice + bit));
      return;
    case FaultKind::kSwappedLbas:
      if (partner >= media->lba_count() || partner == lba) break;
      std::swap_ranges(media->Raw(lba), media->Raw(lba) + bytes, media->Raw(partner));
      return;
    case FaultKind::kStaleData:
      if (previous == nullptr) break;
      std::memcpy(media->Raw(lba), previous, bytes);
      return;
    case FaultKind::kTornWrite: {
      if (previous == nullptr) break;
      const uint32_t at = TornAt(bytes, dice);
      std::memcpy(media->Raw(lba) + at, previous + at, bytes - at);
      return;
    }
    case FaultKind::kZeroedData: std::memset(media->Raw(lba), 0, bytes); return;
    default: return;
  }
  // It could not act here; another sector will do.
  rule.acted--;
  if (rule.left != kUnlimited) rule.left++;
}

}  // namespace assay::model
