#include "nvm_commands.h"

#include "model/faults/effects.h"
#include "model/reply.h"
#include "zones.h"

namespace assay::model {

using N = NvmCommands;
using namespace nvm_opcode;

const NvmCommands::Entry NvmCommands::kTable[] = {
    {kRead, &N::Read, kRanged | kMoves | kReads, effect::kSupported},
    {kWrite, &N::Write, kRanged | kMoves | kWrites, effect::kSupported | effect::kContent},
    {kFlush, &N::Flush, 0, effect::kSupported},
    {kCompare, &N::Compare, kRanged | kMoves | kReads, effect::kSupported},
    {kVerify, &N::Verify, kRanged | kReads, effect::kSupported},
    {kWriteZeroes, &N::WriteZeroes, kRanged | kWrites, effect::kSupported | effect::kContent},
    {kWriteUncorrectable, &N::WriteUncorrectable, kRanged | kWrites, effect::kSupported | effect::kContent},
    {kDatasetManagement, &N::DatasetManagement, kWrites, effect::kSupported | effect::kContent},
    {kCopy, &N::Copy, kReads | kWrites, effect::kSupported | effect::kContent},
    {kReservationRegister, &N::ReservationRegister, 0, effect::kSupported},
    {kReservationReport, &N::ReservationReport, 0, effect::kSupported},
    {kReservationAcquire, &N::ReservationAcquire, 0, effect::kSupported},
    {kReservationRelease, &N::ReservationRelease, 0, effect::kSupported},
    {kZoneManagementSend, &N::ZoneManagementSend, kWrites | kZoned, effect::kSupported | effect::kContent},
    {kZoneManagementReceive, &N::ZoneManagementReceive, kZoned, effect::kSupported},
    {kZoneAppend, &N::ZoneAppend, kRanged | kMoves | kWrites | kZoned, effect::kSupported | effect::kContent},
};

Device::Outcome NvmCommands::Execute(const Sqe& sqe) {
  if (d_.background_.Sanitizing()) return Fail(status::kSanitizeInProgress);
  const Entry* entry = nullptr;
  for (const Entry& known : kTable) {
    if (known.opcode != sqe.opc) continue;
    entry = &known;
    break;
  }
  if (sqe.opc == kFlush && sqe.nsid == UINT32_MAX) return FlushAll();
  if (!d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  Media* media = d_.namespaces_.Active(sqe.nsid);
  if (media == nullptr) return Fail(status::kInvalidField);
  const bool zoned = media->record().command_set == kZonedCommandSet;
  if (entry == nullptr || ((entry->kind & kZoned) && !zoned)) return Fail(status::kInvalidOpcode);
  if (const uint16_t status = CheckReservation(sqe, *media, entry->kind)) return Fail(status);
  if ((entry->kind & kWrites) && media->record().write_protected) return Fail(status::kWriteProtected);
  if (entry->kind & kRanged) {
    if (const uint16_t status = CheckRange(sqe, *media, entry->kind)) return Fail(status);
    if (const uint16_t status = CheckLocks(sqe, *media, entry->kind)) return Fail(status);
    if (const uint16_t status = d_.faults_.BadStatus(sqe.opc, sqe.Slba(), LbasOf(sqe))) return Fail(status);
  }
  return (this->*entry->run)(sqe, *media);
}

uint16_t NvmCommands::CheckRange(const Sqe& sqe, const Media& media, uint32_t kind) const {
  const uint64_t count = LbasOf(sqe);
  if ((kind & kMoves) && count * media.lba_bytes() > d_.header_->mdts_bytes) return status::kInvalidField;
  const uint64_t total = media.lba_count();
  if (sqe.Slba() >= total || count > total - sqe.Slba()) return status::kLbaOutOfRange;
  return CheckRequest(ProtectionFormatOf(media), ProtectionOf(sqe), sqe.Slba(), (kind & kWrites) != 0);
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

void NvmCommands::FillEffects(uint8_t* page) {
  for (const Entry& entry : kTable) Put(page, entry.opcode * 4, entry.effects);
}

}  // namespace assay::model
