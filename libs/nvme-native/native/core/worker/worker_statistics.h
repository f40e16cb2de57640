// What an ioworker counts, and when it tells: one sample per interval on exact boundaries from the worker's start (a
// stall makes samples of zero), histogram deltas at their own interval, figures for each opcode at the end.
#pragma once
#include <functional>
#include <memory>
#include <variant>

#include "histogram.h"
#include "io_pattern.h"
#include "core/verify/miscompare.h"

namespace assay {

enum class Operation : uint8_t { kRead, kWrite, kOther };
constexpr int kOperations = 3;

struct WorkerSample {
  uint64_t interval = 0;
  uint32_t interval_ms = 0;
  uint64_t at_ms = 0;  // Unix epoch
  uint64_t count[kOperations] = {};
  uint64_t read_bytes = 0;
  uint64_t write_bytes = 0;
  uint64_t errors = 0;
  double latency_average_ns = 0;
  uint64_t latency_max_ns = 0;
};

struct WorkerHistogram {
  Operation operation;
  uint64_t from_ms;
  uint64_t to_ms;
  SparseHistogram buckets;
};

// One opcode over the whole life of a worker.
struct OperationFigures {
  uint8_t opcode = 0;
  uint64_t count = 0;
  uint64_t errors = 0;
  uint64_t bytes = 0;  // of commands without error
  double latency_average_ns = 0;
  uint64_t latency_max_ns = 0;
  SparseHistogram latency, service;
};

// The command at whose error the controller was frozen.
struct WorkerFrozen {
  uint8_t opcode, sct, sc;
  uint64_t slba;
  uint32_t lbas;
};

using WorkerEvent = std::variant<WorkerSample, WorkerHistogram, Miscompare, WorkerFrozen>;
using WorkerEventSink = std::function<void(WorkerEvent&&)>;

class WorkerStatistics {
 public:
  // `paced`: latency from the intended submission differs from that of the actual one.
  WorkerStatistics(const std::vector<uint8_t>& opcodes, bool paced, uint64_t sample_ns, uint64_t histogram_ns, WorkerEventSink sink);

  void Start(uint64_t start_ns, uint64_t start_ms);
  // Closes every interval that ended by `now_ns`. To be called before the Count of what completed at `now_ns`.
  void Tick(uint64_t now_ns) {
    if (now_ns >= sample_end_ns_) CloseSamples(now_ns);
    if (now_ns >= histogram_end_ns_) CloseHistograms(now_ns);
  }
  uint64_t NextTickNs() const { return sample_end_ns_; }
  // `line`: place of the opcode in the constructor's list. `latency_ns` from the intended submission, `service_ns` from the
  // actual one.
  void Count(size_t line, uint64_t bytes, uint64_t latency_ns, uint64_t service_ns) {
    Line& l = *lines_[line];
    const int i = static_cast<int>(l.operation);
    l.count++;
    l.bytes += bytes;
    l.latency_sum_ns += latency_ns;
    if (latency_ns > l.latency_max_ns) l.latency_max_ns = latency_ns;
    l.latency.Add(latency_ns);
    if (paced_) l.service.Add(service_ns);
    sample_.count[i]++;
    sample_bytes_[i] += bytes;
    if (latency_ns > sample_.latency_max_ns) sample_.latency_max_ns = latency_ns;
    sample_latency_sum_ns_ += latency_ns;
  }
  void CountError(size_t line, bool expected) {
    lines_[line]->errors++;
    if (!expected) sample_.errors++;
  }
  // The last, shorter interval and what is left of the histograms.
  void Finish(uint64_t now_ns);

  uint64_t count(Operation operation) const;
  uint64_t count(uint8_t opcode) const;
  uint64_t bytes(Operation operation) const;
  double LatencyAverageNs() const;
  uint64_t LatencyMaxNs() const;
  SparseHistogram latency(Operation operation) const;
  SparseHistogram service(Operation operation) const;
  std::vector<OperationFigures> Figures() const;

 private:
  struct Line {
    uint8_t opcode = 0;
    Operation operation = Operation::kOther;
    uint64_t count = 0, errors = 0, bytes = 0, latency_max_ns = 0;
    uint64_t latency_sum_ns = 0;  // 64 bits hold 584 years of it
    Histogram latency, service;
  };

  void CloseSamples(uint64_t now_ns);
  void CloseHistograms(uint64_t now_ns);
  void TellHistogram(uint64_t to_ns);
  void EmitSample(uint64_t length_ns);
  const Histogram& ServiceOf(const Line& line) const { return paced_ ? line.service : line.latency; }
  uint64_t EpochMs(uint64_t boottime_ns) const { return start_ms_ + (boottime_ns - start_ns_) / 1'000'000; }

  bool paced_;
  uint64_t start_ns_ = 0, start_ms_ = 0, sample_ns_, histogram_ns_;
  WorkerEventSink sink_;
  uint64_t sample_start_ns_ = 0, sample_end_ns_ = 0, histogram_start_ns_ = 0, histogram_end_ns_ = 0;
  WorkerSample sample_;
  uint64_t sample_bytes_[kOperations] = {};
  uint64_t sample_latency_sum_ns_ = 0;
  std::vector<std::unique_ptr<Line>> lines_;
  Histogram told_[kOperations];
};

}  // namespace assay
