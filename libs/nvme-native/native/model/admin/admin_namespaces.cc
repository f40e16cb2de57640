// Format NVM, Namespace Management and Namespace Attachment (NVMe Base 2.0, 5.14, 5.22, 5.21).
#include "admin_commands.h"
#include "identify.h"
#include "model/nvm/protection.h"
#include "model/reply.h"
#include "model/nvm/zones.h"
#include "log_pages.h"

namespace assay::model {
namespace {

constexpr uint16_t kControllerId = 0;
constexpr uint32_t kMaxControllers = 2047;
// Of the page that a namespace is created with.
constexpr size_t kEnduranceGroupAt = 102, kPlacementCountAt = 392, kPlacementHandlesAt = 512;
constexpr uint32_t kMaxPlacementHandles = 128;
constexpr uint32_t kStorageTagMask = 384;  // LBSTM (NVM Command Set 1.0, figure 110)

// Metadata settings as Format NVM and the creation of a namespace give them; a status without phase. `extended`: the host
// knows extended LBA formats.
uint16_t CheckFormat(uint32_t format, uint32_t pi_type, bool extended) {
  if (format >= (extended ? kLbaFormatCount : kPlainLbaFormats)) return status::kInvalidFormat;
  if (kLbaFormats[format].Extended() && !extended) return status::kInvalidNamespace;
  if (pi_type > 3) return status::kInvalidField;
  if (pi_type != 0 && kLbaFormats[format].metadata_bytes < TupleBytes(kLbaFormats[format].guard)) return status::kInvalidFormat;
  return 0;
}

// LBAFU is for hosts that know extended LBA formats.
uint32_t FormatOf(uint32_t cdw10, bool extended) { return (cdw10 & 15) | (extended ? cdw10 >> 12 & 3 : 0) << 4; }

void SetFormat(NamespaceRecord& ns, uint32_t format, bool extended, uint32_t pi_type, bool pi_first) {
  const uint64_t old_bytes = kLbaFormats[ns.lba_format].lba_bytes;
  const uint64_t new_bytes = kLbaFormats[format].lba_bytes;
  ns.lba_count = ns.lba_count * old_bytes / new_bytes;
  ns.zone_lbas = ns.zone_lbas * old_bytes / new_bytes;
  ns.zone_capacity = ns.zone_capacity * old_bytes / new_bytes;
  ns.lba_format = format;
  ns.extended = extended && kLbaFormats[format].metadata_bytes != 0;
  ns.pi_type = pi_type;
  ns.pi_first = pi_type != 0 && pi_first;
}

}  // namespace

uint16_t AdminCommands::FormatOne(Media& media, uint32_t cdw10) {
  const uint32_t format = FormatOf(cdw10, d_.KnowsExtendedFormats());
  if (media.record().write_protected) return status::kWriteProtected;
  if (d_.ReservationsOf(media.nsid()).Denies(d_.host_id_, true)) return status::kReservationConflict;
  if (d_.placement_.Enabled()) {
    if (const uint16_t status = d_.placement_.MayHaveFormat(media.nsid(), format, d_.header_->namespaces)) return status;
  }
  const bool values = media.record().command_set == kKeyValueCommandSet;
  // There is one KV format.
  if (values && (format != 0 || (cdw10 >> 5 & 7) != 0)) return status::kInvalidFormat;
  if (!values) SetFormat(media.record(), format, cdw10 >> 4 & 1, cdw10 >> 5 & 7, cdw10 >> 8 & 1);
  media.Erase();
  return 0;
}

Device::Outcome AdminCommands::Format(const Sqe& sqe) {
  Media* one = d_.namespaces_.Active(sqe.nsid);
  if (sqe.nsid != UINT32_MAX && !d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  if (sqe.nsid != UINT32_MAX && one == nullptr) return Fail(status::kInvalidField);
  const uint32_t secure_erase = sqe.cdw10 >> 9 & 7;
  const bool extended = d_.KnowsExtendedFormats();
  const uint32_t format = FormatOf(sqe.cdw10, extended);
  if (one != nullptr && one->format().Extended() && !extended) return Fail(status::kInvalidNamespace);
  if (const uint16_t status = CheckFormat(format, sqe.cdw10 >> 5 & 7, extended)) return Fail(status);
  bool others = false;
  d_.namespaces_.ForEachAllocated([&](const Media& media) {
    if (media.record().attached && (one == nullptr || one == &media)) others = others || media.record().lba_format != format;
  });
  // A storage tag comes with a namespace, and with its mask: a format keeps it or takes it away.
  if (others && kLbaFormats[format].storage_bits != 0) return Fail(status::kInvalidNamespace);
  if (secure_erase > 2) return Fail(status::kInvalidField);
  if (d_.opal_.AnyWriteLocked()) return Fail(status::kOperationDenied);
  d_.NoteFormat(sqe, 0, false);
  d_.background_.EndSelfTest(kTestEndedByFormat);
  uint16_t status = 0;
  d_.namespaces_.ForEachAllocated([&](Media& media) {
    if (media.record().attached && (one == nullptr || one == &media) && status == 0) status = FormatOne(media, sqe.cdw10);
  });
  d_.NoteFormat(sqe, status, true);
  Device::Outcome outcome = Fail(status);
  outcome.delay_ns = uint64_t{d_.header_->format_ms} * kNsPerMs;
  return outcome;
}

Device::Outcome AdminCommands::NamespaceManagement(const Sqe& sqe) {
  if (d_.opal_.Activated()) return Fail(status::kOperationDenied);
  switch (sqe.cdw10 & 15) {
    case 0: return CreateNamespace(sqe);
    case 1: return DeleteNamespace(sqe);
    default: return Fail(status::kInvalidField);
  }
}

// NVM Command Set 1.1, 4.1.6.3. What the drive has no use for is ignored.
uint16_t AdminCommands::PlacementOf(const uint8_t* page, const NamespaceRecord& ns, PlacementHandles* handles) const {
  if (!d_.placement_.Enabled()) return 0;
  if (ns.command_set != kNvmCommandSet) return status::kCommandSetNotSupported;
  if (const auto group = Get<uint16_t>(page, kEnduranceGroupAt); group > kEnduranceGroup) return status::kInvalidField;
  uint16_t list[kMaxPlacementHandles];
  std::memcpy(list, page + kPlacementHandlesAt, sizeof list);
  return d_.placement_.ChooseHandles(list, Get<uint16_t>(page, kPlacementCountAt), ns.lba_format, d_.header_->namespaces, handles);
}

Device::Outcome AdminCommands::CreateNamespace(const Sqe& sqe) {
  uint8_t page[kIdentifyBytes];
  if (const uint16_t status = Take(sqe, page, sizeof page)) return Fail(status);
  const uint32_t command_set = sqe.cdw11 >> 24;
  const uint32_t format = (page[26] & 15) | (page[26] >> 5 & 3) << 4;
  if (command_set != kNvmCommandSet && command_set != kZonedCommandSet) return Fail(status::kCommandSetNotSupported);
  if (const uint16_t status = CheckFormat(format, page[29] & 7, d_.KnowsExtendedFormats())) return Fail(status);
  const auto lba_count = Get<uint64_t>(page, 0);
  if (Get<uint64_t>(page, 8) != lba_count) return Fail(status::kThinProvisioning);
  if (lba_count == 0) return Fail(status::kInvalidField);
  const uint64_t lba_bytes = kLbaFormats[format].lba_bytes;
  if (lba_count > d_.header_->capacity_bytes / lba_bytes) return Fail(status::kInsufficientCapacity);
  NamespaceRecord ns{};
  ns.lba_format = format;
  ns.lba_count = lba_count;
  ns.bytes = (lba_count * lba_bytes + kNamespaceGranularity - 1) / kNamespaceGranularity * kNamespaceGranularity;
  ns.command_set = command_set;
  ns.compared_storage = Get<uint64_t>(page, kStorageTagMask);
  SetFormat(ns, format, page[26] >> 4 & 1, page[29] & 7, page[29] >> 3 & 1);
  if (command_set == kZonedCommandSet && !ZoneLayout(&ns)) return Fail(status::kInvalidField);
  PlacementHandles handles{};
  if (const uint16_t status = PlacementOf(page, ns, &handles)) return Fail(status);
  uint32_t nsid = 0;
  if (const uint16_t status = d_.namespaces_.Create(ns, &nsid)) return Fail(status);
  if (d_.placement_.Enabled()) d_.placement_.Of(nsid) = handles;
  d_.NoteNamespace(sqe, nsid, ns);
  return Value(nsid);
}

Device::Outcome AdminCommands::DeleteNamespace(const Sqe& sqe) {
  const bool all = sqe.nsid == UINT32_MAX;
  if (!all && !d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  if (!all && d_.namespaces_.Allocated(sqe.nsid) == nullptr) return Fail(status::kInvalidField);
  for (uint32_t nsid = 1; nsid <= d_.namespaces_.max(); nsid++) {
    const Media* media = d_.namespaces_.Allocated(nsid);
    if (media == nullptr || (!all && nsid != sqe.nsid)) continue;
    if (d_.ReservationsOf(nsid).Denies(d_.host_id_, true)) return Fail(status::kReservationConflict);
    const bool attached = media->record().attached != 0;
    d_.NoteNamespace(sqe, nsid, media->record());
    d_.streams_.Forget(nsid);
    if (d_.placement_.Supported()) d_.placement_.Of(nsid) = {};
    d_.header_->reservations[nsid - 1] = {};
    d_.namespaces_.Delete(nsid);
    d_.error_recovery_[nsid - 1] = d_.features_[0x05];
    if (attached) d_.NamespaceChanged(nsid);
  }
  return {};
}

Device::Outcome AdminCommands::NamespaceAttachment(const Sqe& sqe) {
  const uint32_t select = sqe.cdw10 & 15;
  if (select > 1) return Fail(status::kInvalidField);
  if (!d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  Media* media = d_.namespaces_.Allocated(sqe.nsid);
  if (media == nullptr) return Fail(status::kInvalidField);
  uint16_t list[kMaxControllers + 1];
  if (const uint16_t status = Take(sqe, list, sizeof list)) return Fail(status);
  if (list[0] == 0 || list[0] > kMaxControllers) return Fail(status::kInvalidControllerList);
  for (uint32_t i = 1; i <= list[0]; i++) {
    if (list[i] != kControllerId) return Fail(status::kInvalidControllerList);
  }
  uint32_t& attached = media->record().attached;
  if (select == 0 && attached) return Fail(status::kAlreadyAttached);
  if (select == 1 && !attached) return Fail(status::kNotAttached);
  attached = select == 0;
  d_.NamespaceChanged(sqe.nsid);
  return {};
}

}  // namespace assay::model
