#include "ring_qpair.h"

#include <bit>
#include <cassert>
#include <cstring>

#include "clock.h"

namespace assay {
namespace {

constexpr uint64_t kPageBytes = 4096;

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
      tags_(entries_),
      cids_(entries_),
      busy_(entries_),
      slot_bits_(static_cast<uint32_t>(std::bit_width(entries_ - 1))),
      is_event_request_(entries_) {}

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
  sq_tail_ = cq_head_ = 0;
  phase_ = 1;
  free_.clear();
  busy_.assign(entries_, false);
  event_requests_ = 0;
  for (uint32_t slot = entries_ - 1; slot > 0; slot--) free_.push_back(static_cast<uint16_t>(slot - 1));
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
  auto* list = reinterpret_cast<uint64_t*>(lists_.get() + uint64_t{slot} * kPageBytes);
  [[maybe_unused]] uint32_t n = 0;
  for (const uint8_t* page = second; page < end; page += kPageBytes) {
    assert(n < kPageBytes / 8);
    list[n++] = bus_->AddressOf(page);
  }
  sqe.prp2 = bus_->AddressOf(list);
}

uint16_t RingQpair::CidOf(uint16_t slot) {
  const uint32_t used = (uint32_t{cids_[slot]} >> slot_bits_) + 1;
  return cids_[slot] = static_cast<uint16_t>(used << slot_bits_ | slot);
}

bool RingQpair::InFlight(uint16_t cid) const {
  const uint32_t slot = cid & ((1u << slot_bits_) - 1);
  return slot < entries_ - 1 && busy_[slot] && cids_[slot] == cid;
}

// Recent uses of a slot cannot be told from a completion that came twice; anything else was never sent.
void RingQpair::NoteViolation(const Cqe& cqe) {
  const uint32_t slot = cqe.cid & ((1u << slot_bits_) - 1);
  const uint32_t uses = 0x10000u >> slot_bits_;
  const bool real_slot = slot < entries_ - 1;
  const uint32_t age = real_slot ? ((uint32_t{cids_[slot]} >> slot_bits_) - (uint32_t{cqe.cid} >> slot_bits_)) % uses : uses;
  const auto kind = real_slot && age <= uses / 4 ? ViolationKind::kDuplicateCompletion : ViolationKind::kUnknownCid;
  protocol_errors_.fetch_add(1, std::memory_order_relaxed);
  if (violations != nullptr) violations->Note({kind, qid_, cqe.cid, BoottimeNs()});
}

SubmitOutcome RingQpair::Submit(HostSubmission& submission) {
  if (bus_->Lost()) return SubmitOutcome::kGone;
  if (free_.empty()) return SubmitOutcome::kFull;
  const uint16_t slot = free_.back();
  free_.pop_back();
  tags_[slot] = submission.tag;
  busy_[slot] = true;
  is_event_request_[slot] = IsEventRequest(submission.sqe);
  event_requests_ += is_event_request_[slot];
  submission.sqe.cid = CidOf(slot);
  PointAt(submission.sqe, slot, submission);
  reinterpret_cast<Sqe*>(sq_.get())[sq_tail_] = submission.sqe;
  sq_tail_ = sq_tail_ + 1 == entries_ ? 0 : sq_tail_ + 1;
  bus_->RingSqTail(qid_, sq_tail_);
  return SubmitOutcome::kOk;
}

bool RingQpair::CompletionReady() const {
  auto* cqe = reinterpret_cast<Cqe*>(cq_.get()) + cq_head_;
  const uint32_t last = std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(reinterpret_cast<char*>(cqe) + 12)).load(std::memory_order_acquire);
  return (last >> 16 & 1) == phase_;
}

size_t RingQpair::Poll(HostCompletion* out, size_t max) {
  signal_->Look();
  size_t n = 0;
  bool reaped = false;
  auto* ring = reinterpret_cast<Cqe*>(cq_.get());
  while (n < max && CompletionReady()) {
    const Cqe& cqe = ring[cq_head_];
    if (InFlight(cqe.cid)) {
      const uint16_t slot = cqe.cid & static_cast<uint16_t>((1u << slot_bits_) - 1);
      out[n].tag = tags_[slot];
      out[n].cqe = cqe;
      busy_[slot] = false;
      event_requests_ -= is_event_request_[slot];
      free_.push_back(slot);
      n++;
    } else {
      NoteViolation(cqe);
    }
    reaped = true;
    cq_head_ = cq_head_ + 1 == entries_ ? 0 : cq_head_ + 1;
    if (cq_head_ == 0) phase_ ^= 1;
  }
  if (reaped) bus_->RingCqHead(qid_, cq_head_);
  return n;
}

bool RingQpair::Gone() const { return bus_->Lost() && !CompletionReady(); }

void RingQpair::Wait(uint64_t until_ns, bool spin) {
  if (CompletionReady()) return;
  const size_t outstanding = MaxOutstanding() - free_.size() - event_requests_;
  signal_->Wait(until_ns, outstanding > 0, spin);
}

Status RingQpair::Recover() {
  if (!create_on_drive) return Status::Ok();
  Clear();
  return create_on_drive(*this);
}

}  // namespace assay
