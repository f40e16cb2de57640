// Queue pairs of the model host: creation and deletion by admin commands.
#include "model_admin_qpair.h"

namespace assay::model {
namespace {

constexpr uint32_t kDeleteMs = 250;

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "%02x/%02x", value >> 9 & 7, value >> 1 & 0xff);
  return text;
}

}  // namespace

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

}  // namespace assay::model
