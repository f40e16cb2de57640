// A controller over a PCI function without SPDK's NVMe library: the driver's own queues, over its own bring-up or a script's,
// and registers, doorbells, configuration space and lent memory for a script that works by hand.
#pragma once

#include "core/ring/ring_host.h"
#include "function_bus.h"
#include "traits.h"

namespace assay::spdk {

class FunctionHost final : public RingHost {
 public:
  // kOpen, kLocked, kReady, kUnsupported. Without bring-up reads CAP and writes no register.
  static Status Open(const Traits& traits, const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out,
                     ReadyReport* report);

  Status Reset(ReadyReport* report) override;
  void Stop(bool silent) override;
  Status Attach() override;
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) override;
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) override;
  void* AllocBuffer(size_t bytes) override;
  void FreeBuffer(void* memory) override;
  Status BusAddress(const void* memory, uint64_t* address) override;
  HostLimits Limits() const override { return limits_; }
  Status Lend(uint64_t bytes, bool scattered, DmaRegion* out) override;
  // The function keeps reaching it until the controller is closed; nobody else gets it before.
  void TakeBack(const DmaRegion& region) override;
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override;
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override;
  Status HotReset() override;

 protected:
  bool InterruptsOn() override { return functions_.function() != nullptr && functions_.function()->InterruptsOn(); }

 private:
  FunctionHost(const Traits& traits, const TransportAddress& address, const HostOptions& options, std::unique_ptr<FunctionBus> bus);
  Status ReadLimits();
  bool Answers();
  Answer ConfigAnswers();
  Status NotAttached() const;
  Status Failed(Answer answer, const std::string& what);
  Status FailedAt(Answer answer, const char* verb, uint32_t offset);

  const Traits& traits_;
  const TransportAddress address_;
  FunctionBus& functions_;
  HostLimits limits_;
};

}  // namespace assay::spdk
