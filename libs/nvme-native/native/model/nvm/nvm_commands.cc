#include "nvm_commands.h"

#include "model/faults/effects.h"
#include "model/reply.h"
#include "zones.h"

namespace assay::model {

using N = NvmCommands;
using namespace nvm_opcode;
using namespace key_value_opcode;

const NvmCommands::Entry NvmCommands::kTable[] = {
    {kRead, kBlocks, &N::Read, kRanged | kMoves | kReads, effect::kSupported},
    {kWrite, kBlocks, &N::Write, kRanged | kMoves | kWrites, effect::kSupported | effect::kContent},
    {kFlush, kAll, &N::Flush, 0, effect::kSupported},
    {kCompare, kBlocks, &N::Compare, kRanged | kMoves | kReads, effect::kSupported},
    {kVerify, kBlocks, &N::Verify, kRanged | kReads, effect::kSupported},
    {kWriteZeroes, kBlocks, &N::WriteZeroes, kRanged | kWrites, effect::kSupported | effect::kContent},
    {kWriteUncorrectable, kBlocks, &N::WriteUncorrectable, kRanged | kWrites, effect::kSupported | effect::kContent},
    {kDatasetManagement, kBlocks, &N::DatasetManagement, kWrites, effect::kSupported | effect::kContent},
    {kCopy, kBlocks, &N::Copy, kReads | kWrites, effect::kSupported | effect::kContent},
    {kReservationRegister, kAll, &N::ReservationRegister, 0, effect::kSupported},
    {kReservationReport, kAll, &N::ReservationReport, 0, effect::kSupported},
    {kIoManagementReceive, kBlocks, &N::IoManagementReceive, kPlacement, effect::kSupported},
    {kIoManagementSend, kBlocks, &N::IoManagementSend, kPlacement, effect::kSupported},
    {kReservationAcquire, kAll, &N::ReservationAcquire, 0, effect::kSupported},
    {kReservationRelease, kAll, &N::ReservationRelease, 0, effect::kSupported},
    {kZoneManagementSend, kZones, &N::ZoneManagementSend, kWrites, effect::kSupported | effect::kContent},
    {kZoneManagementReceive, kZones, &N::ZoneManagementReceive, 0, effect::kSupported},
    {kZoneAppend, kZones, &N::ZoneAppend, kRanged | kMoves | kWrites, effect::kSupported | effect::kContent},
    {kStore, kValues, &N::Store, kKeyed | kWrites, effect::kSupported | effect::kContent},
    {kRetrieve, kValues, &N::Retrieve, kKeyed | kReads, effect::kSupported},
    {kListKeys, kValues, &N::ListKeys, kReads, effect::kSupported},
    {kDeleteKey, kValues, &N::DeleteKey, kKeyed | kWrites, effect::kSupported | effect::kContent},
    {kExist, kValues, &N::Exist, kKeyed | kReads, effect::kSupported},
};

bool NvmCommands::Supported(const DriveHeader& header, const Entry& entry) { return !(entry.kind & kPlacement) || header.placement_offset != 0; }

const NvmCommands::Entry* NvmCommands::Find(const DriveHeader& header, uint8_t opcode, uint32_t command_set) {
  for (const Entry& known : kTable) {
    if (known.opcode == opcode && (known.sets >> command_set & 1) && Supported(header, known)) return &known;
  }
  return nullptr;
}

Device::Outcome NvmCommands::Execute(const Sqe& sqe) {
  if (d_.background_.Sanitizing()) return Fail(status::kSanitizeInProgress);
  if (sqe.opc == kFlush && sqe.nsid == UINT32_MAX) return FlushAll();
  if (!d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  Media* media = d_.namespaces_.Active(sqe.nsid);
  if (media == nullptr) return Fail(status::kInvalidField);
  const Entry* entry = Find(*d_.header_, sqe.opc, media->record().command_set);
  if (entry == nullptr) return Fail(status::kInvalidOpcode);
  if (const uint16_t status = CheckFormatKnown(*media, entry->kind)) return Fail(status);
  if (const uint16_t status = CheckReservation(sqe, *media, entry->kind)) return Fail(status);
  if ((entry->kind & kWrites) && media->record().write_protected) return Fail(status::kWriteProtected);
  if (entry->kind & kRanged) {
    if (const uint16_t status = CheckRange(sqe, *media, entry->kind)) return Fail(status);
    if (const uint16_t status = CheckLocks(sqe, *media, entry->kind)) return Fail(status);
    if (const uint16_t status = d_.faults_.BadStatus(sqe.opc, sqe.Slba(), LbasOf(sqe))) return Fail(status);
  }
  if (entry->kind & kKeyed) {
    if (const uint16_t status = CheckKey(sqe, *media)) return Fail(status);
    if (const uint16_t status = d_.faults_.BadStatus(sqe.opc, 0, 0)) return Fail(status);
  }
  return (this->*entry->run)(sqe, *media);
}

uint16_t NvmCommands::CheckRange(const Sqe& sqe, const Media& media, uint32_t kind) const {
  const uint64_t count = LbasOf(sqe);
  if ((kind & kMoves) && count * media.lba_bytes() > d_.header_->mdts_bytes) return status::kInvalidField;
  const uint64_t total = media.lba_count();
  if (sqe.Slba() >= total || count > total - sqe.Slba()) return status::kLbaOutOfRange;
  if (media.record().pi_type == 0) return 0;
  const NamespaceProtection format = ProtectionFormatOf(media);
  return CheckRequest(format, ProtectionOf(format, sqe), sqe.Slba(), (kind & kWrites) != 0);
}

uint16_t NvmCommands::CheckFormatKnown(const Media& media, uint32_t kind) const {
  return (kind & (kReads | kWrites)) && media.format().Extended() && !d_.KnowsExtendedFormats() ? status::kInvalidNamespace : 0;
}

uint16_t NvmCommands::CheckLocks(const Sqe& sqe, const Media& media, uint32_t kind) const {
  const bool reads = (kind & kReads) && d_.opal_.Denies(media.nsid(), sqe.Slba(), LbasOf(sqe), false);
  const bool writes = (kind & kWrites) && d_.opal_.Denies(media.nsid(), sqe.Slba(), LbasOf(sqe), true);
  return reads || writes ? status::kAccessDenied : 0;
}

void NvmCommands::Durable(const Sqe& sqe, const Media& media, uint64_t slba, uint64_t lba_count, Device::Outcome* outcome) const {
  if ((sqe.cdw12 & kCdw12Fua) || !d_.VolatileCacheEnabled()) {
    outcome->nsid = media.nsid();
    outcome->slba = slba;
    outcome->durable_lbas = lba_count;
  }
}

uint16_t NvmCommands::MayWrite(Media& media, uint64_t slba, uint64_t lba_count) const {
  if (d_.health_.ReadOnly()) return status::kWriteProtected;
  return media.record().command_set == kZonedCommandSet ? Zones(d_.file(), media).MayWrite(slba, lba_count) : 0;
}

void NvmCommands::Wrote(Media& media, uint64_t slba, uint64_t lba_count) const {
  if (media.record().command_set == kZonedCommandSet) Zones(d_.file(), media).Wrote(slba, lba_count);
}

// What zoned namespaces have besides is told with the NVM command set too.
void NvmCommands::FillEffects(const DriveHeader& header, uint32_t command_set, uint8_t* page) {
  const uint32_t sets = command_set == kKeyValueCommandSet ? uint32_t{kValues} : uint32_t{kBlocks};
  for (const Entry& entry : kTable) {
    if ((entry.sets & sets) && Supported(header, entry)) Put(page, entry.opcode * 4, entry.effects);
  }
}

}  // namespace assay::model
