#include "qpair.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <thread>

#include "deadline.h"

namespace assay {
namespace {
constexpr size_t kReapAtOnce = 128;
// An owner that looks so much later than it wanted to was kept from it.
constexpr uint64_t kAbsentNs = 100'000'000;
constexpr uint64_t kGraceNs = 1'000'000'000;
}

Qpair::Qpair(HostQpair* host, std::unique_ptr<Cmdlog> cmdlog, uint64_t timeout_ns)
    : host_(host), qid_(host->Qid()), cmdlog_(std::move(cmdlog)), timeout_ns_(timeout_ns), slots_(host->MaxOutstanding()), reaped_(kReapAtOnce) {
  for (uint32_t i = max_outstanding(); i > 0; i--) free_.push_back(i - 1);
}

Sent Qpair::Submit(const Command& command) {
  if (host_ == nullptr) return Sent::kGone;
  if (Frozen()) return Sent::kFrozen;
  if (free_.empty()) return Sent::kFull;
  const uint32_t index = free_.back();
  Slot& slot = slots_[index];
  HostSubmission submission;
  submission.sqe = command.sqe;
  submission.data = command.data;
  submission.data_bytes = command.data_bytes;
  submission.direction = command.direction;
  submission.metadata = command.metadata;
  submission.metadata_bytes = command.metadata_bytes;
  submission.tag = uint64_t{++slot.serial} << 32 | index;
  const uint64_t now = BoottimeNs();
  if (DeadlinePassed(now)) return Sent::kDeadline;
  if (outstanding() == 0) looked_ns_ = now;
  // Recorded before the doorbell: a process that dies in between has at worst one command too many on its tape.
  slot.number = cmdlog_->Submit(submission.sqe, now, command.worker, command.lba_count);
  const SubmitOutcome outcome = host_->Submit(submission);
  if (outcome != SubmitOutcome::kOk) {
    const bool full = outcome == SubmitOutcome::kFull;
    cmdlog_->Complete(slot.number, LocalCqe(kLocalTerminated), now, true);
    return full ? Sent::kFull : Sent::kGone;
  }
  cmdlog_->Amend(slot.number, submission.sqe);
  free_.pop_back();
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

Done Qpair::Finish(uint32_t index, const Cqe& cqe, bool local, bool released, uint64_t now_ns) {
  const Slot& slot = slots_[index];
  Done done;
  done.token = slot.token;
  done.cqe = cqe;
  done.local = local;
  done.completed = !slot.timed_out;
  done.released = released;
  done.submit_ns = slot.submit_ns;
  done.complete_ns = now_ns;
  if (done.completed) cmdlog_->Complete(slot.number, cqe, now_ns, local);
  return done;
}

void Qpair::Free(uint32_t index) {
  slots_[index].busy = false;
  free_.push_back(index);
}

void Qpair::Take(const HostCompletion& completion, uint64_t now_ns, std::vector<Done>* into) {
  const uint32_t index = static_cast<uint32_t>(completion.tag);
  assert(index < slots_.size());
  Slot& slot = slots_[index];
  if (!slot.busy || slot.serial != completion.tag >> 32) return;
  into->push_back(Finish(index, completion.cqe, false, true, now_ns));
  Free(index);
}

size_t Qpair::Poll(Done* out, size_t max) {
  if (Frozen()) return 0;
  size_t n = 0;
  while (n < max && !ready_.empty()) {
    // Kept in order; this list exists only after a reset.
    out[n++] = ready_.front();
    ready_.erase(ready_.begin());
  }
  if (n == max || host_ == nullptr) return n;
  const size_t reaped = host_->Poll(reaped_.data(), std::min(max - n, reaped_.size()));
  if (reaped > 0) {
    const uint64_t now = BoottimeNs();
    ForgiveAbsence(now);
    for (size_t i = 0; i < reaped; i++) {
      const uint32_t index = static_cast<uint32_t>(reaped_[i].tag);
      assert(index < slots_.size());
      if (!slots_[index].busy || slots_[index].serial != reaped_[i].tag >> 32) continue;
      out[n++] = Finish(index, reaped_[i].cqe, false, true, now);
      Free(index);
    }
    return n;
  }
  if (outstanding() == 0) return n;
  if (host_->Gone()) {
    // The last look: what was in host memory has been reaped by now.
    TerminateOutstanding();
    return n + (ready_.empty() ? 0 : Poll(out + n, max - n));
  }
  const uint64_t now = BoottimeNs();
  ForgiveAbsence(now);
  if (now >= next_expiry_ns_) n += Expire(now, out + n, max - n);
  return n;
}

// A process that was stopped (SIGSTOP, a suspended host) has nobody to take completions in: that time is not the drive's.
void Qpair::ForgiveAbsence(uint64_t now_ns) {
  const bool absent = now_ns > looked_ns_ + kAbsentNs;
  looked_ns_ = now_ns;
  if (!absent) return;
  next_expiry_ns_ = kNever;
  for (Slot& slot : slots_) {
    if (!slot.busy || slot.timed_out) continue;
    slot.expires_ns = std::max(slot.expires_ns, now_ns + kGraceNs);
    next_expiry_ns_ = std::min(next_expiry_ns_, slot.expires_ns);
  }
}

size_t Qpair::Expire(uint64_t now_ns, Done* out, size_t max) {
  size_t n = 0;
  next_expiry_ns_ = kNever;
  for (uint32_t index = 0; index < slots_.size(); index++) {
    Slot& slot = slots_[index];
    if (!slot.busy || slot.timed_out) continue;
    if (slot.expires_ns <= now_ns && n < max) {
      out[n++] = Finish(index, LocalCqe(kLocalTimedOut), true, false, now_ns);
      slot.timed_out = true;
    } else {
      next_expiry_ns_ = std::min(next_expiry_ns_, slot.expires_ns);
    }
  }
  return n;
}

void Qpair::Wait(uint64_t until_ns, bool spin) {
  if (Frozen()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(kFrozenNapNs));
    return;
  }
  if (!ready_.empty() || host_ == nullptr) return;
  const uint64_t until = outstanding() > 0 ? std::min(until_ns, next_expiry_ns_) : until_ns;
  host_->Wait(until, spin);
  const uint64_t now = BoottimeNs();
  looked_ns_ = until != kNever && now > until + kAbsentNs ? until : now;
}

void Qpair::Drain() {
  for (;;) {
    const size_t reaped = host_->Poll(reaped_.data(), reaped_.size());
    protocol_errors_ = host_->ProtocolErrors();
    if (reaped == 0) return;
    const uint64_t now = BoottimeNs();
    for (size_t i = 0; i < reaped; i++) Take(reaped_[i], now, &ready_);
  }
}

uint32_t Qpair::TerminateOutstanding() {
  const uint64_t now = BoottimeNs();
  uint32_t settled = 0;
  for (uint32_t index = 0; index < slots_.size(); index++) {
    if (!slots_[index].busy) continue;
    ready_.push_back(Finish(index, LocalCqe(kLocalTerminated), true, true, now));
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
