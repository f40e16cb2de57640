#include "model_qpair.h"

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
      tags_(entries_) {
  Clear();
  device_->SetListener(qid_, &event_);
}

ModelQpair::~ModelQpair() { device_->SetListener(qid_, nullptr); }

void ModelQpair::Clear() {
  std::memset(cq_memory_.data(), 0, cq_memory_.bytes());
  sq_tail_ = cq_head_ = 0;
  phase_ = 1;
  free_.clear();
  for (uint32_t slot = entries_ - 1; slot > 0; slot--) free_.push_back(static_cast<uint16_t>(slot - 1));
}

void ModelQpair::PointAt(Sqe& sqe, uint16_t cid, const HostSubmission& submission) {
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
  auto* list = reinterpret_cast<uint64_t*>(prp_memory_.data() + uint64_t{cid} * kPageBytes);
  [[maybe_unused]] uint32_t n = 0;
  for (uint64_t page = second; page < end; page += kPageBytes) {
    assert(n < kPageBytes / 8);
    list[n++] = page;
  }
  sqe.prp2 = reinterpret_cast<uint64_t>(list);
}

SubmitOutcome ModelQpair::Submit(HostSubmission& submission) {
  if (device_->Dark()) return SubmitOutcome::kGone;
  if (free_.empty()) return SubmitOutcome::kFull;
  const uint16_t cid = free_.back();
  free_.pop_back();
  tags_[cid] = submission.tag;
  submission.sqe.cid = cid;
  PointAt(submission.sqe, cid, submission);
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
  auto* ring = reinterpret_cast<Cqe*>(cq_memory_.data());
  while (n < max && CompletionReady()) {
    const Cqe& cqe = ring[cq_head_];
    out[n].tag = tags_[cqe.cid];
    out[n].cqe = cqe;
    free_.push_back(cqe.cid);
    n++;
    cq_head_ = cq_head_ + 1 == entries_ ? 0 : cq_head_ + 1;
    if (cq_head_ == 0) phase_ ^= 1;
  }
  if (n > 0) device_->RingCqHead(qid_, cq_head_);
  return n;
}

bool ModelQpair::Gone() const { return device_->Dark() && !CompletionReady(); }

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
