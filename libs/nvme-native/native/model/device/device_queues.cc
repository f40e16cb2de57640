// The queues of the device: fetching and executing commands, posting completions when they are due.
#include <algorithm>

#include "model/admin/admin_commands.h"
#include "device.h"
#include "model/nvm/nvm_commands.h"
#include "model/statuses.h"

namespace assay::model {
namespace {
constexpr uint16_t kDataTransferError = MakeStatus(0, 0x04);

// Unrecovered integrity errors: faults of the media and of the protection information (NVMe Base 2.0, figure 207).
bool IsMediaError(uint16_t status) {
  const uint32_t sc = status >> 1 & 0xff;
  return status == status::kUnrecoveredValue || ((status >> 9 & 7) == 2 && sc >= 0x80 && sc <= 0x84);
}

// From a completion to its duplicate.
constexpr uint64_t kDuplicateNs = 50'000;

}  // namespace

uint32_t Device::Fetch(uint16_t qid, uint32_t most, uint64_t now_ns) {
  SubmissionQueue& queue = sq_[qid];
  const uint32_t tail = sq_tail_[qid].load(std::memory_order_acquire);
  uint32_t taken = 0;
  while (taken < most && queue.head != tail && !file_->Broken()) {
    const uint8_t* entry = queue.ring.At(memory_, queue.head);
    if (entry == nullptr) {
      Fail();
      return 0;
    }
    Sqe sqe;
    std::memcpy(&sqe, entry, sizeof sqe);
    if (qid != 0 && HalfIsMissing(queue, sqe, tail)) return taken;
    bus_.Fetched(qid, sqe);
    queue.head = queue.head + 1 == queue.ring.entries() ? 0 : queue.head + 1;
    taken++;
    (void)memory_.TakeFault();
    Outcome outcome;
    if (qid == 0) {
      outcome = AdminCommands(*this).Execute(sqe);
    } else {
      header_->smart.io_commands++;
      const uint64_t resume_ns = WakeForIo();
      host_memory_.CountCommand();
      outcome = ExecuteIo(queue, sqe, tail);
      outcome.delay_ns += resume_ns;
      Afflict(sqe, now_ns, &outcome);
      TellHealth();
    }
    if (memory_.TakeFault() && !outcome.hold) outcome.status = kDataTransferError;
    // What the file had no room for was not done, and the drive is gone.
    if (file_->Broken()) return taken;
    // Deleting its own queue is an admin command's right: `queue` of an I/O queue stays valid, it is a fixed array.
    Finish(qid, sqe, outcome, now_ns);
    if (stalled_until_ns_ != 0 || removed_ || Fatal()) break;
  }
  return taken;
}

void Device::Finish(uint16_t sqid, const Sqe& sqe, const Outcome& outcome, uint64_t now_ns) {
  if (outcome.hold || outcome.lost) return;
  if (outcome.status != 0) RecordError(sqid, sqe, outcome.status);
  Pending pending{};
  pending.due_ns = now_ns + outcome.delay_ns;
  pending.order = ++order_;
  pending.nsid = outcome.nsid;
  pending.slba = outcome.slba;
  pending.lba_count = outcome.durable_lbas;
  pending.wrote_nsid = outcome.wrote_nsid;
  pending.wrote_slba = outcome.wrote_slba;
  pending.wrote_lbas = outcome.wrote_lbas;
  pending.cqe.cdw0 = outcome.cdw0;
  pending.cqe.cdw1 = outcome.cdw1;
  pending.cqe.sqhd = static_cast<uint16_t>(sq_[sqid].head);
  pending.cqe.sqid = sqid;
  pending.cqe.cid = sqe.cid;
  pending.cqe.status = outcome.status;
  if (outcome.wrong_cid) pending.cqe.cid = ForeignCid(sqid, sqe.cid);
  if (outcome.duplicated) {
    // The second one comes a little later, so that its slot may have been used again by then.
    Pending again = pending;
    again.due_ns += kDuplicateNs;
    again.order = ++order_;
    again.lba_count = 0;
    pending_.push_back(again);
    std::push_heap(pending_.begin(), pending_.end(), std::greater<>());
  }
  if (outcome.delay_ns == 0 && stalled_until_ns_ == 0 && (pending_.empty() || sqid != 0) && Post(pending)) return;
  pending_.push_back(pending);
  std::push_heap(pending_.begin(), pending_.end(), std::greater<>());
}

bool Device::Post(const Pending& pending) {
  const uint16_t cqid = sq_[pending.cqe.sqid].cqid;
  CompletionQueue& queue = cq_[cqid];
  if (!queue.ring.present()) return true;  // its queue was deleted meanwhile
  const uint32_t next = queue.tail + 1 == queue.ring.entries() ? 0 : queue.tail + 1;
  if (next == cq_head_[cqid].load(std::memory_order_acquire)) return false;
  if (pending.lba_count != 0) {
    if (Media* media = namespaces_.Allocated(pending.nsid)) media->MakeDurable(pending.slba, pending.lba_count);
  }
  if (file_->Broken()) return true;
  Cqe cqe = pending.cqe;
  cqe.status |= queue.phase;
  uint8_t* slot = queue.ring.At(memory_, queue.tail);
  if (slot == nullptr) {
    Fail();
    return true;
  }
  bus_.Posted(cqe.sqid, cqe);
  std::memcpy(slot, &cqe, 12);
  // cid and status (with the phase bit) last, in one store.
  uint32_t last;
  std::memcpy(&last, reinterpret_cast<const char*>(&cqe) + 12, 4);
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(slot + 12)).store(last, std::memory_order_release);
  queue.tail = next;
  if (next == 0) queue.phase ^= 1;
  if (queue.interrupts) interrupts_.Posted(queue.vector, cqid != 0);
  if (notify_.empty() || notify_.back() != cqid) notify_.push_back(cqid);
  return true;
}

bool Device::HasLbas(const Sqe& sqe) const {
  const Media* media = namespaces_.Active(sqe.nsid);
  return media == nullptr || media->record().command_set != kKeyValueCommandSet;
}

void Device::RecordError(uint16_t sqid, const Sqe& sqe, uint16_t status) {
  const uint64_t number = ++header_->error_count;
  const uint64_t slba = sqid == 0 || HasLbas(sqe) ? sqe.Slba() : 0;
  header_->errors[(number - 1) % kErrorLogEntries] = {number, slba, sqe.nsid, sqid, sqe.cid, status, {}};
  header_->smart.error_log_entries = number;
  if (IsMediaError(status)) header_->smart.media_errors++;
}

void Device::ForgetPending(uint16_t sqid) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.cqe.sqid == sqid; });
  std::make_heap(pending_.begin(), pending_.end(), std::greater<>());
}

bool Device::AbortPending(uint16_t sqid, uint16_t cid) {
  if (sqid == 0) {
    const auto held = std::find(held_events_.begin(), held_events_.end(), cid);
    if (held != held_events_.end()) {
      held_events_.erase(held);
      Sqe sqe{};
      sqe.cid = cid;
      Outcome outcome;
      outcome.status = MakeStatus(0, 0x07);
      Finish(0, sqe, outcome, BoottimeNs());
      return true;
    }
  }
  for (Pending& pending : pending_) {
    if (pending.cqe.sqid != sqid || pending.cqe.cid != cid) continue;
    pending.cqe.status = MakeStatus(0, 0x07);
    pending.due_ns = 0;
    std::make_heap(pending_.begin(), pending_.end(), std::greater<>());
    return true;
  }
  return false;
}

}  // namespace assay::model
