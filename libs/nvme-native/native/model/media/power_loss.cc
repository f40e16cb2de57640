// What a power cut does to the volatile cache. Records are undone from the newest to the oldest, so that each LBA ends
// with the newest write that survives, or with what was durable.
#include <cstring>
#include <unordered_set>

#include "core/random.h"
#include "media.h"

namespace assay::model {
namespace {

constexpr uint32_t kOutcomes = 5;  // the policies of kAnyLoss, and that nothing is lost
}  // namespace

// How many sectors a command that reaches `sequence` has in the log; they stand together.
uint32_t Media::SectorsOfCommand(uint64_t sequence) {
  const uint32_t command = Undo(sequence).command;
  uint32_t sectors = 1;
  for (uint64_t s = sequence; s > record_->undo_tail + 1 && Undo(s - 1).command == command; s--) sectors++;
  for (uint64_t s = sequence; s < record_->undo_head && Undo(s + 1).command == command; s++) sectors++;
  return sectors;
}

uint64_t Media::LosePower(uint64_t seed, uint32_t atomic_lbas) {
  FinishScratch();
  Random random(seed);
  const uint64_t first = record_->undo_tail + 1, head = record_->undo_head;
  uint32_t policy = header_->loss_policy;
  if (policy == kAnyLoss) policy = static_cast<uint32_t>(random.Below(kOutcomes)) + 1;
  // For the policies that keep a prefix: everything up to here survives.
  uint64_t kept = first - 1 + random.Below(head - first + 2);
  if (policy == kLoseAll) kept = first - 1;
  if (policy > kTorn) kept = head;
  if ((policy == kKeepPrefix || policy == kTorn) && kept >= first && kept < head) {
    const bool splits = Undo(kept).command == Undo(kept + 1).command;
    const bool whole = policy == kKeepPrefix || SectorsOfCommand(kept) <= atomic_lbas;
    const uint32_t command = Undo(kept).command;
    while (splits && whole && kept >= first && Undo(kept).command == command) kept--;
  }
  const uint64_t survive_percent = random.Below(101);
  const uint64_t dice = random.Next();
  const auto survives = [&](uint64_t sequence) {
    if (policy != kReordered) return sequence <= kept;
    const uint32_t command = Undo(sequence).command;
    const uint64_t unit = SectorsOfCommand(sequence) <= atomic_lbas ? command : ~sequence;
    return SplitMix(dice ^ SplitMix(unit)) % 100 < survive_percent;
  };
  std::unordered_set<uint64_t> settled;
  uint64_t lost = 0;
  for (uint64_t sequence = head; sequence >= first; sequence--) {
    const UndoRecord& record = Undo(sequence);
    if (!record.valid || record.sequence != sequence || record.lba >= lba_count_) continue;
    if (survives(sequence)) {
      settled.insert(record.lba);
    } else if (!settled.contains(record.lba)) {
      Store(record.lba, UndoData(sequence), UndoMetadata(sequence), static_cast<uint8_t>(record.flags));
      lost++;
    }
  }
  MakeAllDurable();
  return lost;
}

}  // namespace assay::model
