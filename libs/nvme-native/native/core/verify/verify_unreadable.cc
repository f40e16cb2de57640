// What the verify table says to a read that ended with an unrecovered read error.
#include "core/nvme_spec.h"
#include "verify_header.h"

namespace assay {

bool VerifyTable::MayBeUnreadable(uint64_t lba, const ReadFloor& floor, Rule rule) const {
  if (!Covers(lba)) return false;
  if (floor.version == kVersionUncorrectable || floor.submitted == kVersionUncorrectable || Uncorrectable(lba)) return true;
  const uint32_t flags = std::atomic_ref(const_cast<uint32_t&>(records_[lba].state)).load(std::memory_order_relaxed);
  if ((flags & kPassedUnreadable) && !OneVersionOnly(lba, floor, rule)) return true;
  // Come and gone while the command was on its way.
  return log_->AnySince(floor.writes, lba, [](const LoggedWrite& write) { return write.origin.opcode == nvm_opcode::kWriteUncorrectable; });
}

SectorCheck VerifyTable::CheckUnreadable(uint64_t lba, ReadFloor floor, Rule rule) {
  SectorCheck check;
  if (!Covers(lba)) return check;
  const Version now = Load(lba);
  Record& record = records_[lba];
  if (floor.version == kVersionUnknown && !Knows(lba)) return check;
  if (std::atomic_ref(record.state).load(std::memory_order_relaxed) & kUntracked) return check;
  const Version submitted = record.submitted;
  check.was_open = (rule == Rule::kDurableOrNewer && InLoss(record.epoch)) || (submitted != now && submitted != kVersionUnknown);
  if (MayBeUnreadable(lba, floor, rule)) {
    check.state = SectorState::kRight;
    check.newest = submitted == kVersionUncorrectable;
    if (check.was_open && rule == Rule::kDurableOrNewer) Settle(lba, kVersionUncorrectable, floor);
    return check;
  }
  check.state = SectorState::kWrong;
  check.miscompare.lba = lba;
  check.miscompare.kind = MiscompareKind::kUncorrectable;
  if (IsToken(now)) check.miscompare.expected_token = Full(now);
  return check;
}

}  // namespace assay
