// One I/O qpair over SPDK.
#pragma once

#include <spdk/nvme.h>

#include <atomic>

#include "core/host/host.h"
#include "core/tick_clock.h"
#include "in_flight.h"
#include "nap.h"
#include "traits.h"

namespace assay::spdk {

class IoQpair final : public HostQpair {
 public:
  // `ctrlr` names SPDK's controller of the moment: a restart changes it.
  IoQpair(const Traits& traits, const QpairOptions& options, struct spdk_nvme_ctrlr* const& ctrlr);

  // Control thread, owner parked. Makes SPDK's qpair, kQpair when that cannot be.
  Status Attach();
  // Control thread, owner parked. Frees SPDK's qpair and forgets what was outstanding.
  void Detach();
  // Control thread, owner parked, after SPDK's controller was reset and before any qpair is recovered: makes way.
  void MakeWay();
  // Control thread, owner parked. The controller is lost: forgets what was outstanding and polls SPDK no more.
  void Lose();
  // Control thread, owner parked. As Lose, and never touches SPDK's qpair again.
  void Abandon();
  bool HasOutstanding() const { return in_flight_.any(); }

  uint16_t Qid() const override { return qid_; }
  uint32_t MaxOutstanding() const override { return in_flight_.limit(); }
  // The doorbell (TCP: the socket) is served by the next Poll, as SPDK's own tools do it, so that commands sent together
  // leave together; from a second before the deadline on, and after a sleep, inside Submit.
  SubmitOutcome Submit(HostSubmission& submission) override;
  size_t Poll(HostCompletion* out, size_t max) override;
  size_t Serve(CompletionListener& to, size_t max, uint32_t looks) override;
  bool Gone() const override { return gone_.load(std::memory_order_acquire); }
  void Wait(uint64_t until_ns, bool spin) override;
  void Wake() override { nap_.Wake(); }
  Status Recover() override;

 private:
  struct spdk_nvme_qpair* Connect(const struct spdk_nvme_io_qpair_opts& opts);
  bool Process(size_t room);
  void LookAtDeadline();
  Status Keep();

  const Traits& traits_;
  const QpairOptions options_;
  InFlight in_flight_;
  Nap nap_;
  TickClock clock_;
  struct spdk_nvme_ctrlr* const& ctrlr_;
  struct spdk_nvme_qpair* qpair_ = nullptr;
  uint16_t qid_ = 0;
  bool flush_at_once_ = true;
  std::atomic<bool> gone_{false};
};

}  // namespace assay::spdk
