// Features of reservations: Host Identifier, Reservation Notification Mask, Reservation Persistence (NVMe Base 2.0,
// 5.27.1.25 to 5.27.1.27).
#include "admin_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {
constexpr uint32_t kWide = 1;                  // EXHID
constexpr uint32_t kMasks = 2 | 4 | 8;         // registration preempted, reservation released, reservation preempted
}  // namespace

// Once a host has said who it is, it stays that until the next reset of the controller.
Device::Outcome AdminCommands::SetHostId(const Sqe& sqe, uint32_t* value) {
  HostId wanted = {};
  const bool wide = sqe.cdw11 & kWide;
  if (const uint16_t status = Take(sqe, wanted.data(), wide ? kHostIdBytes : kHostIdBytes / 2)) return Fail(status);
  if (d_.host_id_ != HostId{} && (d_.host_id_ != wanted || d_.wide_host_id_ != wide)) return Fail(status::kSequenceError);
  if (wide && wanted == HostId{}) return Fail(status::kInvalidField);
  d_.host_id_ = wanted;
  d_.wide_host_id_ = wide;
  *value = 0;
  return {};
}

Device::Outcome AdminCommands::GetHostId(const Sqe& sqe) {
  return Give(sqe, d_.host_id_.data(), sqe.cdw11 & kWide ? kHostIdBytes : kHostIdBytes / 2);
}

Device::Outcome AdminCommands::SetNotificationMask(const Sqe& sqe, uint32_t* value) {
  *value = sqe.cdw11 & kMasks;
  for (uint32_t nsid = 1; nsid <= kMaxNamespaces; nsid++) {
    if (sqe.nsid == UINT32_MAX || sqe.nsid == nsid) d_.notification_mask_[nsid - 1] = *value;
  }
  return {};
}

Device::Outcome AdminCommands::GetNotificationMask(const Sqe& sqe) {
  if (!d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  return Value(d_.notification_mask_[sqe.nsid - 1]);
}

Device::Outcome AdminCommands::SetPersistence(const Sqe& sqe, uint32_t* value) {
  *value = sqe.cdw11 & 1;
  for (uint32_t nsid = 1; nsid <= d_.namespaces_.max(); nsid++) {
    if (sqe.nsid == UINT32_MAX || sqe.nsid == nsid) d_.header_->reservations[nsid - 1].persists = *value;
  }
  return {};
}

Device::Outcome AdminCommands::GetPersistence(const Sqe& sqe) {
  if (!d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  return Value(d_.header_->reservations[sqe.nsid - 1].persists);
}

}  // namespace assay::model
