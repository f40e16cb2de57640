#include "ring_qpair.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>

#include "core/clock.h"

namespace assay {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint8_t kPsdtSgl = 1 << 6;

}  // namespace

RingQpair::RingQpair(RingBus* bus, const QpairOptions& options, uint16_t qid)
    : bus_(bus),
      options_(options),
      qid_(qid),
      entries_(options.entries),
      sq_(bus->QueueMemory(entries_ * sizeof(Sqe))),
      cq_(bus->QueueMemory(entries_ * sizeof(Cqe))),
      lists_(bus->QueueMemory(uint64_t{entries_} * kPageBytes)),
      signal_(bus->SignalOf(qid)),
      linear_(bus->Linear()),
      slot_bits_(static_cast<uint32_t>(std::bit_width(entries_ - 1))),
      slots_(entries_ - 1),
      free_(std::make_unique<uint16_t[]>(slots_.size())) {}

std::unique_ptr<RingQpair> RingQpair::Make(RingBus* bus, const QpairOptions& options, uint16_t qid) {
  std::unique_ptr<RingQpair> qpair(new RingQpair(bus, options, qid));
  if (qpair->sq_ == nullptr || qpair->cq_ == nullptr || qpair->lists_ == nullptr) return nullptr;
  qpair->Clear();
  return qpair;
}

void RingQpair::LeaveBehind() {
  for (const auto& memory : {sq_, cq_, lists_}) bus_->MayStillReach(memory);
}

void RingQpair::Clear() {
  std::memset(cq_.get(), 0, entries_ * sizeof(Cqe));
  sq_tail_ = rung_tail_ = cq_head_ = 0;
  phase_ = 1;
  for (Slot& slot : slots_) slot.busy = false;
  std::iota(free_.get(), free_.get() + slots_.size(), uint16_t{0});
  taken_ = event_requests_ = 0;
}

void RingQpair::PointAt(Sqe& sqe, uint16_t slot, const HostSubmission& submission) {
  if (submission.metadata != nullptr) sqe.mptr = bus_->AddressOf(submission.metadata);
  if (submission.data == nullptr || submission.data_bytes == 0) return;
  const auto* start = static_cast<const uint8_t*>(submission.data);
  const uint8_t* end = start + submission.data_bytes;
  const uint8_t* second = start + (kPageBytes - reinterpret_cast<uintptr_t>(start) % kPageBytes);
  sqe.prp1 = bus_->AddressOf(start);
  if (end <= second) return;
  if (end <= second + kPageBytes) {
    sqe.prp2 = bus_->AddressOf(second);
    return;
  }
  if (takes_sgl && linear_ && (sqe.prp1 | submission.data_bytes) % 4 == 0) {
    // NVMe Base 2.0, 4.1.2: PSDT 01b, and a data block descriptor in DPTR.
    sqe.fuse_psdt |= kPsdtSgl;
    sqe.prp2 = submission.data_bytes;
    return;
  }
  auto* list = reinterpret_cast<uint64_t*>(lists_.get() + uint64_t{slot} * kPageBytes);
  [[maybe_unused]] uint32_t n = 0;
  for (const uint8_t* page = second; page < end; page += kPageBytes) {
    assert(n < kPageBytes / 8);
    list[n++] = linear_ ? sqe.prp1 + static_cast<uint64_t>(page - start) : bus_->AddressOf(page);
  }
  sqe.prp2 = bus_->AddressOf(list);
}

inline uint16_t RingQpair::NextCid(uint16_t index) {
  const uint32_t used = (uint32_t{slots_[index].cid} >> slot_bits_) + 1;
  return slots_[index].cid = static_cast<uint16_t>(used << slot_bits_ | index);
}

inline bool RingQpair::InFlight(uint16_t cid) const {
  const uint32_t index = cid & ((1u << slot_bits_) - 1);
  return index < slots_.size() && slots_[index].busy && slots_[index].cid == cid;
}

