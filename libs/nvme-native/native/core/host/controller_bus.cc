// What a controller's owner does to the bus itself: nothing is written any more when the deadline has passed.
#include "controller.h"
#include "deadline.h"

namespace assay {

Status Controller::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no register is written any more");
  return host_->WriteRegister(offset, bytes, value);
}

Status Controller::Named(Status status) const {
  if (status.code == Code::kUnsupported) status.message = transport_ + ": " + status.message;
  return status;
}

Status Controller::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: nothing is written into the configuration space any more");
  return Named(host_->WriteConfig(offset, from, bytes));
}

Status Controller::HotReset() {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: the function is not reset any more");
  return Named(host_->HotReset());
}

Status Controller::SetUpAdminQueue() {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no admin queue is set up any more");
  const Status status = Named(host_->SetUpAdminQueue());
  // What the queue before had is nobody's any more.
  if (status.ok()) settled_by_set_up_ += admin_qpair_->TerminateOutstanding();
  return status;
}

}  // namespace assay
