// What an ioworker tells at its end.
#pragma once
#include "worker_history.h"
#include "worker_options.h"
#include "worker_statistics.h"

namespace assay {

enum class WorkerEnd : uint8_t { kDone, kStopped, kTerminated, kError, kDeadline, kFrozen };

struct WorkerError {
  uint8_t opcode, sct, sc;
  uint64_t count;
  uint64_t first_ms, last_ms;
  ErrorAction action;
};

struct WorkerResult {
  WorkerEnd end = WorkerEnd::kDone;
  uint64_t reads = 0, writes = 0, flushes = 0, read_bytes = 0, written_bytes = 0;
  double duration_ms = 0;
  std::vector<WorkerError> errors;
  uint64_t miscompares = 0, checked_lbas = 0, unknown_lbas = 0;
  uint64_t left_out_lbas = 0;
  double latency_average_ns = 0;
  uint64_t latency_max_ns = 0;
  SparseHistogram latency[kOperations];
  SparseHistogram service[kOperations];
  std::vector<OperationFigures> operations;
  std::vector<CommandRecord> last_commands;
  uint32_t in_flight = 0;
  uint64_t protocol_errors = 0;
  bool staleness_checked = true;  // false: no table stood behind the verification
  double cpu_percent = 0;
};

}  // namespace assay
