// A bus that only writes down its doorbells, and the drive's side of a queue pair on it.
#pragma once
#include "core/ring/ring_qpair.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "check.h"

namespace assay {

// Sleeps nowhere; knows whether somebody waits for a command's end.
class NoSignal final : public CompletionSignal {
 public:
  explicit NoSignal(bool* outstanding) : outstanding_(outstanding) {}
  void Look() override {}
  void Wait(uint64_t, bool outstanding, bool) override { *outstanding_ = outstanding; }
  void Wake() override {}

 private:
  bool* outstanding_;
};

class WrittenDown final : public RingBus {
 public:
  bool Lost() const override { return lost; }
  void RingSqTail(uint16_t, uint32_t tail) override { doorbells += " sq" + std::to_string(tail); }
  void RingCqHead(uint16_t, uint32_t head) override { doorbells += " cq" + std::to_string(head); }
  std::shared_ptr<uint8_t> QueueMemory(uint64_t bytes) override {
    const uint64_t whole = (bytes + 4095) / 4096 * 4096;
    auto* memory = static_cast<uint8_t*>(std::aligned_alloc(4096, whole));
    std::memset(memory, 0, whole);
    return {memory, std::free};
  }
  void MayStillReach(const std::shared_ptr<uint8_t>&) override {}
  void DropQueue(uint16_t) override {}
  uint64_t AddressOf(const void* memory) const override { return reinterpret_cast<uintptr_t>(memory); }
  bool Linear() const override { return linear; }
  std::unique_ptr<CompletionSignal> SignalOf(uint16_t) override { return std::make_unique<NoSignal>(&waited_for_commands); }

  std::string doorbells;
  bool linear = true;
  bool lost = false;
  bool waited_for_commands = false;
};

inline SubmitOutcome Send(RingQpair& queue, uint64_t tag, uint8_t opcode = 2) {
  HostSubmission submission;
  submission.sqe.opc = opcode;
  submission.tag = tag;
  return queue.Submit(submission);
}

// What the drive sees of a queue pair, and how it answers.
class RingDrive {
 public:
  explicit RingDrive(const RingQpair& queue)
      : entries_(queue.entries()), sq_(reinterpret_cast<const Sqe*>(queue.sq_address())), cq_(reinterpret_cast<Cqe*>(queue.cq_address())) {}
  const Sqe& Fetched(uint32_t place) const { return sq_[place]; }
  void Complete(uint16_t cid) {
    cq_[at_] = Cqe{};
    cq_[at_].cid = cid;
    cq_[at_].status = phase_;
    at_ = (at_ + 1) % entries_;
    if (at_ == 0) phase_ ^= 1;
  }

 private:
  uint32_t entries_;
  const Sqe* sq_;
  Cqe* cq_;
  uint32_t at_ = 0;
  uint16_t phase_ = 1;
};

}  // namespace assay
