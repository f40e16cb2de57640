// Queue pairs in memory: creation and deletion by admin commands.
#include <algorithm>
#include <cstdio>

#include "ring_host.h"

namespace assay {
namespace {

constexpr uint32_t kDeleteMs = 250;
constexpr uint32_t kNumberOfQueues = 0x07;
constexpr uint32_t kIdentifyController = 0x01;
constexpr uint64_t kIdentifyBytes = 4096;
constexpr uint32_t kSgls = 536;
constexpr uint32_t kInvalidQueueId = 1;  // of type 1; 0 is a completion queue that is not there

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "%02x/%02x", value >> 9 & 7, value >> 1 & 0xff);
  return text;
}

}  // namespace

Status RingHost::MustSucceed(const Sqe& sqe, const std::string& name, Cqe* cqe) {
  if (Status s = Internal(sqe, cqe, options_.timeout_ms); !s.ok()) return s;
  return cqe->Ok() ? Status::Ok() : Status::Error(Code::kQpair, name + " ended with " + Hex(cqe->status));
}

Status RingHost::AskForQueues(uint32_t wanted, uint32_t* granted) {
  Sqe sqe{};
  sqe.opc = admin_opcode::kSetFeatures;
  sqe.cdw10 = kNumberOfQueues;
  sqe.cdw11 = (wanted - 1) << 16 | (wanted - 1);
  Cqe cqe;
  if (Status s = MustSucceed(sqe, "Set Features Number of Queues", &cqe); !s.ok()) return s;
  *granted = std::min({wanted, (cqe.cdw0 & 0xffff) + 1, (cqe.cdw0 >> 16) + 1});
  return Status::Ok();
}

Status RingHost::AskForSgl() {
  const std::shared_ptr<uint8_t> page = bus_->QueueMemory(kIdentifyBytes);
  if (page == nullptr) return Status::Error(Code::kQpair, "no memory for Identify");
  Sqe sqe{};
  sqe.opc = admin_opcode::kIdentify;
  sqe.prp1 = bus_->AddressOf(page.get());
  sqe.cdw10 = kIdentifyController;
  Cqe cqe;
  const Status status = MustSucceed(sqe, "Identify Controller", &cqe);
  if (!status.ok() && status.code != Code::kQpair) bus_->MayStillReach(page);
  // 10b: on dword boundaries, which RingQpair keeps to anyway.
  const uint32_t support = page.get()[kSgls] & 3;
  takes_sgl_ = status.ok() && (support == 1 || support == 2);
  return status;
}

Status RingHost::CreateOnDrive(RingQpair& qpair) {
  Sqe sqe{};
  sqe.opc = admin_opcode::kCreateCq;
  sqe.prp1 = qpair.cq_address();
  sqe.cdw10 = (qpair.entries() - 1) << 16 | qpair.Qid();
  const QpairOptions& options = qpair.options();
  const uint32_t vector = options.vector == QpairOptions::kOwnQid ? qpair.Qid() : options.vector;
  sqe.cdw11 = InterruptsOn() && options.interrupts ? vector << 16 | 3 : 1;
  const std::string number = " " + std::to_string(qpair.Qid());
  Cqe cqe;
  if (Status s = MustSucceed(sqe, "Create I/O Completion Queue" + number, &cqe); !s.ok()) return s;
  sqe.opc = admin_opcode::kCreateSq;
  sqe.prp1 = qpair.sq_address();
  sqe.cdw11 = uint32_t{qpair.Qid()} << 16 | uint32_t{options.priority} << 1 | 1;
  Status status = MustSucceed(sqe, "Create I/O Submission Queue" + number, &cqe);
  if (status.code == Code::kQpair) (void)Delete(admin_opcode::kDeleteCq, qpair.Qid(), &cqe);
  return status;
}

bool RingHost::Delete(uint8_t opcode, uint16_t qid, Cqe* cqe) {
  Sqe sqe{};
  sqe.opc = opcode;
  sqe.cdw10 = qid;
  return Internal(sqe, cqe, kDeleteMs).ok();
}

bool RingHost::DeleteOnDrive(uint16_t qid) {
  Cqe cqe;
  // That there is no such queue is as good as its deletion.
  return Delete(admin_opcode::kDeleteSq, qid, &cqe) && Delete(admin_opcode::kDeleteCq, qid, &cqe) &&
         (cqe.Ok() || (cqe.Sct() == 1 && cqe.Sc() <= kInvalidQueueId));
}

void RingHost::TakeLeftIds() {
  while (!left_.empty() && DeleteOnDrive(left_.back())) {
    qids_[left_.back()] = false;
    left_.pop_back();
  }
}

bool RingHost::HasPriorities() {
  uint64_t cap = 0;
  return ReadRegister(reg::kCap, 8, &cap).ok() && (cap & kHasPriorities) && !bus_->Lost();
}

Status RingHost::CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) {
  if (options.priority != 0 && !HasPriorities()) return Status::Error(Code::kQpair, "priority " + std::to_string(options.priority) + ": this drive has no weighted round robin");
  if (options.interrupts && options.vector != QpairOptions::kOwnQid && !InterruptsOn()) {
    return Status::Error(Code::kQpair, "vector " + std::to_string(options.vector) + ": MSI-X is off, there is no vector to choose");
  }
  TakeLeftIds();
  const uint32_t most = Limits().max_qpairs;
  uint16_t qid = 1;
  while (qid <= most && qids_[qid]) qid++;
  if (qid > most) return Status::Error(Code::kQpair, "all " + std::to_string(most) + " I/O queue pairs of the drive are in use");
  auto qpair = RingQpair::Make(bus_.get(), options, qid);
  if (qpair == nullptr) return Status::Error(Code::kQpair, "no memory for a queue pair of " + std::to_string(options.entries) + " entries");
  if (Status s = CreateOnDrive(*qpair); !s.ok()) {
    if (s.code != Code::kQpair) qpair->LeaveBehind();
    return s;
  }
  qpair->violations = &violations_;
  qpair->takes_sgl = takes_sgl_;
  qpair->create_on_drive = [this](RingQpair& self) { return CreateOnDrive(self); };
  qids_[qid] = true;
  *out = std::move(qpair);
  return Status::Ok();
}

void RingHost::DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) {
  const uint16_t qid = qpair->Qid();
  // A drive that does not answer must not hold up the end.
  const bool asked = !silent && !bus_->Lost();
  const bool deleted = asked && DeleteOnDrive(qid);
  if (!deleted) static_cast<RingQpair&>(*qpair).LeaveBehind();
  bus_->DropQueue(qid);
  // A drive that has not said so may still have it.
  if (asked && !deleted) left_.push_back(qid);
  else qids_[qid] = false;
}

}  // namespace assay
