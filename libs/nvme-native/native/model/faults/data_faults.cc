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

void Faults::FlipBit(const DamagedBytes& at, uint64_t random) {
  const uint64_t bit = random % (uint64_t{at.bytes} * 8);
  at.data[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
}

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
      const bool alone = partner >= media->lba_count() || partner == lba;
      Damage(rule, {media->Raw(lba), media->lba_bytes(), media->Previous(lba), alone ? nullptr : media->Raw(partner)});
    }
  }
  last_lba_ = slba + lba_count - 1;
}

void Faults::CorruptValue(std::span<const ValuePart> parts) {
  if (!any_data_fault_) return;
  for (uint32_t n = 0; n < header_->fault_count; n++) {
    FaultRule& rule = header_->faults[n];
    if (InfoOf(rule.kind).target != FaultTarget::kSector) continue;
    for (size_t i = 0; i < parts.size(); i++) {
      if (parts[i].bytes == 0 || !Strikes(rule, {key_value_opcode::kStore, 0, 0})) continue;
      // The last part of a value is shorter than the others.
      const bool first = i + 1 < parts.size();
      const uint32_t bytes = first ? parts[i + 1].bytes : parts[i].bytes;
      Damage(rule, {parts[i].data, bytes, parts[i].before, parts.size() == 1 ? nullptr : parts[first ? i + 1 : i - 1].data});
    }
  }
}

void Faults::Damage(FaultRule& rule, const DamagedBytes& at) {
  const uint64_t dice = SplitMix(header_->seed ^ SplitMix(rule.seed + rule.seen));
  switch (rule.kind) {
    case FaultKind::kSilentCorruption: FlipBit(at, SplitMix(header_->seed ^ rule.seen)); return;
    case FaultKind::kBitFlip:
      for (uint32_t bit = 0; bit < rule.amount; bit++) FlipBit(at, SplitMix(dice + bit));
      return;
    case FaultKind::kSwappedLbas:
      if (at.partner == nullptr) break;
      std::swap_ranges(at.data, at.data + at.bytes, at.partner);
      return;
    case FaultKind::kStaleData:
      if (at.before == nullptr) break;
      std::memcpy(at.data, at.before, at.bytes);
      return;
    case FaultKind::kTornWrite: {
      if (at.before == nullptr || at.bytes < 2 * kTearBytes) break;
      const uint32_t from = TornAt(at.bytes, dice);
      std::memcpy(at.data + from, at.before + from, at.bytes - from);
      return;
    }
    case FaultKind::kZeroedData: std::memset(at.data, 0, at.bytes); return;
    default: return;
  }
  // It could not act here; another sector will do.
  rule.acted--;
  if (rule.left != kUnlimited) rule.left++;
}

}  // namespace assay::model
