#include "model_host.h"

#include "../core/host_table.h"
#include "model_admin_qpair.h"

namespace assay::model {
namespace {

constexpr uint64_t kInternalTag = uint64_t{1} << 63;
constexpr uint32_t kWeightedRoundRobin = 1u << 11;  // CC.AMS
constexpr uint32_t kFatal = 2;  // CSTS.CFS
constexpr uint64_t kRegisterPollNs = 200'000;

}  // namespace

ModelHost::ModelHost(std::unique_ptr<DriveFile> file, const HostOptions& options)
    : options_(options), device_(std::move(file)), admin_(new AdminQpair(&device_)), qids_(device_.file().header().max_qpairs + 1), by_hand_(!options.bring_up) {
  qids_[0] = true;
  admin_->queue.violations = &violations_;
}

// The device must stand still before the rings that it writes into are freed.
ModelHost::~ModelHost() { device_.Halt(); }

HostQpair* ModelHost::Admin() { return admin_.get(); }

Status ModelHost::WaitCsts(uint32_t mask, uint32_t value, const char* what) {
  const uint64_t start = BoottimeNs();
  const uint64_t limit_ns = uint64_t{Limits().ready_timeout_ms} * kNsPerMs;
  for (;;) {
    const auto csts = static_cast<uint32_t>(device_.ReadRegister(reg::kCsts, 4));
    if (device_.Dark()) return Status::Error(Code::kGone, std::string("the drive lost its power while waiting for ") + what);
    if (csts == UINT32_MAX) return Status::Error(Code::kGone, std::string("the device answers all ones while waiting for ") + what);
    if ((csts & kFatal) && (mask & 1) && value == 1) return Status::Error(Code::kReady, "the controller has CSTS.CFS = 1 instead of CSTS.RDY = 1");
    if ((csts & mask) == value) return Status::Ok();
    const uint64_t now = BoottimeNs();
    if (now - start > limit_ns) {
      return Status::Error(Code::kReady, std::string(what) + " did not come within CAP.TO, " + std::to_string(limit_ns / kNsPerMs) + " ms");
    }
    // The device raises vector 0 when CSTS changes; the limit bounds a wake that came before.
    admin_->queue.Wait(now + kRegisterPollNs, false);
    HostCompletion none;
    admin_->queue.Poll(&none, 0);
  }
}

Status ModelHost::BringUp(ReadyReport* report) {
  const uint64_t start = BoottimeNs();
  device_.WriteRegister(reg::kCc, 4, 0);
  if (Status s = WaitCsts(1, 0, "CSTS.RDY = 0"); !s.ok()) return s;
  report->disable_ns = BoottimeNs() - start;
  if (Status s = SetUpAdminQueue(); !s.ok()) return s;
  const uint64_t enabled = BoottimeNs();
  // IOCQES 4, IOSQES 6, EN; weighted round robin where there is one.
  device_.WriteRegister(reg::kCc, 4, 0x00460001 | (HasPriorities() ? kWeightedRoundRobin : 0));
  if (Status s = WaitCsts(1, 1, "CSTS.RDY = 1"); !s.ok()) return s;
  const uint64_t ready = BoottimeNs();
  report->enable_ns = ready - enabled;
  report->ready_ns = ready - start;
  return Status::Ok();
}

Status ModelHost::Reset(ReadyReport* report) { return BringUp(report); }

Status ModelHost::Attach() {
  if (device_.Attach()) return Status::Ok();
  return Status::Error(Code::kPowerOff, device_.file().path() + " has no power");
}

Status ModelHost::Restart(ReadyReport* report) {
  if (Status s = Attach(); !s.ok()) return s;
  return BringUp(report);
}

void ModelHost::Stop(bool silent) {
  if (!silent && !by_hand_ && !device_.Dark()) ShutDown();
  device_.Halt();
  // The mapping lives as long as somebody holds a buffer of ours; the next holder need not wait for that.
  device_.file().ReleaseHold();
}

void ModelHost::ShutDown() {
  const auto cc = static_cast<uint32_t>(device_.ReadRegister(reg::kCc, 4));
  if (!(cc & 1)) return;
  device_.WriteRegister(reg::kCc, 4, (cc & ~(3u << 14)) | 1u << 14);
  (void)WaitCsts(3u << 2, 2u << 2, "CSTS.SHST = 10b");
  device_.WriteRegister(reg::kCc, 4, 0);
  (void)WaitCsts(1, 0, "CSTS.RDY = 0");
}

Status ModelHost::Internal(Sqe sqe, Cqe* cqe, uint32_t timeout_ms) {
  const uint64_t start = BoottimeNs();
  const uint64_t until = start + uint64_t{timeout_ms} * kNsPerMs;
  HostSubmission submission;
  submission.sqe = sqe;
  submission.tag = kInternalTag;
  bool sent = false;
  while (BoottimeNs() < until) {
    if (!sent) {
      const SubmitOutcome outcome = admin_->queue.Submit(submission);
      if (outcome == SubmitOutcome::kGone) return Status::Error(Code::kGone, "the drive lost its power");
      sent = outcome == SubmitOutcome::kOk;
    }
    HostCompletion completion;
    while (admin_->queue.Poll(&completion, 1) == 1) {
      if (completion.tag != kInternalTag) {
        admin_->kept.push_back(completion);
        continue;
      }
      if (options_.on_internal_admin) options_.on_internal_admin(submission.sqe, completion.cqe, start, BoottimeNs());
      *cqe = completion.cqe;
      return Status::Ok();
    }
    if (admin_->queue.Gone()) return Status::Error(Code::kGone, "the drive lost its power");
    admin_->queue.Wait(until, false);
  }
  return Status::Error(Code::kTimeout, "an admin command of the driver took longer than " + std::to_string(timeout_ms) + " ms");
}

Status ModelHost::SetUpAdminQueue() {
  by_hand_ = false;
  admin_->queue.Clear();
  admin_->kept.clear();
  device_.WriteRegister(reg::kAqa, 4, (kAdminEntries - 1) << 16 | (kAdminEntries - 1));
  device_.WriteRegister(reg::kAsq, 8, admin_->queue.sq_address());
  device_.WriteRegister(reg::kAcq, 8, admin_->queue.cq_address());
  return Status::Ok();
}

HostLimits ModelHost::Limits() const {
  const DriveHeader& h = const_cast<Device&>(device_).file().header();
  HostLimits limits;
  limits.max_qpairs = h.max_qpairs;
  limits.max_queue_entries = h.max_queue_entries;
  limits.max_transfer_bytes = 511 * kPageBytes;  // one PRP list page a command
  limits.ready_timeout_ms = 10'000;
  limits.bar_bytes = kBarBytes;
  return limits;
}

Status OpenModel(const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out, ReadyReport* report) {
  std::unique_ptr<DriveFile> file;
  if (Status s = DriveFile::OpenAsHolder(address.address, &file); !s.ok()) return s;
  if (file->header().power.load() != kPowerOn) return Status::Error(Code::kPowerOff, address.address + " has no power");
  auto host = std::make_unique<ModelHost>(std::move(file), options);
  if (options.bring_up) {
    if (Status s = host->BringUp(report); !s.ok()) return s;
  }
  *out = std::move(host);
  return Status::Ok();
}

}  // namespace assay::model

namespace assay {
extern const HostTransport kModelTransport = {"model", model::OpenModel, true, true};
}
