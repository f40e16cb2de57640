// One NVMe controller over SPDK.
#pragma once

#include <spdk/nvme.h>

#include <atomic>
#include <memory>
#include <vector>

#include "admin_qpair.h"
#include "io_qpair.h"
#include "pci_function.h"
#include "registers.h"

namespace assay::spdk {

class Controller final : public HostController {
 public:
  // As HostTransport::open. The process's SPDK environment starts with the first controller.
  static Status Open(const Traits& traits, const TransportAddress& address, const HostOptions& options,
                     std::unique_ptr<HostController>* out, ReadyReport* report);
  ~Controller() override;

  Status Reset(ReadyReport* report) override;
  Status Restart(ReadyReport* report) override;
  void Stop(bool silent) override;
  bool Gone() const override { return gone_.load(std::memory_order_acquire); }
  HostQpair* Admin() override { return &admin_; }
  Status CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) override;
  void DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) override;
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) override;
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) override;
  void* AllocBuffer(size_t bytes) override;
  void FreeBuffer(void* memory) override;
  Status BusAddress(const void* memory, uint64_t* address) override;
  HostLimits Limits() const override { return limits_; }
  // config_space.cc
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override;
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override;
  Status HotReset() override;

 private:
  Controller(const Traits& traits, const TransportAddress& address, const HostOptions& options);
  Status Connect();
  void Detach();
  void Lose();
  Status Disable(uint64_t until_ns);
  Status Enable(uint64_t until_ns);
  Status Lost(const char* what) const;
  // config_space.cc
  struct spdk_pci_device* Function() const;
  bool TakenAway();
  void GiveUp();
  void SayNothingMore();
  Status Accessed(Status status);
  void ReadLimits();

  const Traits& traits_;
  const TransportAddress address_;
  const HostOptions options_;
  struct spdk_nvme_ctrlr* ctrlr_ = nullptr;
  std::atomic<bool> gone_{true};
  PresenceWatch presence_;
  AdminQpair admin_;
  Registers registers_;
  HostLimits limits_;
  std::vector<IoQpair*> qpairs_;
  // Qpairs deleted in silence: SPDK and perhaps the drive still hold their queues.
  std::vector<std::unique_ptr<HostQpair>> abandoned_;
  // Set when the drive may still write into memory that was given to commands nobody waits for.
  std::atomic<bool> pinned_{false};
};

}  // namespace assay::spdk
