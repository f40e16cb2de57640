// The bus between the host's queues and a Device. The device reaches all that is lent at the host's own addresses.
#pragma once

#include "core/ring/ring_bus.h"
#include "model/device/device.h"
#include "lent_memory.h"

namespace assay::model {

class ModelBus final : public RingBus {
 public:
  explicit ModelBus(std::unique_ptr<DriveFile> file) : device(std::move(file)) {}

  bool Lost() const override { return device.Lost(); }
  void RingSqTail(uint16_t qid, uint32_t tail) override { device.RingSqTail(qid, tail); }
  void RingCqHead(uint16_t qid, uint32_t head) override { device.RingCqHead(qid, head); }
  std::shared_ptr<uint8_t> QueueMemory(uint64_t bytes) override {
    try {
      const auto pages = std::make_shared<PageMemory>(&device.memory(), bytes);
      return {pages, pages->data()};
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  // It cannot: the memory is taken back.
  void MayStillReach(const std::shared_ptr<uint8_t>&) override {}
  void DropQueue(uint16_t qid) override { device.DropQueue(qid); }
  uint64_t AddressOf(const void* memory) const override { return reinterpret_cast<uintptr_t>(memory); }
  bool Linear() const override { return true; }
  std::unique_ptr<CompletionSignal> SignalOf(uint16_t qid) override { return std::make_unique<Listener>(&device, qid); }

  Device device;

 private:
  // Told by the device of each entry.
  class Listener final : public CompletionSignal {
   public:
    Listener(Device* device, uint16_t qid) : device_(device), qid_(qid) { device_->SetListener(qid_, &event_); }
    ~Listener() override { device_->SetListener(qid_, nullptr); }
    // What is not in the queue once the device was dark will never come, hence before it is read.
    void Look() override { seen_ = event_.Epoch(); }
    void Wait(uint64_t until_ns, bool, bool) override { event_.Wait(seen_, until_ns); }
    void Wake() override { event_.Notify(); }

   private:
    Device* device_;
    uint16_t qid_;
    Event event_;
    uint32_t seen_ = 0;
  };
};

}  // namespace assay::model
