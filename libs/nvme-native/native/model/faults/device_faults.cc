// What a planted defect of the controller does to the bus: completions that are late, lost, doubled or wrong, CSTS.CFS,
// a drive that leaves and comes back.
#include <algorithm>

#include "model/device/device.h"
#include "model/device/power_switch.h"

namespace assay::model {

void Device::Afflict(const Sqe& sqe, uint64_t now_ns, Outcome* outcome) {
  const Affliction affliction = faults_.Afflict(sqe, HasLbas(sqe));
  outcome->lost = outcome->lost || affliction.lost;
  outcome->duplicated = affliction.duplicated;
  outcome->wrong_cid = affliction.wrong_cid;
  outcome->delay_ns += affliction.late_ms * kNsPerMs;
  if (affliction.stall_ms != 0) stalled_until_ns_ = now_ns + affliction.stall_ms * kNsPerMs;
  outcome->lost = outcome->lost || affliction.fatal || affliction.removed;
  if (affliction.fatal) Fail();
  if (affliction.removed) {
    removed_ = true;
    returns_at_ns_ = affliction.removed_ms == 0 ? kNever : now_ns + affliction.removed_ms * kNsPerMs;
  }
}

// Nobody is told by an interrupt in truth; but a host that looked at CSTS now would see it, and ours looks when woken.
void Device::Fail() {
  csts_.fetch_or(kCstsFatal);
  for (uint16_t qid = 0; qid < cq_.size(); qid++) notify_.push_back(qid);
}

// A cid that no command in flight can have: the host must not take it for one of its own.
uint16_t Device::ForeignCid(uint16_t sqid, uint16_t cid) const {
  const auto in_flight = [&](uint16_t candidate) {
    return std::any_of(pending_.begin(), pending_.end(), [&](const Pending& p) { return p.cqe.sqid == sqid && p.cqe.cid == candidate; });
  };
  uint16_t foreign = static_cast<uint16_t>(cid ^ 0x8000);
  while (in_flight(foreign)) foreign++;
  return foreign;
}

// Outside of a turn: the switch waits until the device thread stands still.
void Device::LeaveTheSlot() {
  PowerReport report;
  removed_ = !SwitchPower(file_->path(), false, &report).ok();
}

void Device::ComeBack() {
  returns_at_ns_ = kNever;
  PowerReport report;
  (void)SwitchPower(file_->path(), true, &report);
}

}  // namespace assay::model
