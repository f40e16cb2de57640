// One thread, one qpair, one pattern: a closed loop that keeps exactly `depth` commands outstanding, or sends at a rate.
// No single I/O leaves the thread: samples, histogram deltas and miscompares go out through the sink, the result at the end.
#pragma once
#include <atomic>

#include "namespace.h"
#include "worker_statistics.h"

namespace assay {

constexpr uint32_t kMaxMiscomparesTold = 64;
constexpr size_t kMaxErrorKinds = 64;

enum class ErrorAction : uint8_t {
  kStop,    // ends the worker
  kCount,   // an error, in the samples too
  kIgnore,  // expected: noted in the result, no error of a sample
};

struct StatusPolicy {
  uint8_t sct, sc;
  ErrorAction action;
};

struct WorkerOptions {
  uint32_t worker = 0;
  PatternOptions pattern;
  uint32_t depth = 1;
  double iops = 0;            // 0: as fast as it goes
  uint64_t time_ns = 0;       // 0: no limit
  uint64_t io_count = 0;      // 0: no limit
  uint64_t passes = 0;        // 0: no limit; a pass is as many LBAs as the region has
  bool verify = false;
  ErrorAction on_error = ErrorAction::kStop;
  std::vector<StatusPolicy> on_status;  // what it does not name: on_error
  uint64_t sample_ns = kNsPerSecond;
  uint64_t histogram_ns = 60 * kNsPerSecond;
};

enum class WorkerEnd : uint8_t { kDone, kStopped, kTerminated, kError, kDeadline };

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
  double latency_average_ns = 0;
  uint64_t latency_max_ns = 0;
  SparseHistogram latency[kOperations];
  SparseHistogram service[kOperations];
  uint32_t in_flight = 0;
  double cpu_percent = 0;
};

struct WorkerCallbacks {
  WorkerEventSink event;  // worker's thread
  // Worker's or control thread, exactly once, last. Not ok: the worker never started (kQpair, kClosed, kDeadline, ...).
  std::function<void(const Status&, WorkerResult&&)> result;
};

class IoWorker : public QpairOwner, public std::enable_shared_from_this<IoWorker> {
 public:
  static std::shared_ptr<IoWorker> Start(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks);
  IoWorker(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks);

  // Any thread: the user's wish; ends with kStopped after what is outstanding has completed.
  void RequestStop();
  void WasReset() override { cut_off_ = true; }
  void Stop() override { cut_off_ = true; }

 private:
  struct Slot {
    IoStep step{};
    uint64_t intended_ns = 0;
    uint8_t* read_data = nullptr;
    uint8_t* write_data = nullptr;
    uint32_t flush_epoch = 0;
    std::vector<ReadFloor> floors;
  };

  void Begin();  // control thread
  Status Prepare();
  void Run();
  bool Fill(uint64_t now_ns);
  bool MayIssue(uint64_t now_ns);
  bool TimeIsUp(uint64_t now_ns) const;
  bool Issue(uint32_t index, uint64_t now_ns);
  Sent Send(uint32_t index);
  bool PrepareWrite(Slot& slot);
  void Complete(const Done& done);
  void CompleteRead(Slot& slot, const Done& done);
  void EndWrite(const Slot& slot, const Done& done);
  void NoteError(uint8_t opcode, const Cqe& cqe, uint64_t now_ns);
  ErrorAction ActionFor(const Cqe& cqe) const;
  void NoteCheck(SectorCheck&& check);
  void End(WorkerEnd end) { if (!ending_) { ending_ = true; end_ = end; } }
  uint64_t WaitUntil() const;
  void Finish();

  std::shared_ptr<Namespace> ns_;
  WorkerOptions options_;
  WorkerCallbacks callbacks_;
  std::shared_ptr<VerifyTable> table_;
  IoPattern pattern_;
  std::unique_ptr<WorkerStatistics> statistics_;
  Buffer read_pool_, write_pool_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> blocked_;  // writes that wait for an LBA
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> cut_off_{false};

  bool ending_ = false;
  WorkerEnd end_ = WorkerEnd::kDone;
  uint64_t start_ns_ = 0, start_ms_ = 0, cpu_start_ns_ = 0;
  uint64_t issued_ = 0, issued_lbas_ = 0;
  uint64_t next_intended_ns_ = 0;
  uint64_t write_mark_ = 0;
  uint32_t withheld_ = 0;  // slots whose command timed out and is still with the drive
  uint32_t told_ = 0;
  WorkerResult result_;
};

}  // namespace assay
