#include "model_host.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "../core/host_table.h"
#include "prp.h"

namespace assay::model {
namespace {

constexpr uint32_t kAdminEntries = 128;
constexpr uint64_t kInternalTag = uint64_t{1} << 63;
constexpr uint32_t kWeightedRoundRobin = 1u << 11;  // CC.AMS
constexpr uint32_t kDeleteMs = 250;
constexpr uint32_t kFatal = 2;  // CSTS.CFS
constexpr uint64_t kRegisterPollNs = 200'000;

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "%02x/%02x", value >> 9 & 7, value >> 1 & 0xff);
  return text;
}

}  // namespace

// The admin queue with a place for completions that an internal command reaped on its way.
class ModelHost::AdminQpair final : public HostQpair {
 public:
  explicit AdminQpair(Device* device) : queue(device, {.entries = kAdminEntries}, 0) {}
  uint16_t Qid() const override { return 0; }
  uint32_t MaxOutstanding() const override { return queue.MaxOutstanding(); }
  SubmitOutcome Submit(HostSubmission& submission) override { return queue.Submit(submission); }
  size_t Poll(HostCompletion* out, size_t max) override {
    size_t n = 0;
    for (; n < max && !kept.empty(); n++) {
      out[n] = kept.front();
      kept.pop_front();
    }
    return n + queue.Poll(out + n, max - n);
  }
  bool Gone() const override { return kept.empty() && queue.Gone(); }
  void Wait(uint64_t until_ns, bool spin) override {
    if (kept.empty()) queue.Wait(until_ns, spin);
  }
  void Wake() override { queue.Wake(); }
  Status Recover() override { return Status::Ok(); }  // BringUp made it again

  ModelQpair queue;
  std::deque<HostCompletion> kept;
};

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

Status ModelHost::Restart(ReadyReport* report) {
  if (!device_.Attach()) return Status::Error(Code::kPowerOff, device_.file().path() + " has no power");
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

Status ModelHost::CreateOnDrive(ModelQpair& qpair) {
  Cqe cqe;
  Sqe sqe{};
  sqe.opc = admin_opcode::kCreateCq;
  sqe.prp1 = qpair.cq_address();
  sqe.cdw10 = (qpair.entries() - 1) << 16 | qpair.Qid();
  const QpairOptions& options = qpair.options();
  const uint32_t vector = options.vector == QpairOptions::kOwnQid ? qpair.Qid() : options.vector;
  sqe.cdw11 = options.interrupts ? vector << 16 | 3 : 1;
  if (Status s = Internal(sqe, &cqe, options_.timeout_ms); !s.ok()) return s;
  if (!cqe.Ok()) return Status::Error(Code::kQpair, "Create I/O Completion Queue " + std::to_string(qpair.Qid()) + " ended with " + Hex(cqe.status));
  sqe.opc = admin_opcode::kCreateSq;
  sqe.prp1 = qpair.sq_address();
  sqe.cdw11 = uint32_t{qpair.Qid()} << 16 | uint32_t{options.priority} << 1 | 1;
  if (Status s = Internal(sqe, &cqe, options_.timeout_ms); !s.ok()) return s;
  if (!cqe.Ok()) return Status::Error(Code::kQpair, "Create I/O Submission Queue " + std::to_string(qpair.Qid()) + " ended with " + Hex(cqe.status));
  return Status::Ok();
}

bool ModelHost::HasPriorities() { return (device_.ReadRegister(reg::kCap, 8) >> 17 & 1) && !device_.Lost(); }

Status ModelHost::CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) {
  if (options.priority != 0 && !HasPriorities()) return Status::Error(Code::kQpair, "priority " + std::to_string(options.priority) + ": this drive has no weighted round robin");
  uint16_t qid = 1;
  while (qid < qids_.size() && qids_[qid]) qid++;
  if (qid == qids_.size()) return Status::Error(Code::kQpair, "all " + std::to_string(qids_.size() - 1) + " I/O queue pairs of the drive are in use");
  auto qpair = std::make_unique<ModelQpair>(&device_, options, qid);
  if (Status s = CreateOnDrive(*qpair); !s.ok()) return s;
  qpair->violations = &violations_;
  qpair->create_on_drive = [this](ModelQpair& self) { return CreateOnDrive(self); };
  qids_[qid] = true;
  *out = std::move(qpair);
  return Status::Ok();
}

