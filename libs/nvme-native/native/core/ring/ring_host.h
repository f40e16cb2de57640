// A controller whose queues lie in our memory: bring-up by its registers, queue pairs by admin commands, shutdown
// (NVMe Base 2.0, 3.5 and 3.6). What carries registers, doorbells and memory is the implementation's.
#pragma once
#include <vector>

#include "core/host/host.h"
#include "ring_admin_qpair.h"

namespace assay {

class RingHost : public HostController {
 public:
  Status Reset(ReadyReport* report) override { return BringUp(report); }
  Status Restart(ReadyReport* report) override;
  bool Gone() const override { return bus_->Lost(); }
  const ViolationLog* Violations() const override { return &violations_; }
  HostQpair* Admin() override { return admin_.get(); }
  Status CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) override;
  void DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) override;
  Status SetUpAdminQueue() override;

  // Once, before all else, when Limits are known. kQpair without memory.
  Status MakeAdminQueue();
  // CC.EN 0 to 1 with the admin queue set up. kReady, kGone.
  Status BringUp(ReadyReport* report);

 protected:
  RingHost(std::unique_ptr<RingBus> bus, const HostOptions& options);

  // Completion queues that are created from now on have interrupts, unless a script says otherwise; else they cannot.
  virtual bool InterruptsOn() = 0;

  // After the bring-up: Number of Queues (NVMe Base 2.0, 5.27.1.5), before any I/O queue may be made. kQpair, kGone, kTimeout.
  Status AskForQueues(uint32_t wanted, uint32_t* granted);

  // After the bring-up: I/O queues that are made from now on may say by one descriptor where a command's data lie, if the drive
  // takes scatter gather lists (SGLS of Identify Controller, NVMe Base 2.0, figure 275). kQpair, kGone, kTimeout.
  Status AskForSgl();

  // Shutdown notification and CC.EN = 0, unless the admin queue is a script's own, which says these itself.
  void ShutDown();

  const std::unique_ptr<RingBus> bus_;

 private:
  Status WaitCsts(uint32_t mask, uint32_t value, const char* what);
  static constexpr uint64_t kHasPriorities = uint64_t{1} << 17;  // CAP.AMS: weighted round robin
  bool HasPriorities();
  Status CreateOnDrive(RingQpair& qpair);
  // Sends one admin command of its own and waits for it; completions of others are kept for the admin qpair's owner.
  Status Internal(Sqe sqe, Cqe* cqe, uint32_t timeout_ms);
  Status MustSucceed(const Sqe& sqe, const std::string& name, Cqe* cqe);
  // False: the drive has not answered.
  bool Delete(uint8_t opcode, uint16_t qid, Cqe* cqe);
  // True when the drive has no queue of this id any more.
  bool DeleteOnDrive(uint16_t qid);
  // Deletes what is left once more.
  void TakeLeftIds();

  const HostOptions options_;
  ViolationLog violations_;
  std::unique_ptr<RingAdminQpair> admin_;
  std::vector<bool> qids_;      // taken
  std::vector<uint16_t> left_;  // of them those that nobody uses, whose deletion the drive has not confirmed
  uint64_t internal_ = 0;       // admin commands of the driver's own so far
  bool takes_sgl_ = false;
  bool by_hand_;            // the admin queue is not ours: nothing is said to the drive at the end
};

}  // namespace assay
