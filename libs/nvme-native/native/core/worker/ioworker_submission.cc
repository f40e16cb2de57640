// From a step of the generator to a command on the queue.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "ioworker.h"

namespace assay {

void IoWorker::MayEnd(uint64_t now_ns) {
  if (ending_) return;
  if (cut_off_.load(std::memory_order_relaxed)) End(WorkerEnd::kTerminated);
  if (pacing_.Enough(now_ns)) End(WorkerEnd::kDone);
  if (stop_requested_.load(std::memory_order_relaxed)) End(WorkerEnd::kStopped);
}

// Commands whose LBAs somebody was writing; true when something was sent. What was taken before a limit was met still goes
// out, any other end keeps it back.
bool IoWorker::SendBlocked() {
  bool sent = false;
  if (ending_ && end_ == WorkerEnd::kDone && (cut_off_.load(std::memory_order_relaxed) || qpair->Gone())) end_ = WorkerEnd::kTerminated;
  const bool kept_back = ending_ && end_ != WorkerEnd::kDone;
  retried_.swap(blocked_);
  for (uint32_t index : retried_) {
    if (kept_back) {
      GiveSlot(index);
    } else {
      sent = Issue(index) || sent;
    }
  }
  retried_.clear();
  return sent;
}

// Takes the next step into a free slot; false when there was none for a command.
inline bool IoWorker::Stage() {
  const uint32_t index = free_[taken_];
  Slot& slot = slots_[index];
  slot.intended_ns = pacing_.paced() ? pacing_.next_ns() : 0;
  const NextStep next = steps_->Next(&slot.step, &staged_passed_);
  if (next == NextStep::kNone) End(WorkerEnd::kDone);
  if (next == NextStep::kLeftOut) pacing_.Passed(staged_passed_);
  if (next != NextStep::kStep) return false;
  slot.line = &lines_[line_of_[slot.step.opcode]];
  if (slot.line->places) slot.placement = placements_.Next();
  staged_ = TakeSlot();
  return true;
}

void IoWorker::StageAhead() {
  if (ending_ || staged_ != kNobody || AllTaken() || !Stage()) return;
  ready_ = MakeCommand(staged_);
}

// Sends what may be sent; true when something was.
bool IoWorker::Fill(uint64_t now_ns) {
  if (cut_off_.load(std::memory_order_relaxed) || qpair->Gone()) End(WorkerEnd::kTerminated);
  const bool sent = !blocked_.empty() && SendBlocked();
  return SendNew(now_ns, false) || sent;
}

// `successor`: the first one follows a completion of `now_ns` at once and needs no work; its doorbell is still to come, so the
// time of the one is that of the other.
bool IoWorker::SendNew(uint64_t now_ns, bool successor) {
  bool sent = false;
  while (InUse() < options_.depth && !qpair->Frozen() && MayIssue(now_ns)) {
    if (staged_ == kNobody && !Stage()) continue;
    const uint32_t index = std::exchange(staged_, kNobody);
    pacing_.Passed(staged_passed_);
    pacing_.Took();
    if (Issue(index, ready_ ? &*ready_ : nullptr, std::exchange(successor, false) ? now_ns : 0)) {
      sent = true;
      // Time passes while a deep queue fills, and limits must hold in between.
      now_ns = qpair->submitted_ns();
    }
    ready_.reset();
  }
  return sent;
}

inline bool IoWorker::Issue(uint32_t index, const Command* ready, uint64_t now_ns) {
  Slot& slot = slots_[index];
  if (table_ != nullptr && slot.line->locks) {
    if (!(slot.line->changes ? table_->TryLock(slot.step.slba, slot.step.lbas) : table_->TryHold(slot.step.slba, slot.step.lbas))) {
      blocked_.push_back(index);
      return false;
    }
    slot.locked = true;
  }
  const Sent sent = qpair->Submit(ready != nullptr ? *ready : MakeCommand(index), now_ns);
  if (sent == Sent::kOk) return true;
  Unlock(slot, WriteEnd::kUncertain);
  if (sent == Sent::kFrozen) {
    // Goes out after the release, unless the worker is to end.
    blocked_.push_back(index);
    return false;
  }
  GiveSlot(index);
  assert(sent != Sent::kFull);
  End(sent == Sent::kDeadline ? WorkerEnd::kDeadline : WorkerEnd::kTerminated);
  return false;
}

void IoWorker::Unlock(Slot& slot, WriteEnd end) {
  if (!slot.locked) return;
  slot.locked = false;
  if (!slot.line->changes) return table_->Release(slot.step.slba, slot.step.lbas);
  if (end != WriteEnd::kAcknowledged && options_.verify && slot.line->what.operation.effect == Effect::kWrites) table_->recent().Forget(slot.token);
  table_->Ended(slot.step.slba, slot.step.lbas, end, slot.line->fua, {slot.step.opcode, qpair->qid(), options_.worker});
}

inline Command IoWorker::MakeCommand(uint32_t index) {
  Slot& slot = slots_[index];
  const WorkerOperation& what = slot.line->what;
  Command command = slot.line->command;
  command.token = index;
  command.lba_count = slot.step.lbas;
  if (what.operation.addressing == Addressing::kCdw) {
    command.sqe.SetSlba(slot.step.slba);
    command.sqe.cdw12 |= slot.step.lbas - 1;
  }
  if (slot.line->places) command.sqe.cdw13 |= uint32_t{slot.placement} << kDspecShift;
  if (slot.line->protects) protection_.Ask(&command.sqe, slot.step.slba, slot.line->changes, slot.line->placed);
  if (command.direction != Direction::kNone) {
    const bool range = what.operation.addressing == Addressing::kRange;
    command.data = range ? slot.range : command.direction == Direction::kToDevice ? slot.write_data : slot.read_data;
    if (slot.line->placed) {
      command.data_bytes = slot.step.lbas * stride_;
      command.metadata = slot.metadata;
      command.metadata_bytes = slot.step.lbas * beside_bytes_;
    }
    if (!nothing_to_fill_) FillData(slot);
    if (slot.line->placed && protection_.by_host() && command.direction == Direction::kToDevice) Protect(slot);
  }
  if (table_ != nullptr) {
    NoteSubmitted(slot);
    if (what.operation.effect == Effect::kFlush) slot.flush_epoch = table_->FlushSubmitted();
    if (what.operation.effect == Effect::kAnywhere) table_->AnnounceClear();
  }
  return command;
}

void IoWorker::FillData(Slot& slot) {
  const WorkerOperation& what = slot.line->what;
  if (what.operation.addressing == Addressing::kRange) {
    const uint32_t attributes = 0;
    std::memcpy(slot.range, &attributes, 4);
    std::memcpy(slot.range + 4, &slot.step.lbas, 4);
    std::memcpy(slot.range + 8, &slot.step.slba, 8);
    return;
  }
  if (what.operation.effect == Effect::kWrites) {
    FillWrite(slot);
  } else if (what.operation.opcode == nvm_opcode::kCompare) {
    FillCompare(slot);
  } else if (options_.verify && slot.step.opcode == nvm_opcode::kRead) {
    for (uint32_t i = 0; i < slot.step.lbas; i++) slot.floors[i] = table_->Floor(slot.step.slba + i, Rule::kDurableOrNewer);
  }
}

uint8_t* IoWorker::MetadataOf(const Slot& slot, uint8_t* data, uint32_t i) const {
  return beside_bytes_ != 0 ? slot.metadata + uint64_t{i} * beside_bytes_ : data + uint64_t{i} * stride_ + ns_->geometry().lba_bytes;
}

void IoWorker::Protect(Slot& slot) {
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    protection_.Make(slot.step.slba + i, slot.write_data + uint64_t{i} * stride_, MetadataOf(slot, slot.write_data, i));
  }
}

