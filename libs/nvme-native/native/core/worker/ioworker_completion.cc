// From a completion to figures, errors and checks.
#include <algorithm>

#include "ioworker.h"
#include "core/verify/sector_classification.h"

namespace assay {
namespace {

constexpr uint32_t kCacheLineBytes = 64;
// Of a long command's data the start: what follows comes by itself.
constexpr uint32_t kMostFetched = 8192;

void Fetch(const uint8_t* data, uint32_t bytes) {
  for (uint32_t at = 0; at < std::min(bytes, kMostFetched); at += kCacheLineBytes) __builtin_prefetch(data + at);
}

bool IsUnreadable(const Cqe& cqe) { return cqe.Sct() == 2 && cqe.Sc() == 0x81; }
bool IsCompareFailure(const Cqe& cqe) { return cqe.Sct() == 2 && cqe.Sc() == 0x85; }

}  // namespace

// Directly from the queue: the next command leaves with the doorbell that says that this one was taken in.
void IoWorker::OnDone(const Done& done) {
  const bool good = done.completed && done.released && done.cqe.Ok();
  const Slot& slot = slots_[done.token];
  const bool checked_late = check_late_ && good && slot.step.opcode == nvm_opcode::kRead;
  // The data come into the cache while those of the one before are checked.
  if (checked_late) Fetch(slot.read_data, slot.step.lbas * stride_);
  SettleLate();
  statistics_->Tick(done.complete_ns);
  const bool at_once = !done.local && (nothing_to_fill_ || ready_);
  if (good && (ready_ || checked_late)) {
    // The drive works while the figures are taken.
    late_ = done;
  } else {
    Complete(done);
  }
  SendNew(done.complete_ns, at_once);
}

void IoWorker::SettleLate() {
  if (!late_) return;
  Complete(*late_);
  late_.reset();
}

inline void IoWorker::Complete(const Done& done) {
  Slot& slot = slots_[done.token];
  if (done.completed) {
    Settle(slot, done);
    if (!done.released) withheld_++;  // its buffer is not ours until the drive lets go
  } else {
    withheld_--;
  }
  if (done.released) GiveSlot(static_cast<uint32_t>(done.token));
}

inline void IoWorker::Settle(Slot& slot, const Done& done) {
  const bool ok = done.cqe.Ok();
  const bool terminated = done.local && done.cqe.Sc() == kLocalTerminated;
  // Asked before the table takes the command's own effect in.
  const bool expected = !ok && !terminated && table_ != nullptr && Expected(slot, done);
  if (slot.locked) Unlock(slot, ok ? WriteEnd::kAcknowledged : done.released ? WriteEnd::kUncertain : WriteEnd::kUnknown);
  if (history_.kept()) {
    history_.Add({slot.step.slba, done.submit_ns, done.local ? 0 : done.complete_ns, slot.step.lbas, static_cast<uint16_t>(done.cqe.status & 0xfffe),
                  slot.step.opcode, !done.local});
  }
  if (terminated) {
    End(WorkerEnd::kTerminated);
    result_.in_flight++;
  } else if (!ok) {
    NoteError(slot, done.cqe, done.complete_ns, expected ? ErrorAction::kIgnore : ActionFor(done.cqe));
  }
  if (!done.local) {
    const uint64_t bytes = ok && slot.line->placed ? uint64_t{slot.step.lbas} * ns_->geometry().lba_bytes : 0;
    const uint64_t service = done.complete_ns - done.submit_ns;
    const uint64_t intended = slot.intended_ns != 0 ? done.complete_ns - std::min(done.complete_ns, slot.intended_ns) : service;
    statistics_->Count(slot.line->number, bytes, std::max(intended, service), service);
  }
  if (protection_.by_host() && ok && !done.local && slot.step.opcode == nvm_opcode::kRead) CheckProtection(slot, done);
  if (table_ == nullptr) return;
  const Effect effect = slot.line->what.operation.effect;
  if (effect == Effect::kFlush && ok) table_->FlushAcknowledged(slot.flush_epoch);
  if (effect == Effect::kAnywhere) table_->Clear();
  if (slot.step.opcode == nvm_opcode::kRead && options_.verify && !done.local) CompleteRead(slot, done);
}

// What the drive does right: LBAs that were written uncorrectable cannot be read, and a compare with what nobody knows fails.
bool IoWorker::Expected(const Slot& slot, const Done& done) const {
  if (IsCompareFailure(done.cqe)) return options_.verify && !slot.expected_known;
  if (!IsUnreadable(done.cqe)) return false;
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    const uint64_t lba = slot.step.slba + i;
    const bool noted = i < slot.floors.size() && slot.step.opcode == nvm_opcode::kRead;
    const ReadFloor floor = noted ? slot.floors[i] : table_->Floor(lba, Rule::kDurableOrNewer);
    if (table_->MayBeUnreadable(lba, floor, Rule::kDurableOrNewer)) return true;
  }
  return false;
}

void IoWorker::NoteMiscompare(const Slot& slot, const Done& done) {
  Cqe cqe = done.cqe;
  cqe.status = MakeStatus(kLocalSct, kLocalMiscompare);
  NoteError(slot, cqe, done.complete_ns, ActionFor(cqe));
}

