// Queues (made in queue_commands.cc), aborts and asynchronous event requests.
#include "admin_commands.h"
#include "model/nvm/queue_commands.h"
#include "model/reply.h"

namespace assay::model {

Device::Outcome AdminCommands::CreateCq(const Sqe& sqe) { return QueueCommands(d_).CreateCq(sqe); }
Device::Outcome AdminCommands::CreateSq(const Sqe& sqe) { return QueueCommands(d_).CreateSq(sqe); }
Device::Outcome AdminCommands::DeleteCq(const Sqe& sqe) { return QueueCommands(d_).DeleteCq(sqe); }
Device::Outcome AdminCommands::DeleteSq(const Sqe& sqe) { return QueueCommands(d_).DeleteSq(sqe); }

Device::Outcome AdminCommands::Abort(const Sqe& sqe) {
  Device::Outcome outcome;
  outcome.cdw0 = d_.AbortPending(sqe.cdw10 & 0xffff, static_cast<uint16_t>(sqe.cdw10 >> 16)) ? 0 : 1;
  return outcome;
}

Device::Outcome AdminCommands::AsyncEvent(const Sqe& sqe) {
  if (d_.held_events_.size() >= kAsyncEventLimit) return Fail(status::kTooManyEvents);
  d_.held_events_.push_back(sqe.cid);
  Device::Outcome outcome;
  outcome.hold = true;
  d_.SendEvents();
  return outcome;
}

}  // namespace assay::model
