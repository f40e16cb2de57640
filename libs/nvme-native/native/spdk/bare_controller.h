// A controller that a script drives by hand, over a PCI function: registers, doorbells, configuration space and lent
// memory. It has no queues of its own and sends nothing.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "../core/host.h"
#include "bus_function.h"
#include "nap.h"
#include "traits.h"

namespace assay::spdk {

class BareController final : public HostController {
 public:
  // kOpen, kLocked, kUnsupported. Reads CAP, writes no register.
  static Status Open(const Traits& traits, const TransportAddress& address, std::unique_ptr<HostController>* out);

  Status Reset(ReadyReport* report) override;
  Status Restart(ReadyReport* report) override;
  void Stop(bool silent) override;
  bool Gone() const override { return gone_.load(std::memory_order_acquire); }
  HostQpair* Admin() override { return &nobody_; }
  Status CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) override;
  void DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) override;
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) override;
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) override;
  void* AllocBuffer(size_t bytes) override;
  void FreeBuffer(void* memory) override;
  Status BusAddress(const void* memory, uint64_t* address) override;
  HostLimits Limits() const override { return limits_; }
  Status Lend(uint64_t bytes, bool scattered, DmaRegion* out) override;
  // The function keeps reaching it until the controller is closed; nobody else gets it before.
  void TakeBack(const DmaRegion& region) override;
  Status SetUpAdminQueue() override;
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override;
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override;
  Status HotReset() override;

 private:
  // Where the core looks for an admin queue: nothing is sent through it.
  class NobodysQueue final : public HostQpair {
   public:
    uint16_t Qid() const override { return 0; }
    uint32_t MaxOutstanding() const override { return 1; }
    SubmitOutcome Submit(HostSubmission&) override { return SubmitOutcome::kGone; }
    size_t Poll(HostCompletion*, size_t) override { return 0; }
    bool Gone() const override { return false; }
    void Wait(uint64_t until_ns, bool) override { nap_.Wait(until_ns, false, false); }
    void Wake() override { nap_.Wake(); }
    Status Recover() override { return Status::Ok(); }

   private:
    Nap nap_;
  };

  BareController(const Traits& traits, const TransportAddress& address, std::unique_ptr<BusFunction> function);
  Status ReadLimits();
  bool Answers();
  Answer ConfigAnswers();
  Status Failed(Answer answer, const std::string& what);
  Status FailedAt(Answer answer, const char* verb, uint32_t offset);
  Status NotByHand(const char* what) const;

  const Traits& traits_;
  const TransportAddress address_;
  std::unique_ptr<BusFunction> function_;  // control thread; its end and other threads' use under mutex_
  std::atomic<bool> gone_{false};
  HostLimits limits_;
  NobodysQueue nobody_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<uint8_t>> lent_;  // all that the function may reach
};

}  // namespace assay::spdk
