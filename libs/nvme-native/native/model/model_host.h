// The host implementation "model": drives a Device as a driver drives a PCIe controller.
#pragma once
#include <deque>

#include "../core/host.h"
#include "model_qpair.h"

namespace assay::model {

class ModelHost final : public HostController {
 public:
  ModelHost(std::unique_ptr<DriveFile> file, const HostOptions& options);
  ~ModelHost() override;

  // CC.EN 0 to 1 with the admin queue set up. kReady, kGone.
  Status BringUp(ReadyReport* report);

  Status Reset(ReadyReport* report) override;
  Status Restart(ReadyReport* report) override;
  void Stop(bool silent) override;
  const ViolationLog* Violations() const override { return &violations_; }
  bool Gone() const override { return device_.Lost(); }
  HostQpair* Admin() override;
  Status CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) override;
  void DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) override;
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) override;
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) override;
  void* AllocBuffer(size_t bytes) override;
  void FreeBuffer(void* memory) override;
  Status BusAddress(const void* memory, uint64_t* address) override;
  HostLimits Limits() const override;
  Status Lend(uint64_t bytes, bool scattered, DmaRegion* out) override;
  void TakeBack(const DmaRegion& region) override;
  Status Attach() override;
  Status SetUpAdminQueue() override;
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override;
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override;
  Status HotReset() override;

 private:
  class AdminQpair;

  Status WaitCsts(uint32_t mask, uint32_t value, const char* what);
  void ShutDown();
  // CAP.AMS names weighted round robin.
  bool HasPriorities();
  Status CreateOnDrive(ModelQpair& qpair);
  // Sends one admin command of its own and waits for it; completions of others are kept for the admin qpair's owner.
  Status Internal(Sqe sqe, Cqe* cqe, uint32_t timeout_ms);

  HostOptions options_;
  ViolationLog violations_;
  Device device_;
  std::unique_ptr<AdminQpair> admin_;
  std::vector<bool> qids_;  // taken
  bool by_hand_;            // the admin queue is not ours: nothing is said to the drive at the end
  std::atomic<uint64_t> next_address_{kFirstDeviceAddress};
};

}  // namespace assay::model