void ModelHost::DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) {
  const uint16_t qid = qpair->Qid();
  if (!silent && !device_.Lost()) {
    Cqe cqe;
    Sqe sqe{};
    sqe.cdw10 = qid;
    sqe.opc = admin_opcode::kDeleteSq;
    // A drive that does not answer must not hold up the end.
    if (Internal(sqe, &cqe, kDeleteMs).ok()) {
      sqe.opc = admin_opcode::kDeleteCq;
      (void)Internal(sqe, &cqe, kDeleteMs);
    }
  }
  device_.DropQueue(qid);
  qids_[qid] = false;
}

Status ModelHost::ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) {
  *value = device_.ReadRegister(offset, bytes);
  const uint64_t ones = bytes == 8 ? UINT64_MAX : UINT32_MAX;
  // A register may be all ones by right; the version never is.
  if (*value == ones && device_.ReadRegister(reg::kVs, 4) == UINT32_MAX) return Status::Error(Code::kGone, "the device answers all ones: it is gone");
  return Status::Ok();
}

Status ModelHost::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (device_.Dark()) return Status::Error(Code::kGone, "the device is gone");
  device_.WriteRegister(offset, bytes, value);
  return Status::Ok();
}

void* ModelHost::AllocBuffer(size_t bytes) {
  const size_t rounded = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  void* memory = std::aligned_alloc(kPageBytes, rounded);
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0, rounded);
  device_.memory().Map(reinterpret_cast<uint64_t>(memory), static_cast<uint8_t*>(memory), rounded, {memory, std::free});
  return memory;
}

void ModelHost::FreeBuffer(void* memory) { device_.memory().Unmap(reinterpret_cast<uint64_t>(memory)); }

Status ModelHost::Lend(uint64_t bytes, bool scattered, DmaRegion* out) {
  const uint64_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  out->memory = AllocatePages(bytes);
  if (out->memory == nullptr) return Status::Error(Code::kQpair, "no memory for " + std::to_string(bytes) + " bytes");
  out->bytes = pages * kPageBytes;
  // A page that is not lent lies behind each piece: what runs over an end does not reach a neighbour.
  const uint64_t step = scattered ? 2 : 1;
  const uint64_t first = next_address_.fetch_add((pages * step + 1) * kPageBytes);
  for (uint64_t page = 0; page < pages; page++) out->pages.push_back(first + page * step * kPageBytes);
  if (!scattered) {
    device_.memory().Map(first, out->memory.get(), out->bytes, out->memory);
    return Status::Ok();
  }
  std::reverse(out->pages.begin(), out->pages.end());
  for (uint64_t page = 0; page < pages; page++) {
    device_.memory().Map(out->pages[page], out->memory.get() + page * kPageBytes, kPageBytes, out->memory);
  }
  return Status::Ok();
}

void ModelHost::TakeBack(const DmaRegion& region) {
  for (uint64_t page : region.pages) device_.memory().Unmap(page);
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

Status ModelHost::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  device_.ReadConfig(offset, to, bytes);
  if (device_.Dark()) return Status::Error(Code::kGone, "the device answers all ones: it is gone");
  return Status::Ok();
}

Status ModelHost::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  if (device_.Dark()) return Status::Error(Code::kGone, "the device is gone");
  device_.WriteConfig(offset, from, bytes);
  return Status::Ok();
}

Status ModelHost::HotReset() {
  if (device_.Dark()) return Status::Error(Code::kGone, "the device is gone");
  device_.ResetFunction();
  return Status::Ok();
}

// The device reaches all memory of this process at its own address.
Status ModelHost::BusAddress(const void* memory, uint64_t* address) {
  *address = reinterpret_cast<uintptr_t>(memory);
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
extern const HostTransport kModelTransport = {"model", model::OpenModel, true};
}
