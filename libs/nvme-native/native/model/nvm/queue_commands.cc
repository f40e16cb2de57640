#include "queue_commands.h"

#include <algorithm>

#include "model/bus/prp.h"

namespace assay::model {
namespace {

constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kInvalidPrp = MakeStatus(0, 0x13, true);
constexpr uint16_t kCqInvalid = MakeStatus(1, 0x00, true);
constexpr uint16_t kInvalidQid = MakeStatus(1, 0x01, true);
constexpr uint16_t kInvalidQueueSize = MakeStatus(1, 0x02, true);
constexpr uint16_t kInvalidVector = MakeStatus(1, 0x08, true);
constexpr uint16_t kInvalidDeletion = MakeStatus(1, 0x0c, true);
constexpr uint32_t kContiguous = 1;
constexpr uint32_t kInterrupts = 2;

Device::Outcome Fail(uint16_t status) {
  Device::Outcome outcome;
  outcome.status = status;
  return outcome;
}

}  // namespace

// CC.IOSQES and CC.IOCQES must name the entry's size before a queue is made.
uint16_t QueueCommands::MakeRing(const Sqe& sqe, uint32_t entry_bytes, Ring* ring) {
  const uint32_t entries = (sqe.cdw10 >> 16) + 1;
  const uint32_t cc = d_.cc_seen_;
  const uint32_t exponent = entry_bytes == sizeof(Sqe) ? cc >> 16 & 15 : cc >> 20 & 15;
  if (entries < 2 || entries > d_.header_->max_queue_entries || 1u << exponent != entry_bytes) return kInvalidQueueSize;
  if (sqe.prp1 == 0 || sqe.prp1 % ((sqe.cdw11 & kContiguous) ? kPageBytes : 8) != 0) return kInvalidPrp;
  const uint64_t pages = (uint64_t{entries} * entry_bytes + kPageBytes - 1) / kPageBytes;
  if (sqe.cdw11 & kContiguous) {
    for (uint64_t page = 0; page < pages; page++) {
      if (DmaPointer(sqe.prp1 + page * kPageBytes, kPageBytes) == nullptr) return kInvalidPrp;
    }
    *ring = Ring(sqe.prp1, entries, entry_bytes);
    return 0;
  }
  std::vector<uint64_t> addresses;
  for (uint64_t at = sqe.prp1; addresses.size() < pages;) {
    uint64_t entry;
    const uint8_t* list = DmaPointer(at, 8);
    if (list == nullptr) return kInvalidPrp;
    std::memcpy(&entry, list, 8);
    if (entry == 0 || entry % kPageBytes != 0) return kInvalidPrp;
    if (at % kPageBytes == kPageBytes - 8 && pages - addresses.size() > 1) {
      at = entry;
      continue;
    }
    if (DmaPointer(entry, kPageBytes) == nullptr) return kInvalidPrp;
    addresses.push_back(entry);
    at += 8;
  }
  *ring = Ring(std::move(addresses), entries, entry_bytes);
  return 0;
}

Device::Outcome QueueCommands::CreateCq(const Sqe& sqe) {
  const uint16_t qid = sqe.cdw10 & 0xffff;
  const auto vector = static_cast<uint16_t>(sqe.cdw11 >> 16);
  const bool interrupts = sqe.cdw11 & kInterrupts;
  if (qid == 0 || qid > d_.granted_cqs_ || d_.cq_[qid].ring.present()) return Fail(kInvalidQid);
  Ring ring;
  if (const uint16_t status = MakeRing(sqe, sizeof(Cqe), &ring)) return Fail(status);
  if (interrupts && vector >= d_.interrupts_.vectors()) return Fail(kInvalidVector);
  d_.cq_head_[qid] = 0;
  d_.cq_[qid] = {std::move(ring), 0, 1, vector, interrupts};
  return {};
}

Device::Outcome QueueCommands::CreateSq(const Sqe& sqe) {
  const uint16_t qid = sqe.cdw10 & 0xffff;
  const auto cqid = static_cast<uint16_t>(sqe.cdw11 >> 16);
  if (qid == 0 || qid > d_.granted_sqs_ || d_.sq_[qid].ring.present()) return Fail(kInvalidQid);
  if (cqid == 0 || cqid > d_.granted_cqs_) return Fail(kInvalidQid);
  if (!d_.cq_[cqid].ring.present()) return Fail(kCqInvalid);
  Ring ring;
  if (const uint16_t status = MakeRing(sqe, sizeof(Sqe), &ring)) return Fail(status);
  d_.sq_tail_[qid] = 0;
  const auto priority = static_cast<uint8_t>(sqe.cdw11 >> 1 & 3);
  d_.sq_[qid] = {std::move(ring), 0, cqid, priority};
  return {};
}

Device::Outcome QueueCommands::DeleteSq(const Sqe& sqe) {
  const uint16_t qid = sqe.cdw10 & 0xffff;
  if (qid == 0 || qid >= d_.sq_.size() || !d_.sq_[qid].ring.present()) return Fail(kInvalidQid);
  // Outstanding commands are aborted without completions: the host deletes a queue that it no longer listens to.
  d_.ForgetPending(qid);
  d_.sq_[qid] = {};
  return {};
}

Device::Outcome QueueCommands::DeleteCq(const Sqe& sqe) {
  const uint16_t qid = sqe.cdw10 & 0xffff;
  if (qid == 0 || qid >= d_.cq_.size() || !d_.cq_[qid].ring.present()) return Fail(kInvalidQid);
  for (const auto& queue : d_.sq_) {
    if (queue.ring.present() && queue.cqid == qid) return Fail(kInvalidDeletion);
  }
  d_.cq_[qid] = {};
  return {};
}

Device::Outcome QueueCommands::Grant(const Sqe& sqe) {
  const uint32_t sqs = sqe.cdw11 & 0xffff;
  const uint32_t cqs = sqe.cdw11 >> 16;
  if (sqs == 0xffff || cqs == 0xffff) return Fail(kInvalidField);
  const bool in_use = std::any_of(d_.cq_.begin() + 1, d_.cq_.end(), [](const auto& queue) { return queue.ring.present(); });
  if (!in_use) {
    d_.granted_sqs_ = std::min(sqs + 1, d_.header_->max_qpairs);
    d_.granted_cqs_ = std::min(cqs + 1, d_.header_->max_qpairs);
  }
  Device::Outcome outcome;
  outcome.cdw0 = Granted();
  return outcome;
}

}  // namespace assay::model
