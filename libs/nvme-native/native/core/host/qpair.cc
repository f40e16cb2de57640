#include "qpair.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <numeric>
#include <thread>

#include "deadline.h"

namespace assay {
namespace {
constexpr size_t kReapAtOnce = 128;
constexpr uint64_t kGraceNs = 1'000'000'000;
}

Qpair::Qpair(HostQpair* host, std::unique_ptr<Cmdlog> cmdlog, uint64_t timeout_ns)
    : host_(host), qid_(host->Qid()), cmdlog_(std::move(cmdlog)), timeout_ns_(timeout_ns), slots_(host->MaxOutstanding()), free_(std::make_unique<uint32_t[]>(slots_.size())), reaped_(kReapAtOnce) {
  std::iota(free_.get(), free_.get() + slots_.size(), 0u);
}

Sent Qpair::Submit(const Command& command, uint64_t now_ns) {
  if (host_ == nullptr) return Sent::kGone;
  if (Frozen()) return Sent::kFrozen;
  const uint32_t taken = outstanding();
  if (taken == slots_.size()) return Sent::kFull;
  const uint32_t index = free_[taken];
  Slot& slot = slots_[index];
  HostSubmission submission{.sqe = command.sqe,
                            .data = command.data,
                            .data_bytes = command.data_bytes,
                            .direction = command.direction,
                            .metadata = command.metadata,
                            .metadata_bytes = command.metadata_bytes,
                            .tag = uint64_t{++slot.serial} << 32 | index};
  const uint64_t now = now_ns != 0 ? now_ns : clock_.Now();
  if (DeadlinePassed(now)) return Sent::kDeadline;
  if (taken == 0) looked_ns_ = now;
  // Recorded before the doorbell: a process that dies in between has at worst one command too many on its tape.
  slot.number = cmdlog_->Submit(submission.sqe, now, command.worker, command.lba_count);
  const SubmitOutcome outcome = host_->Submit(submission);
  if (outcome != SubmitOutcome::kOk) {
    const bool full = outcome == SubmitOutcome::kFull;
    cmdlog_->Complete(slot.number, LocalCqe(kLocalTerminated), now, true);
    return full ? Sent::kFull : Sent::kGone;
  }
  // Some implementations say what they filled in; to write the same again would cost time.
  if (submission.sqe.cid != command.sqe.cid || submission.sqe.prp1 != command.sqe.prp1) cmdlog_->Amend(slot.number, submission.sqe);
  taken_.store(outstanding() + 1, std::memory_order_relaxed);
  slot.busy = true;
  slot.timed_out = false;
  slot.token = command.token;
  slot.submit_ns = submitted_ns_ = now;
  const uint64_t timeout = command.timeout_ns == 0 ? timeout_ns_.load(std::memory_order_relaxed) : command.timeout_ns;
  slot.expires_ns = timeout == kNever ? kNever : now + timeout;
  next_expiry_ns_ = std::min(next_expiry_ns_, slot.expires_ns);
  return Sent::kOk;
}

Cqe Qpair::LocalCqe(uint8_t sc) const {
  Cqe cqe{};
  cqe.sqid = qid_;
  // Nobody takes this for what a drive answered: all ones is what a drive that does not answer reads as.
  if (sc == kLocalTimedOut) cqe.cdw0 = UINT32_MAX;
  cqe.status = MakeStatus(kLocalSct, sc);
  return cqe;
}

inline void Qpair::Finish(uint32_t index, const Cqe& cqe, bool local, bool released, uint64_t now_ns, Done* done) {
  const Slot& slot = slots_[index];
  done->token = slot.token;
  done->cqe = cqe;
  done->local = local;
  done->completed = !slot.timed_out;
  done->released = released;
  done->submit_ns = slot.submit_ns;
  done->complete_ns = now_ns;
  if (done->completed) cmdlog_->Complete(slot.number, cqe, now_ns, local);
}

inline void Qpair::Free(uint32_t index) {
  slots_[index].busy = false;
  const uint32_t taken = outstanding() - 1;
  free_[taken] = index;
  taken_.store(taken, std::memory_order_relaxed);
}

// False for a completion that belongs to no command, or to an earlier use of its slot.
inline bool Qpair::Take(const HostCompletion& completion, uint64_t now_ns, Done* done) {
  const uint32_t index = static_cast<uint32_t>(completion.tag);
  assert(index < slots_.size());
  const Slot& slot = slots_[index];
  if (!slot.busy || slot.serial != completion.tag >> 32) return false;
  Finish(index, completion.cqe, false, true, now_ns, done);
  Free(index);
  return true;
}

void Qpair::Completed(const HostCompletion& completion) {
  const uint64_t now = clock_.Now();
  ForgiveAbsence(now);
  Done done;
  if (Take(completion, now, &done)) Tell(done);
}

inline void Qpair::Tell(const Done& done) {
  told_++;
  listener_->OnDone(done);
}

size_t Qpair::Poll(Done* out, size_t max) {
  struct Array final : DoneListener {
    explicit Array(Done* out) : next(out) {}
    void OnDone(const Done& done) override { *next++ = done; }
    Done* next;
  };
  Array array(out);
  return Serve(array, max, 1);
}

size_t Qpair::Serve(DoneListener& to, size_t max, uint32_t looks) {
  if (Frozen()) return 0;
  listener_ = &to;
  told_ = 0;
  TellReady(max);
  if (told_ == max || host_ == nullptr) return told_;
  const size_t reaped = host_->Serve(*this, max - told_, looks);
  if (reaped > 0 || outstanding() == 0) return told_;
  if (host_->Gone()) {
    // The last look: what was in host memory has been reaped by now.
    TerminateOutstanding();
    TellReady(max);
    return told_;
  }
  const uint64_t now = clock_.Now();
  ForgiveAbsence(now);
  if (now >= next_expiry_ns_) Expire(now, max - told_);
  return told_;
}

// Kept in order; this list exists only after a reset.
void Qpair::TellReady(size_t max) {
  while (told_ < max && !ready_.empty()) {
    const Done done = ready_.front();
    ready_.erase(ready_.begin());
    Tell(done);
  }
}

// A process that was stopped (SIGSTOP, a suspended host) has nobody to take completions in: that time is not the drive's.
void Qpair::Forgive(uint64_t now_ns) {
  next_expiry_ns_ = kNever;
  for (Slot& slot : slots_) {
    if (!slot.busy || slot.timed_out) continue;
    slot.expires_ns = std::max(slot.expires_ns, now_ns + kGraceNs);
    next_expiry_ns_ = std::min(next_expiry_ns_, slot.expires_ns);
  }
}

void Qpair::Expire(uint64_t now_ns, size_t max) {
  std::vector<Done> late;
  next_expiry_ns_ = kNever;
  for (uint32_t index = 0; index < slots_.size(); index++) {
    Slot& slot = slots_[index];
    if (!slot.busy || slot.timed_out) continue;
    if (slot.expires_ns <= now_ns && late.size() < max) {
      Finish(index, LocalCqe(kLocalTimedOut), true, false, now_ns, &late.emplace_back());
      slot.timed_out = true;
    } else {
      next_expiry_ns_ = std::min(next_expiry_ns_, slot.expires_ns);
    }
  }
  for (const Done& done : late) Tell(done);
}

void Qpair::Wait(uint64_t until_ns, bool spin) {
  if (Frozen()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(kFrozenNapNs));
    return;
  }
  if (!ready_.empty() || host_ == nullptr) return;
  const uint64_t until = outstanding() > 0 ? std::min(until_ns, next_expiry_ns_) : until_ns;
  host_->Wait(until, spin);
  const uint64_t now = clock_.Now();
  looked_ns_ = until != kNever && now > until + kAbsentNs ? until : now;
}

void Qpair::Drain() {
  for (;;) {
    const size_t reaped = host_->Poll(reaped_.data(), reaped_.size());
    protocol_errors_ = host_->ProtocolErrors();
    if (reaped == 0) return;
    const uint64_t now = clock_.Now();
    for (size_t i = 0; i < reaped; i++) {
      Done done;
      if (Take(reaped_[i], now, &done)) ready_.push_back(done);
    }
  }
}

uint32_t Qpair::TerminateOutstanding() {
  const uint64_t now = clock_.Now();
  uint32_t settled = 0;
  for (uint32_t index = 0; index < slots_.size(); index++) {
    if (!slots_[index].busy) continue;
    Finish(index, LocalCqe(kLocalTerminated), true, true, now, &ready_.emplace_back());
    settled += ready_.back().completed ? 1 : 0;
    Free(index);
  }
  next_expiry_ns_ = kNever;
  return settled;
}

void Qpair::RecordInternal(const Sqe& sqe, const Cqe& cqe, uint64_t submit_ns, uint64_t complete_ns) {
  cmdlog_->Complete(cmdlog_->Submit(sqe, submit_ns, 0, 0), cqe, complete_ns, false);
}

}  // namespace assay
