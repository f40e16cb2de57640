// The bus between queues in SPDK's DMA memory and a PCI function.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "core/ring/ring_bus.h"
#include "bus_function.h"
#include "nap.h"

namespace assay::spdk {

class FunctionBus final : public RingBus {
 public:
  FunctionBus(std::string address, std::unique_ptr<BusFunction> function);

  bool Lost() const override { return lost_.load(std::memory_order_acquire); }
  void RingSqTail(uint16_t qid, uint32_t tail) override { Ring(2u * qid, tail); }
  void RingCqHead(uint16_t qid, uint32_t head) override { Ring(2u * qid + 1, head); }
  std::shared_ptr<uint8_t> QueueMemory(uint64_t bytes) override;
  void MayStillReach(const std::shared_ptr<uint8_t>& memory) override;
  void DropQueue(uint16_t) override {}
  uint64_t AddressOf(const void* memory) const override { return function_->BusAddress(memory); }
  bool Linear() const override { return function_->Linear(); }
  std::unique_ptr<CompletionSignal> SignalOf(uint16_t) override { return std::make_unique<Sleep>(); }

  // Control thread. Null after LetGo.
  BusFunction* function() { return function_.get(); }
  // Any thread. SPDK_VTOPHYS_ERROR when it does not reach it, or is let go.
  uint64_t Find(const void* memory);
  // Control thread. CAP.DSTRD.
  void SetDoorbellStride(uint32_t bytes) { stride_ = bytes; }
  void Lose() { lost_.store(true, std::memory_order_release); }
  // Control thread, owners standing. Another opening of the same function.
  void Exchange(std::unique_ptr<BusFunction> function);
  // Control thread, the end. Silent: the function stays as it is until the process ends, since the kernel would reset it.
  void LetGo(bool silent);

 private:
  // It is polled: there are no interrupts.
  class Sleep final : public CompletionSignal {
   public:
    void Look() override {}
    void Wait(uint64_t until_ns, bool outstanding, bool spin) override { nap_.Wait(until_ns, outstanding, spin); }
    void Wake() override { nap_.Wake(); }

   private:
    Nap nap_;
  };

  void Ring(uint32_t doorbell, uint32_t value);

  const std::string address_;
  std::unique_ptr<BusFunction> function_;  // its change and other threads' look under mutex_
  std::atomic<bool> lost_{false};
  uint32_t stride_ = 4;
  std::mutex mutex_;
  std::vector<std::shared_ptr<uint8_t>> reached_;
};

// Memory that a closed function at this address may still reach is free now: somebody has opened the function again.
void ForgetReachedMemory(const std::string& address);

}  // namespace assay::spdk