// Recent uses of a slot cannot be told from a completion that came twice; anything else was never sent.
void RingQpair::NoteViolation(const Cqe& cqe) {
  const uint32_t index = cqe.cid & ((1u << slot_bits_) - 1);
  const uint32_t uses = 0x10000u >> slot_bits_;
  const bool real_slot = index < slots_.size();
  const uint32_t age = real_slot ? ((uint32_t{slots_[index].cid} >> slot_bits_) - (uint32_t{cqe.cid} >> slot_bits_)) % uses : uses;
  const auto kind = real_slot && age <= uses / 4 ? ViolationKind::kDuplicateCompletion : ViolationKind::kUnknownCid;
  protocol_errors_.fetch_add(1, std::memory_order_relaxed);
  if (violations != nullptr) violations->Note({kind, qid_, cqe.cid, BoottimeNs()});
}

inline void RingQpair::RingSqTail() {
  if (rung_tail_ == sq_tail_) return;
  rung_tail_ = sq_tail_;
  bus_->RingSqTail(qid_, sq_tail_);
}

SubmitOutcome RingQpair::Submit(HostSubmission& submission) {
  if (bus_->Lost()) return SubmitOutcome::kGone;
  if (taken_ == slots_.size()) return SubmitOutcome::kFull;
  const uint16_t index = free_[taken_++];
  Slot& slot = slots_[index];
  slot.tag = submission.tag;
  slot.busy = true;
  slot.is_event_request = IsEventRequest(submission.sqe);
  event_requests_ += slot.is_event_request;
  submission.sqe.cid = NextCid(index);
  PointAt(submission.sqe, index, submission);
  auto* ring = reinterpret_cast<Sqe*>(sq_.get());
  ring[sq_tail_] = submission.sqe;
  sq_tail_ = sq_tail_ + 1 == entries_ ? 0 : sq_tail_ + 1;
  // The drive has read that line a lap ago; its way back need not wait for the next command.
  __builtin_prefetch(&ring[sq_tail_], 1);
  if (!serving_) RingSqTail();
  return SubmitOutcome::kOk;
}

inline bool RingQpair::CompletionReady() const {
  auto* cqe = reinterpret_cast<Cqe*>(cq_.get()) + cq_head_;
  const uint32_t last = std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(reinterpret_cast<char*>(cqe) + 12)).load(std::memory_order_acquire);
  return (last >> 16 & 1) == phase_;
}

inline bool RingQpair::Take(HostCompletion* out) {
  out->cqe = reinterpret_cast<const Cqe*>(cq_.get())[cq_head_];
  cq_head_ = cq_head_ + 1 == entries_ ? 0 : cq_head_ + 1;
  if (cq_head_ == 0) phase_ ^= 1;
  if (!InFlight(out->cqe.cid)) {
    NoteViolation(out->cqe);
    return false;
  }
  const auto index = static_cast<uint16_t>(out->cqe.cid & ((1u << slot_bits_) - 1));
  Slot& slot = slots_[index];
  out->tag = slot.tag;
  slot.busy = false;
  event_requests_ -= slot.is_event_request;
  free_[--taken_] = index;
  return true;
}

size_t RingQpair::Poll(HostCompletion* out, size_t max) {
  signal_->Look();
  size_t n = 0;
  const uint32_t head = cq_head_;
  while (n < max && CompletionReady()) n += Take(&out[n]);
  if (cq_head_ != head) bus_->RingCqHead(qid_, cq_head_);
  return n;
}

size_t RingQpair::Serve(CompletionListener& to, size_t max, uint32_t looks) {
  signal_->Look();
  while (!CompletionReady()) {
    if (--looks == 0) return 0;
  }
  // With a quarter at a time the drive has the next ones before it has finished all others.
  const size_t most = std::min<size_t>(max, std::max(1u, taken_ / 4));
  size_t n = 0;
  HostCompletion completion;
  serving_ = true;
  do {
    if (!Take(&completion)) continue;
    to.Completed(completion);
    n++;
  } while (n < most && CompletionReady());
  serving_ = false;
  // Room for their completions before the commands: a drive that finds its completion queue full has nowhere to put them.
  bus_->RingCqHead(qid_, cq_head_);
  RingSqTail();
  return n;
}

bool RingQpair::Gone() const { return bus_->Lost() && !CompletionReady(); }

void RingQpair::Wait(uint64_t until_ns, bool spin) {
  if (CompletionReady()) return;
  const size_t outstanding = taken_ - event_requests_;
  signal_->Wait(until_ns, outstanding > 0, spin);
}

Status RingQpair::Recover() {
  if (!create_on_drive) return Status::Ok();
  Clear();
  return create_on_drive(*this);
}

}  // namespace assay
