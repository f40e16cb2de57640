// A fault of a software drive, as its file keeps it.
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint32_t kMaxFaults = 16;

// The defects that a software drive can have; faults.h says what each does. src/model-faults.ts has the same table.
enum class FaultKind : uint32_t {
  kSilentCorruption = 1,
  kFlushLies,
  kBadStatus,
  kStall,
  kLostCompletion,
  kSlowReady,
  kFailedActivation,
  kBitFlip,
  kSwappedLbas,
  kStaleData,
  kTornWrite,
  kZeroedData,
  kLateCompletion,
  kDuplicateCompletion,
  kWrongCid,
  kControllerFatal,
  kSurpriseRemoval,
  kWearOut,
  kTornAtPowerLoss,
  kTornRead,
};
constexpr uint32_t kPerBillion = 1'000'000'000;
constexpr uint64_t kUnlimited = UINT64_MAX;

// When, where and how often a defect shows. A candidate is a command, for data defects a sector that was written, for
// slow-ready and failed-activation the bring-up. All conditions must hold.
struct FaultRule {
  FaultKind kind;
  uint32_t has_opcode;
  uint32_t opcode;
  uint32_t per_billion;     // chance of each candidate that the other conditions let through
  uint64_t after_commands;  // I/O commands since the drive was made
  uint64_t after_writes;    // write commands since the drive was made
  uint64_t slba;
  uint64_t lba_count;       // 0: everywhere
  uint64_t every_nth;       // of the candidates
  uint64_t seed;
  uint32_t sct;
  uint32_t sc;
  uint32_t ms;
  uint32_t amount;          // bits of a bit flip; rated drive writes of wear; 1: tears no read of a write within the atomic unit
  // State: how often it may still act, how many candidates it has seen, how often it acted.
  uint64_t left;
  uint64_t seen;
  uint64_t acted;
};

}  // namespace assay::model