void IoWorker::FillWrite(Slot& slot) {
  const uint32_t lba_bytes = ns_->geometry().lba_bytes, stride = stride_;
  if (options_.verify) {
    const uint64_t token = slot.token = table_->TakeTokens(slot.step.lbas);
    if (slot.step.lbas > 1 && ns_->normal_unit().lbas > 1) table_->recent().Add({token, slot.step.slba, slot.step.lbas});
    for (uint32_t i = 0; i < slot.step.lbas; i++) {
      uint8_t* sector = slot.write_data + uint64_t{i} * stride;
      table_->stamp().Fill(sector, lba_bytes, slot.step.slba + i, token + i);
      // A compare takes the metadata in: they are the same in every write.
      if (stride != lba_bytes) std::memset(sector + lba_bytes, 0, stride - lba_bytes);
      table_->Submitted(slot.step.slba + i, VerifyTable::TokenVersion(token + i));
    }
    return;
  }
  if (payload_.ready()) return;
  for (uint32_t i = 0; i < slot.step.lbas; i++) payload_.Fill(slot.write_data + uint64_t{i} * stride, slot.step.slba + i);
}

// With verification a compare sends what must be there; where that is not known, its answer means nothing.
void IoWorker::FillCompare(Slot& slot) {
  const uint32_t stride = stride_, lba_bytes = ns_->geometry().lba_bytes;
  // Tuples that the drive has made and sends along are not ours to know.
  const bool moves_metadata = stride != lba_bytes || beside_bytes_ != 0;
  slot.expected_known = !protection_.on() || protection_.by_host() || !moves_metadata;
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    uint8_t* sector = slot.write_data + uint64_t{i} * stride;
    if (!options_.verify) {
      payload_.Fill(sector, slot.step.slba + i);
      continue;
    }
    // Zeroes that come of a deallocation have other tuples than written ones.
    const bool known = table_->Expect(slot.step.slba + i, sector);
    if (!known || (protection_.on() && Stamp::Token(sector, lba_bytes) == 0)) slot.expected_known = false;
    if (stride != lba_bytes) std::memset(sector + lba_bytes, 0, stride - lba_bytes);
  }
}

// What the locked LBAs are about to become. Verified writes have said it sector by sector.
void IoWorker::NoteSubmitted(const Slot& slot) {
  Version version = kVersionUnknown;
  switch (slot.line->what.operation.effect) {
    case Effect::kZeroes: version = slot.line->what.bits.cdw12 & kCdw12Deallocate ? ns_->geometry().Deallocated() : kVersionZeroes; break;
    case Effect::kUncorrectable: version = kVersionUncorrectable; break;
    case Effect::kWrites:
      if (options_.verify) return;
      break;
    case Effect::kUnknown:
      if (slot.step.opcode == nvm_opcode::kDatasetManagement) version = ns_->geometry().Deallocated();
      break;
    default: return;
  }
  for (uint32_t i = 0; i < slot.step.lbas; i++) table_->Submitted(slot.step.slba + i, version);
}

}  // namespace assay
