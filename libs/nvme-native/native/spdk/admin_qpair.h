// The admin queue over SPDK. SPDK keeps asynchronous event requests of its own at the drive, so one that is submitted
// here is held back and completed, as the drive would, when SPDK reports an event.
#pragma once

#include <spdk/nvme.h>

#include <atomic>
#include <deque>
#include <functional>

#include "core/host/host.h"
#include "in_flight.h"
#include "nap.h"
#include "traits.h"

namespace assay::spdk {

class AdminQpair final : public HostQpair {
 public:
  // `taken_away` looks whether the device is still there, and tells SPDK when it is not.
  AdminQpair(const Traits& traits, struct spdk_nvme_ctrlr* const& ctrlr, std::atomic<bool>& controller_gone, std::function<bool()> taken_away);

  // Control thread, after SPDK's controller was made: events come here.
  void Attach();
  // Control thread. Forgets what was outstanding.
  void Forget();
  bool HasOutstanding() const { return in_flight_.any(); }

  // Control thread. Sends one command of our own and polls until it is done: kTimeout after `timeout_ms`, kGone.
  Status Execute(const struct spdk_nvme_cmd& command, uint32_t timeout_ms, struct spdk_nvme_cpl* cpl);

  uint16_t Qid() const override { return 0; }
  uint32_t MaxOutstanding() const override { return in_flight_.limit(); }
  SubmitOutcome Submit(HostSubmission& submission) override;
  // After the deadline SPDK is not called any more, because polling lets it send keep-alives and event requests.
  size_t Poll(HostCompletion* out, size_t max) override;
  bool Gone() const override { return gone_.load(std::memory_order_acquire); }
  void Wait(uint64_t until_ns, bool spin) override;
  void Wake() override { nap_.Wake(); }
  Status Recover() override;

  static constexpr uint32_t kMaxHeldEventRequests = 16;
  static constexpr size_t kMaxKeptEvents = 64;

 private:
  static void OnEvent(void* self, const struct spdk_nvme_cpl* cpl);
  void MatchEvents();
  bool Process();

  const Traits& traits_;
  struct spdk_nvme_ctrlr* const& ctrlr_;
  std::atomic<bool>& gone_;
  const std::function<bool()> taken_away_;
  InFlight in_flight_;
  std::deque<uint64_t> event_requests_;
  std::deque<struct spdk_nvme_cpl> events_;
  Nap nap_;
};

}  // namespace assay::spdk
