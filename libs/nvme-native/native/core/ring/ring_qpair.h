// The host side of one queue pair in memory: rings, phase bits, doorbells, PRP lists (NVMe Base 2.0, 3.3 and 4.1.1).
#pragma once
#include <vector>

#include "core/host/host.h"
#include "ring_bus.h"

namespace assay {

class RingQpair final : public HostQpair {
 public:
  static constexpr uint32_t kMaxTransferBytes = 511 * 4096;  // one page of PRP entries a command, wherever its data begin

  // Null when the bus has no memory left for it.
  static std::unique_ptr<RingQpair> Make(RingBus* bus, const QpairOptions& options, uint16_t qid);

  uint16_t Qid() const override { return qid_; }
  uint32_t MaxOutstanding() const override { return entries_ - 1; }
  SubmitOutcome Submit(HostSubmission& submission) override;
  size_t Poll(HostCompletion* out, size_t max) override;
  size_t Serve(CompletionListener& to, size_t max, uint32_t looks) override;
  bool Gone() const override;
  void Wait(uint64_t until_ns, bool spin) override;
  uint64_t ProtocolErrors() const override { return protocol_errors_.load(std::memory_order_relaxed); }
  void Wake() override { signal_->Wake(); }
  Status Recover() override;

  // Control thread: called by Recover to make the queues on the drive again; empty for the admin queue.
  std::function<Status(RingQpair&)> create_on_drive;

  // Control thread. Commands of more than two pages may say where their data lie by one SGL descriptor (SGLS in Identify), where
  // the bus is linear.
  bool takes_sgl = false;

  // Where to tell of completions that belong to no command; may be null.
  ViolationLog* violations = nullptr;

  // Control thread, before the end: the controller did not say that it let go of the queues.
  void LeaveBehind();

  // Rings and slots as after creation.
  void Clear();
  uint64_t sq_address() const { return bus_->AddressOf(sq_.get()); }
  uint64_t cq_address() const { return bus_->AddressOf(cq_.get()); }
  uint32_t entries() const { return options_.entries; }
  const QpairOptions& options() const { return options_; }

 private:
  struct Slot {
    uint64_t tag = 0;
    // The slot and above it how often the slot was used: a completion that comes twice, or for nobody, is then not taken
    // for the next command in that slot.
    uint16_t cid = 0;
    bool busy = false;
    bool is_event_request = false;
  };

  RingQpair(RingBus* bus, const QpairOptions& options, uint16_t qid);
  bool CompletionReady() const;
  // Takes the entry at the head in; false when it belongs to no command.
  bool Take(HostCompletion* out);
  void RingSqTail();
  uint16_t NextCid(uint16_t index);
  bool InFlight(uint16_t cid) const;
  void NoteViolation(const Cqe& cqe);
  void PointAt(Sqe& sqe, uint16_t slot, const HostSubmission& submission);
  bool IsEventRequest(const Sqe& sqe) const { return qid_ == 0 && sqe.opc == admin_opcode::kAsyncEvent; }

  RingBus* bus_;
  QpairOptions options_;
  uint16_t qid_;
  uint32_t entries_;
  std::shared_ptr<uint8_t> sq_;
  std::shared_ptr<uint8_t> cq_;
  std::shared_ptr<uint8_t> lists_;  // of PRP entries, a page a slot
  std::unique_ptr<CompletionSignal> signal_;
  const bool linear_;
  uint32_t sq_tail_ = 0;
  uint32_t rung_tail_ = 0;  // as the drive knows it
  uint32_t cq_head_ = 0;
  uint16_t phase_ = 1;
  bool serving_ = false;
  uint32_t slot_bits_;
  std::vector<Slot> slots_;
  std::unique_ptr<uint16_t[]> free_;  // the slots from taken_ on
  uint32_t taken_ = 0;
  uint32_t event_requests_ = 0;  // in flight: nobody waits for their end
  std::atomic<uint64_t> protocol_errors_{0};
};

}  // namespace assay
