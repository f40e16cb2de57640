#include "ring_host.h"

#include "core/clock.h"

namespace assay {
namespace {

constexpr uint32_t kAdminEntries = 128;
constexpr uint64_t kInternalTag = uint64_t{1} << 63;
constexpr uint32_t kIoEntrySizes = 0x0046'0000;         // CC.IOCQES 4, CC.IOSQES 6
constexpr uint32_t kWeightedRoundRobin = 1u << 11;      // CC.AMS
constexpr uint32_t kAllCommandSets = 6u << 4;           // CC.CSS
constexpr uint64_t kHasCommandSets = uint64_t{1} << 43;  // CAP.CSS: more than one
constexpr uint32_t kEnable = 1, kReady = 1, kFatal = 2;  // CC.EN, CSTS.RDY, CSTS.CFS
constexpr uint32_t kNotify = 3u << 14, kNormalShutdown = 1u << 14;         // CC.SHN
constexpr uint32_t kShutdownStatus = 3u << 2, kShutdownComplete = 2u << 2;  // CSTS.SHST
constexpr uint64_t kRegisterPollNs = 200'000;

}  // namespace

RingHost::RingHost(std::unique_ptr<RingBus> bus, const HostOptions& options)
    : bus_(std::move(bus)), options_(options), by_hand_(!options.bring_up) {}

Status RingHost::MakeAdminQueue() {
  auto ring = RingQpair::Make(bus_.get(), {.entries = kAdminEntries}, 0);
  if (ring == nullptr) return Status::Error(Code::kQpair, "no memory for an admin queue of " + std::to_string(kAdminEntries) + " entries");
  ring->violations = &violations_;
  admin_ = std::make_unique<RingAdminQpair>(std::move(ring));
  qids_.assign(Limits().max_qpairs + 1, false);
  qids_[0] = true;
  return Status::Ok();
}

Status RingHost::WaitCsts(uint32_t mask, uint32_t value, const char* what) {
  const uint64_t start = BoottimeNs();
  const uint64_t limit_ns = uint64_t{Limits().ready_timeout_ms} * kNsPerMs;
  for (;;) {
    uint64_t csts = 0;
    if (Status s = ReadRegister(reg::kCsts, 4, &csts); !s.ok()) return Status::Error(s.code, s.message + ", while waiting for " + what);
    if ((csts & kFatal) && (mask & kReady) && value == kReady) return Status::Error(Code::kReady, "the controller has CSTS.CFS = 1 instead of CSTS.RDY = 1");
    if ((csts & mask) == value) return Status::Ok();
    const uint64_t now = BoottimeNs();
    if (now - start > limit_ns) {
      return Status::Error(Code::kReady, std::string(what) + " did not come within CAP.TO, " + std::to_string(limit_ns / kNsPerMs) + " ms");
    }
    // A device with interrupts raises vector 0 when CSTS changes; the limit bounds a wake that came before.
    admin_->queue->Wait(now + kRegisterPollNs, false);
    HostCompletion none;
    admin_->queue->Poll(&none, 0);
  }
}

Status RingHost::BringUp(ReadyReport* report) {
  const uint64_t start = BoottimeNs();
  if (Status s = WriteRegister(reg::kCc, 4, 0); !s.ok()) return s;
  if (Status s = WaitCsts(kReady, 0, "CSTS.RDY = 0"); !s.ok()) return s;
  report->disable_ns = BoottimeNs() - start;
  if (Status s = SetUpAdminQueue(); !s.ok()) return s;
  uint64_t cap = 0;
  if (Status s = ReadRegister(reg::kCap, 8, &cap); !s.ok()) return s;
  const uint64_t enabled = BoottimeNs();
  const uint32_t cc = kIoEntrySizes | kEnable | (cap & kHasPriorities ? kWeightedRoundRobin : 0) | (cap & kHasCommandSets ? kAllCommandSets : 0);
  if (Status s = WriteRegister(reg::kCc, 4, cc); !s.ok()) return s;
  if (Status s = WaitCsts(kReady, kReady, "CSTS.RDY = 1"); !s.ok()) return s;
  const uint64_t ready = BoottimeNs();
  report->enable_ns = ready - enabled;
  report->ready_ns = ready - start;
  return Status::Ok();
}

Status RingHost::Restart(ReadyReport* report) {
  if (Status s = Attach(); !s.ok()) return s;
  return Reset(report);
}

Status RingHost::SetUpAdminQueue() {
  by_hand_ = false;
  admin_->queue->Clear();
  admin_->kept.clear();
  // The controller is disabled, or will be: it has no queues any more.
  for (uint16_t qid : left_) qids_[qid] = false;
  left_.clear();
  if (Status s = WriteRegister(reg::kAqa, 4, (kAdminEntries - 1) << 16 | (kAdminEntries - 1)); !s.ok()) return s;
  if (Status s = WriteRegister(reg::kAsq, 8, admin_->queue->sq_address()); !s.ok()) return s;
  return WriteRegister(reg::kAcq, 8, admin_->queue->cq_address());
}

void RingHost::ShutDown() {
  uint64_t cc = 0;
  if (by_hand_ || !ReadRegister(reg::kCc, 4, &cc).ok() || !(cc & kEnable)) return;
  if (!WriteRegister(reg::kCc, 4, (cc & ~uint64_t{kNotify}) | kNormalShutdown).ok()) return;
  (void)WaitCsts(kShutdownStatus, kShutdownComplete, "CSTS.SHST = 10b");
  if (!WriteRegister(reg::kCc, 4, 0).ok()) return;
  (void)WaitCsts(kReady, 0, "CSTS.RDY = 0");
}

Status RingHost::Internal(Sqe sqe, Cqe* cqe, uint32_t timeout_ms) {
  const uint64_t start = BoottimeNs();
  const uint64_t until = start + uint64_t{timeout_ms} * kNsPerMs;
  HostSubmission submission;
  submission.sqe = sqe;
  submission.tag = kInternalTag | ++internal_;
  bool sent = false;
  while (BoottimeNs() < until) {
    if (!sent) {
      const SubmitOutcome outcome = admin_->queue->Submit(submission);
      if (outcome == SubmitOutcome::kGone) return Status::Error(Code::kGone, "the drive is gone");
      sent = outcome == SubmitOutcome::kOk;
    }
    HostCompletion completion;
    while (admin_->queue->Poll(&completion, 1) == 1) {
      if (!(completion.tag & kInternalTag)) admin_->kept.push_back(completion);
      // Or it comes too late: whoever sent it has given up.
      if (completion.tag != submission.tag) continue;
      if (options_.on_internal_admin) options_.on_internal_admin(submission.sqe, completion.cqe, start, BoottimeNs());
      *cqe = completion.cqe;
      return Status::Ok();
    }
    if (admin_->queue->Gone()) return Status::Error(Code::kGone, "the drive is gone");
    admin_->queue->Wait(until, false);
  }
  return Status::Error(Code::kTimeout, "an admin command of the driver took longer than " + std::to_string(timeout_ms) + " ms");
}

}  // namespace assay
