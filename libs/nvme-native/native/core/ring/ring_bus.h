// The bus below queues in memory (NVMe over PCIe Transport 1.0, 3): doorbells, memory that the controller reaches, and how to
// sleep until it has written something.
#pragma once
#include <cstdint>
#include <memory>

namespace assay {

// Where the owner of a completion queue sleeps.
class CompletionSignal {
 public:
  virtual ~CompletionSignal() = default;
  // Owner, before it reads the queue.
  virtual void Look() = 0;
  // Owner. Ends when something may have come since Look, after Wake, or at CLOCK_BOOTTIME `until_ns`; also early. What
  // `outstanding` and `spin` mean: HostQpair::Wait.
  virtual void Wait(uint64_t until_ns, bool outstanding, bool spin) = 0;
  // Any thread.
  virtual void Wake() = 0;
};

class RingBus {
 public:
  virtual ~RingBus() = default;

  // Any thread. What is outstanding will never complete; what lies in a completion queue already is true.
  virtual bool Lost() const = 0;

  // The owner of the queue. Everything written before is visible to the controller first.
  virtual void RingSqTail(uint16_t qid, uint32_t tail) = 0;
  virtual void RingCqHead(uint16_t qid, uint32_t head) = 0;

  // Control thread. Zeroed whole pages in a row; null when there are none left.
  virtual std::shared_ptr<uint8_t> QueueMemory(uint64_t bytes) = 0;
  // Control thread. The controller may write into this queue memory although its queue has ended here.
  virtual void MayStillReach(const std::shared_ptr<uint8_t>& memory) = 0;
  // Control thread. Queue pair `qid` has ended, whatever the controller said.
  virtual void DropQueue(uint16_t qid) = 0;

  // Any thread. Where the controller sees this byte of queue memory or of a buffer.
  virtual uint64_t AddressOf(const void* memory) const = 0;
  // Any thread. Neighbouring bytes of a buffer are neighbours for the controller, across pages too.
  virtual bool Linear() const = 0;

  // Control thread. For the owner of completion queue `qid`, gone before the queue.
  virtual std::unique_ptr<CompletionSignal> SignalOf(uint16_t qid) = 0;
};

}  // namespace assay