// The drive says that all is well; the tuples that it gave must say so too.
void IoWorker::CheckProtection(const Slot& slot, const Done& done) {
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    auto wrong = protection_.Check(slot.step.slba + i, slot.read_data + uint64_t{i} * stride_, MetadataOf(slot, slot.read_data, i));
    if (!wrong) continue;
    NoteMiscompare(slot, done);
    Tell(std::move(*wrong));
  }
}

void IoWorker::CompleteRead(Slot& slot, const Done& done) {
  const uint32_t stride = stride_;
  const bool unreadable = IsUnreadable(done.cqe);
  if (!done.cqe.Ok() && !unreadable) return;
  bool wrong = false;
  seen_.clear();
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    if (!unreadable) {
      const uint32_t right = table_->PlainlyRight(slot.step.slba + i, slot.step.lbas - i, slot.read_data + uint64_t{i} * stride, stride);
      result_.checked_lbas += right;
      i += right;
      if (i == slot.step.lbas) break;
    }
    const uint64_t lba = slot.step.slba + i;
    // Which sector of an unreadable command is bad is not known: only the error counts, unless it is a single sector.
    if (unreadable && slot.step.lbas > 1) return;
    SectorCheck check = unreadable ? table_->CheckUnreadable(lba, slot.floors[i], Rule::kDurableOrNewer)
                                   : table_->Check(lba, slot.read_data + uint64_t{i} * stride, slot.floors[i], Rule::kDurableOrNewer);
    if (check.state == SectorState::kWrong) {
      wrong = true;
      if (!unreadable) NoteMiscompare(slot, done);
    } else if (check.state == SectorState::kRight && !check.newest && !unreadable) {
      // Right, and on its way to become something else.
      seen_.resize(slot.step.lbas);
      seen_[i].newest = check.sent_token;
    }
    NoteCheck(std::move(check));
  }
  if (!wrong && seen_.size() > 1 && ns_->normal_unit().lbas > 1) CheckAtomicity(slot, done);
}

// Each sector alone is right; together they must not be a part of a write that the drive does as a whole.
void IoWorker::CheckAtomicity(const Slot& slot, const Done& done) {
  const uint32_t bytes = ns_->geometry().lba_bytes;
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    const uint8_t* sector = slot.read_data + uint64_t{i} * stride_;
    if (Stamp::Lba(sector) == slot.step.slba + i && table_->stamp().Proves(sector, bytes)) seen_[i].found = Stamp::Token(sector, bytes);
  }
  const auto torn = TornInRead(ns_->normal_unit(), table_->recent(), slot.step.slba, seen_);
  if (!torn) return;
  NoteMiscompare(slot, done);
  Tell(TornBetween(table_->stamp(), bytes, *torn));
}

void IoWorker::NoteCheck(SectorCheck&& check) {
  if (check.state == SectorState::kUnknown) {
    result_.unknown_lbas++;
    return;
  }
  result_.checked_lbas++;
  if (check.state == SectorState::kWrong) Tell(std::move(check.miscompare));
}

void IoWorker::Tell(Miscompare&& miscompare) {
  result_.miscompares++;
  if (told_ == kMaxMiscomparesTold) return;
  told_++;
  miscompare.nsid = ns_->geometry().nsid;
  if (table_ != nullptr) miscompare.last_writes = table_->LastWrites(miscompare.lba);
  callbacks_.event(std::move(miscompare));
}

ErrorAction IoWorker::ActionFor(const Cqe& cqe) const {
  for (const StatusPolicy& policy : options_.on_status) {
    if (policy.sct == cqe.Sct() && policy.sc == cqe.Sc()) return policy.action;
  }
  return options_.on_error;
}

// Nobody sends anything from here on, so that the drive and its queues can be looked at as they were at the error.
void IoWorker::FreezeAt(const Slot& slot, const Cqe& cqe) {
  if (!ns_->controller()->freeze().Set()) return;
  End(WorkerEnd::kFrozen);
  callbacks_.event(WorkerFrozen{slot.step.opcode, cqe.Sct(), cqe.Sc(), slot.step.slba, slot.step.lbas});
}

void IoWorker::NoteError(const Slot& slot, const Cqe& cqe, uint64_t now_ns, ErrorAction action) {
  const Line& line = *slot.line;
  statistics_->CountError(line.number, action == ErrorAction::kIgnore);
  const uint8_t opcode = line.what.operation.opcode;
  const uint64_t now_ms = start_ms_ + (now_ns - start_ns_) / kNsPerMs;
  const auto at = std::find_if(result_.errors.begin(), result_.errors.end(), [&](const WorkerError& error) {
    return error.opcode == opcode && error.sct == cqe.Sct() && error.sc == cqe.Sc() && error.action == action;
  });
  if (at != result_.errors.end()) {
    at->count++;
    at->last_ms = now_ms;
  } else if (result_.errors.size() < kMaxErrorKinds) {
    result_.errors.push_back({opcode, cqe.Sct(), cqe.Sc(), 1, now_ms, now_ms, action});
  }
  if (action == ErrorAction::kStop) End(WorkerEnd::kError);
  if (action == ErrorAction::kFreeze) FreezeAt(slot, cqe);
}

}  // namespace assay
