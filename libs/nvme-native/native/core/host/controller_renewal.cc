// Resets and restarts: every owner stands, the controller is made ready again, the queues are made again.
#include "controller.h"
#include "deadline.h"

namespace assay {

Status Controller::MayRenew() const {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: the controller is not reset any more");
  if (renewing_) return Status::Error(Code::kReady, "a script is bringing the controller up: it is not reset meanwhile");
  return Status::Ok();
}

// What the drive completed before the reset counts as completed.
void Controller::StandStill() {
  ParkAll();
  for (auto& owner : owners_) owner->qpair->Drain();
  admin_qpair_->Drain();
}

void Controller::MakeQueuesAgain(ResetOutcome* outcome) {
  for (auto& owner : owners_) {
    if (outcome->status.ok()) outcome->status = owner->host_qpair->Recover();
    outcome->settled += owner->qpair->TerminateOutstanding();
    owner->WasReset();
  }
}

ResetOutcome Controller::Renew(Status (HostController::*how)(ReadyReport*)) {
  ResetOutcome outcome;
  outcome.status = MayRenew();
  if (!outcome.status.ok()) return outcome;
  StandStill();
  outcome.status = (host_.get()->*how)(&outcome.ready);
  MakeQueuesAgain(&outcome);
  if (outcome.status.ok()) outcome.status = host_->Admin()->Recover();
  outcome.settled += admin_qpair_->TerminateOutstanding();
  ReleaseAll();
  return outcome;
}

Status Controller::BeginRenewal(bool restart) {
  if (Status s = MayRenew(); !s.ok()) return s;
  StandStill();
  if (restart) {
    if (Status s = Named(host_->Attach()); !s.ok()) {
      ReleaseAll();
      return s;
    }
  }
  renewing_ = true;
  settled_by_set_up_ = 0;
  return Status::Ok();
}

ResetOutcome Controller::EndRenewal(bool up) {
  ResetOutcome outcome;
  if (!renewing_) return outcome;
  renewing_ = false;
  outcome.status = up ? Status::Ok() : Status::Error(Code::kReady, "the script did not bring the controller up");
  MakeQueuesAgain(&outcome);
  outcome.settled += settled_by_set_up_;
  ReleaseAll();
  return outcome;
}

// While a script brings the controller up, a doorbell would be lost.
bool Controller::AdminMaySend() {
  if (!renewing_) return true;
  uint64_t csts = 0;
  return host_->ReadRegister(reg::kCsts, 4, &csts).ok() && (csts & 1) != 0;
}

}  // namespace assay
