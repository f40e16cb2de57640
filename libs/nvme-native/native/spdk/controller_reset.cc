// How a controller over SPDK is reset with commands in flight, and made anew after its device went away.
#include <cerrno>
#include <string>

#include "core/clock.h"
#include "controller.h"
#include "log_capture.h"

namespace assay::spdk {
namespace {

// Over what CAP.TO allows for one transition of CSTS.RDY: identify and queue creation come after it.
constexpr uint64_t kBringUpGraceNs = kNsPerSecond;

}  // namespace

Status Controller::Reset(ReadyReport* report) {
  if (Gone()) return Lost("the controller does not answer");
  ForgetLastError();
  const uint64_t start = BoottimeNs();
  const uint64_t until = start + limits_.ready_timeout_ms * kNsPerMs + kBringUpGraceNs;
  Status status = Disable(until);
  if (status.ok()) status = Enable(until);
  admin_.Forget();
  if (!status.ok()) {
    Lose();
    return status;
  }
  for (IoQpair* qpair : qpairs_) qpair->MakeWay();
  report->ready_ns = BoottimeNs() - start;
  return status;
}

// The controller is in no known state: until a restart nothing is polled, and the drive may still write into memory.
void Controller::Lose() {
  gone_.store(true, std::memory_order_release);
  for (IoQpair* qpair : qpairs_) {
    if (qpair->HasOutstanding()) pinned_.store(true, std::memory_order_release);
    qpair->Lose();
  }
}

Status Controller::Disable(uint64_t until_ns) {
  if (spdk_nvme_ctrlr_disconnect(ctrlr_) != 0) return Lost("the controller cannot be disabled");
  // -ENXIO says that the admin queue is disconnected, which SPDK does after CSTS.RDY has become 0.
  while (spdk_nvme_ctrlr_process_admin_completions(ctrlr_) != -ENXIO) {
    if (BoottimeNs() >= until_ns) {
      return Status::Error(Code::kReady, std::string(traits_.name) + ": CSTS.RDY did not become 0 within " +
                                             std::to_string(limits_.ready_timeout_ms) + " ms");
    }
  }
  return Status::Ok();
}

Status Controller::Enable(uint64_t until_ns) {
  spdk_nvme_ctrlr_reconnect_async(ctrlr_);
  int status;
  bool late = false;
  while ((status = spdk_nvme_ctrlr_reconnect_poll_async(ctrlr_)) == -EAGAIN) {
    // Failing the controller makes the next poll end the bring-up; giving up alone would keep SPDK's lock.
    if (!late && BoottimeNs() >= until_ns) {
      late = true;
      spdk_nvme_ctrlr_fail(ctrlr_);
    }
  }
  if (status == 0) return Status::Ok();
  if (traits_.fabrics) return Lost("the connection did not come back");
  uint64_t version = 0;
  if (registers_.Read(reg::kVs, 4, &version).code == Code::kGone) return Lost("the device does not answer");
  const std::string detail = LastError();
  return Status::Error(Code::kReady, std::string(traits_.name) + ": the controller did not become ready within " +
                                         std::to_string(limits_.ready_timeout_ms) + " ms" +
                                         (detail.empty() ? "" : " (" + detail + ")"));
}

Status Controller::Restart(ReadyReport* report) {
  const uint64_t start = BoottimeNs();
  if (ctrlr_ != nullptr) {
    SayNothingMore();
    gone_.store(true, std::memory_order_release);
    for (IoQpair* qpair : qpairs_) qpair->Detach();
    Detach();
  }
  if (Status status = Connect(); !status.ok()) return status;
  // The bring-up has disabled the controller once: it writes into no old memory any more.
  abandoned_.clear();
  pinned_.store(false, std::memory_order_release);
  report->ready_ns = BoottimeNs() - start;
  return Status::Ok();
}

}  // namespace assay::spdk
