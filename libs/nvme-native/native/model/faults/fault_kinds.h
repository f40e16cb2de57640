// The one table of the defects that a software drive can have. src/model/faults.ts has the same names.
#pragma once
#include "model/media/drive_layout.h"

namespace assay::model {

// What a rule of this kind is asked about.
enum class FaultTarget : uint8_t { kCommand, kStatus, kFlush, kPowerLoss, kRead, kSector, kBringUp, kHealth };

struct FaultKindInfo {
  FaultKind kind;
  const char* name;
  FaultTarget target;
};

constexpr FaultKindInfo kFaultKinds[] = {
    {FaultKind::kSilentCorruption, "silent-corruption", FaultTarget::kSector},
    {FaultKind::kFlushLies, "flush-lies", FaultTarget::kFlush},
    {FaultKind::kBadStatus, "bad-status", FaultTarget::kStatus},
    {FaultKind::kStall, "stall", FaultTarget::kCommand},
    {FaultKind::kLostCompletion, "lost-completion", FaultTarget::kCommand},
    {FaultKind::kSlowReady, "slow-ready", FaultTarget::kBringUp},
    {FaultKind::kFailedActivation, "failed-activation", FaultTarget::kBringUp},
    {FaultKind::kBitFlip, "bit-flip", FaultTarget::kSector},
    {FaultKind::kSwappedLbas, "swapped-lbas", FaultTarget::kSector},
    {FaultKind::kStaleData, "stale-data", FaultTarget::kSector},
    {FaultKind::kTornWrite, "torn-write", FaultTarget::kSector},
    {FaultKind::kZeroedData, "zeroed-data", FaultTarget::kSector},
    {FaultKind::kLateCompletion, "late-completion", FaultTarget::kCommand},
    {FaultKind::kDuplicateCompletion, "duplicate-completion", FaultTarget::kCommand},
    {FaultKind::kWrongCid, "wrong-cid", FaultTarget::kCommand},
    {FaultKind::kControllerFatal, "controller-fatal", FaultTarget::kCommand},
    {FaultKind::kSurpriseRemoval, "surprise-removal", FaultTarget::kCommand},
    {FaultKind::kWearOut, "wear-out", FaultTarget::kHealth},
    {FaultKind::kTornAtPowerLoss, "torn-at-power-loss", FaultTarget::kPowerLoss},
    {FaultKind::kTornRead, "torn-read", FaultTarget::kRead},
};

constexpr const FaultKindInfo& InfoOf(FaultKind kind) { return kFaultKinds[static_cast<uint32_t>(kind) - 1]; }
constexpr bool FaultKindsInOrder() {
  uint32_t next = 1;
  for (const FaultKindInfo& info : kFaultKinds) {
    if (static_cast<uint32_t>(info.kind) != next++) return false;
  }
  return true;
}
static_assert(FaultKindsInOrder());

}  // namespace assay::model
