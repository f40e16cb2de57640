// The host side of one queue pair of the software drive: real rings, phase bits, doorbells, PRP lists.
#pragma once
#include <vector>

#include "../core/host.h"
#include "device.h"
#include "lent_memory.h"

namespace assay::model {

class ModelQpair final : public HostQpair {
 public:
  ModelQpair(Device* device, const QpairOptions& options, uint16_t qid);
  ~ModelQpair() override;

  uint16_t Qid() const override { return qid_; }
  uint32_t MaxOutstanding() const override { return entries_ - 1; }
  SubmitOutcome Submit(HostSubmission& submission) override;
  size_t Poll(HostCompletion* out, size_t max) override;
  bool Gone() const override;
  void Wait(uint64_t until_ns, bool spin) override;
  uint64_t ProtocolErrors() const override { return protocol_errors_.load(std::memory_order_relaxed); }
  void Wake() override { event_.Notify(); }
  Status Recover() override;

  // Control thread: called by Recover to make the queues on the drive again; empty for the admin queue.
  std::function<Status(ModelQpair&)> create_on_drive;

  // Where to tell of completions that belong to no command; may be null.
  ViolationLog* violations = nullptr;

  // Rings and slots as after creation.
  void Clear();
  uint64_t sq_address() const { return sq_memory_.address(); }
  uint64_t cq_address() const { return cq_memory_.address(); }
  uint32_t entries() const { return options_.entries; }
  const QpairOptions& options() const { return options_; }

 private:
  bool CompletionReady() const;
  uint16_t CidOf(uint16_t slot);
  bool InFlight(uint16_t cid) const;
  void NoteViolation(const Cqe& cqe);
  void PointAt(Sqe& sqe, uint16_t slot, const HostSubmission& submission);

  Device* device_;
  QpairOptions options_;
  uint16_t qid_;
  uint32_t entries_;
  PageMemory sq_memory_;
  PageMemory cq_memory_;
  PageMemory prp_memory_;  // one list page a slot
  uint32_t sq_tail_ = 0;
  uint32_t cq_head_ = 0;
  uint16_t phase_ = 1;
  std::vector<uint64_t> tags_;  // by slot
  // A cid is the slot and above it how often the slot was used: a completion that comes twice, or for nobody, is then
  // not taken for the next command in that slot.
  std::vector<uint16_t> cids_;
  std::vector<bool> busy_;
  uint32_t slot_bits_;
  std::atomic<uint64_t> protocol_errors_{0};
  std::vector<uint16_t> free_;
  Event event_;
  uint32_t seen_ = 0;
};

}  // namespace assay::model
