// The host implementation "model": drives a Device as a driver drives a PCIe controller.
#pragma once

#include "core/ring/ring_host.h"
#include "model/bus/model_bus.h"

namespace assay::model {

class ModelHost final : public RingHost {
 public:
  ModelHost(std::unique_ptr<DriveFile> file, const HostOptions& options);
  ~ModelHost() override;

  void Stop(bool silent) override;
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) override;
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) override;
  void* AllocBuffer(size_t bytes) override;
  void FreeBuffer(void* memory) override;
  Status BusAddress(const void* memory, uint64_t* address) override;
  HostLimits Limits() const override;
  Status Lend(uint64_t bytes, bool scattered, DmaRegion* out) override;
  void TakeBack(const DmaRegion& region) override;
  Status Attach() override;
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override;
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override;
  Status HotReset() override;

 protected:
  bool InterruptsOn() override { return true; }

 private:
  // Why the device is there no more.
  Status WhyGone() const;

  Device& device_;
  std::atomic<uint64_t> next_address_{kFirstDeviceAddress};
};

}  // namespace assay::model
