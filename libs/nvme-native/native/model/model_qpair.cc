#include "model_qpair.h"

#include <bit>
#include <cassert>

#include "prp.h"

namespace assay::model {

ModelQpair::ModelQpair(Device* device, const QpairOptions& options, uint16_t qid)
    : device_(device),
      options_(options),
      qid_(qid),
      entries_(options.entries),
      sq_memory_(&device->memory(), entries_ * sizeof(Sqe)),
      cq_memory_(&device->memory(), entries_ * sizeof(Cqe)),
      prp_memory_(&device->memory(), uint64_t{entries_} * kPageBytes),
      tags_(entries_),
      cids_(entries_),
      busy_(entries_),
      slot_bits_(static_cast<uint32_t>(std::bit_width(entries_ - 1))) {
  Clear();
  device_->SetListener(qid_, &event_);
}

ModelQpair::~ModelQpair() { device_->SetListener(qid_, nullptr); }

void ModelQpair::Clear() {
  std::memset(cq_memory_.data(), 0, cq_memory_.bytes());
  sq_tail_ = cq_head_ = 0;
  phase_ = 1;
  free_.clear();
  busy_.assign(entries_, false);
  for (uint32_t slot = entries_ - 1; slot > 0; slot--) free_.push_back(static_cast<uint16_t>(slot - 1));
}

void ModelQpair::PointAt(Sqe& sqe, uint16_t slot, const HostSubmission& submission) {
  if (submission.metadata != nullptr) sqe.mptr = reinterpret_cast<uint64_t>(submission.metadata);
  if (submission.data == nullptr || submission.data_bytes == 0) return;
  const auto start = reinterpret_cast<uint64_t>(submission.data);
  const uint64_t end = start + submission.data_bytes;
  const uint64_t second = (start / kPageBytes + 1) * kPageBytes;
  sqe.prp1 = start;
  if (end <= second) return;
  if (end <= second + kPageBytes) {
    sqe.prp2 = second;
    return;
  }
  auto* list = reinterpret_cast<uint64_t*>(prp_memory_.data() + uint64_t{slot} * kPageBytes);
  [[maybe_unused]] uint32_t n = 0;
  for (uint64_t page = second; page < end; page += kPageBytes) {
    assert(n < kPageBytes / 8);
    list[n++] = page;
  }
  sqe.prp2 = reinterpret_cast<uint64_t>(list);
}

uint16_t ModelQpair::CidOf(uint16_t slot) {
  const uint32_t used = (uint32_t{cids_[slot]} >> slot_bits_) + 1;
  return cids_[slot] = static_cast<uint16_t>(used << slot_bits_ | slot);
}

bool ModelQpair::InFlight(uint16_t cid) const {
  const uint32_t slot = cid & ((1u << slot_bits_) - 1);
  return slot < entries_ - 1 && busy_[slot] && cids_[slot] == cid;
}

// Recent uses of a slot cannot be told from a completion that came twice; anything else was never sent.
void ModelQpair::NoteViolation(const Cqe& cqe) {
  const uint32_t slot = cqe.cid & ((1u << slot_bits_) - 1);
  const uint32_t uses = 0x10000u >> slot_bits_;
  const bool real_slot = slot < entries_ - 1;
  const uint32_t age = real_slot ? ((uint32_t{cids_[slot]} >> slot_bits_) - (uint32_t{cqe.cid} >> slot_bits_)) % uses : uses;
  const auto kind = real_slot && age <= uses / 4 ? ViolationKind::kDuplicateCompletion : ViolationKind::kUnknownCid;
  protocol_errors_.fetch_add(1, std::memory_order_relaxed);
  if (violations != nullptr) violations->Note({kind, qid_, cqe.cid, BoottimeNs()});
}

SubmitOutcome ModelQpair::Submit(HostSubmission& submission) {
  if (device_->Lost()) return SubmitOutcome::kGone;
  if (free_.empty()) return SubmitOutcome::kFull;
  const uint16_t slot = free_.back();
  free_.pop_back();
  tags_[slot] = submission.tag;
  busy_[slot] = true;
  submission.sqe.cid = CidOf(slot);
  PointAt(submission.sqe, slot, submission);
  reinterpret_cast<Sqe*>(sq_memory_.data())[sq_tail_] = submission.sqe;
  sq_tail_ = sq_tail_ + 1 == entries_ ? 0 : sq_tail_ + 1;
  device_->RingSqTail(qid_, sq_tail_);
  return SubmitOutcome::kOk;
}

bool ModelQpair::CompletionReady() const {
  auto* cqe = reinterpret_cast<Cqe*>(const_cast<PageMemory&>(cq_memory_).data()) + cq_head_;
  const uint32_t last = std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(reinterpret_cast<char*>(cqe) + 12)).load(std::memory_order_acquire);
  return (last >> 16 & 1) == phase_;
}

size_t ModelQpair::Poll(HostCompletion* out, size_t max) {
  // Read before the ring: what is not there once the device was dark will never come.
  seen_ = event_.Epoch();
  size_t n = 0;
  bool reaped = false;
  auto* ring = reinterpret_cast<Cqe*>(cq_memory_.data());
  while (n < max && CompletionReady()) {
    const Cqe& cqe = ring[cq_head_];
    if (InFlight(cqe.cid)) {
      const uint16_t slot = cqe.cid & static_cast<uint16_t>((1u << slot_bits_) - 1);
      out[n].tag = tags_[slot];
      out[n].cqe = cqe;
      busy_[slot] = false;
      free_.push_back(slot);
      n++;
    } else {
      NoteViolation(cqe);
    }
    reaped = true;
    cq_head_ = cq_head_ + 1 == entries_ ? 0 : cq_head_ + 1;
    if (cq_head_ == 0) phase_ ^= 1;
  }
  if (reaped) device_->RingCqHead(qid_, cq_head_);
  return n;
}

bool ModelQpair::Gone() const { return device_->Lost() && !CompletionReady(); }

void ModelQpair::Wait(uint64_t until_ns, bool) {
  if (CompletionReady()) return;
  event_.Wait(seen_, until_ns);
}

Status ModelQpair::Recover() {
  if (!create_on_drive) return Status::Ok();
  Clear();
  return create_on_drive(*this);
}

}  // namespace assay::model
