// What an ioworker is told. Checked by src/worker/check-options.ts; asserted here.
#pragma once
#include "core/clock.h"
#include "io_pattern.h"
#include "core/host/nvm_operation.h"
#include "placement_pattern.h"
#include "worker_payload.h"
#include "worker_protection.h"

namespace assay {

constexpr size_t kMaxSequenceSteps = 1'000'000;
constexpr size_t kMaxLastCommands = 1 << 20;

enum class ErrorAction : uint8_t {
  kStop,    // ends the worker
  kCount,   // an error, in the samples too
  kIgnore,  // expected: noted in the result, no error of a sample
  kFreeze,  // the controller stands still, with everything as it is, until Release; then ends the worker
};

struct StatusPolicy {
  uint8_t sct, sc;
  ErrorAction action;
};

// One kind of command that a worker sends: the table's line of its opcode or what the user says it is, and bits that are
// or-ed into each (FUA is bit 30 of CDW12).
struct WorkerOperation {
  NvmOperation operation;
  uint32_t data_bytes = 0;  // of data that has no place
  Sqe bits{};               // cdw2, cdw3, cdw10..15
};

struct SequenceStep {
  uint64_t at_ns;  // from the worker's start; never before the step in front of it
  IoStep step;
};

struct WorkerOptions {
  uint32_t worker = 0;
  PatternOptions pattern;
  // For opcodes that need bits or have no line in the table; the others are found there.
  std::vector<WorkerOperation> operations;
  std::vector<SequenceStep> sequence;  // not empty: replayed instead of the pattern, as many as kMaxSequenceSteps
  uint32_t depth = 1;
  uint8_t priority = 0;       // of its queue, for weighted round robin
  bool spin = true;           // false: sleeps in small steps where a transport must be polled
  double iops = 0;            // 0: as fast as it goes
  uint64_t time_ns = 0;       // 0: no limit
  uint64_t io_count = 0;      // 0: no limit
  uint64_t passes = 0;        // 0: no limit; a pass is as many LBAs as the region has
  bool verify = false;
  bool exclusive = false;  // reads too wait until nobody else is at their LBAs, and keep writers away
  bool skip_uncorrectable = false;  // LBAs that the table has as written uncorrectable are left out
  PayloadOptions payload;
  WorkerProtectionOptions protection;  // of a namespace that has some
  std::vector<PlacementShare> placement;  // of its writes, at most kMaxPlacements; empty: they name none
  uint32_t last_commands = 0;       // kept for the result, at most kMaxLastCommands
  ErrorAction on_error = ErrorAction::kStop;
  std::vector<StatusPolicy> on_status;  // what it does not name: on_error
  uint64_t sample_ns = kNsPerSecond;
  uint64_t histogram_ns = 60 * kNsPerSecond;
};

// One line for each opcode that these options can send.
std::vector<WorkerOperation> OperationsOf(const WorkerOptions& options);

}  // namespace assay
