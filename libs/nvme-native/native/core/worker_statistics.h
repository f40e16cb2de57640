// What an ioworker counts, and when it tells: one sample per interval on exact boundaries from the worker's start (a
// stall makes samples of zero), histogram deltas at their own interval.
#pragma once
#include <functional>
#include <variant>

#include "histogram.h"
#include "io_pattern.h"
#include "miscompare.h"

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

using WorkerEvent = std::variant<WorkerSample, WorkerHistogram, Miscompare>;
using WorkerEventSink = std::function<void(WorkerEvent&&)>;

class WorkerStatistics {
 public:
  WorkerStatistics(uint64_t start_ns, uint64_t start_ms, uint64_t sample_ns, uint64_t histogram_ns, WorkerEventSink sink);

  // Closes every interval that ended by `now_ns`. To be called before the Count of what completed at `now_ns`.
  void Tick(uint64_t now_ns) {
    if (now_ns >= sample_end_ns_) CloseSamples(now_ns);
    if (now_ns >= histogram_end_ns_) CloseHistogram(histogram_end_ns_);
  }
  uint64_t NextTickNs() const { return sample_end_ns_; }
  // `latency_ns` from the intended submission, `service_ns` from the actual one.
  void Count(Operation operation, uint64_t bytes, uint64_t latency_ns, uint64_t service_ns);
  void CountError() { sample_.errors++; }
  // The last, shorter interval and what is left of the histograms.
  void Finish(uint64_t now_ns);

  uint64_t count(Operation operation) const { return total_count_[static_cast<int>(operation)]; }
  uint64_t bytes(Operation operation) const { return total_bytes_[static_cast<int>(operation)]; }
  double LatencyAverageNs() const;
  uint64_t LatencyMaxNs() const { return total_max_ns_; }
  const Histogram& latency(Operation operation) const { return latency_[static_cast<int>(operation)]; }
  const Histogram& service(Operation operation) const { return service_[static_cast<int>(operation)]; }

 private:
  void CloseSamples(uint64_t now_ns);
  void CloseHistogram(uint64_t to_ns);
  void EmitSample(uint64_t length_ns);
  uint64_t EpochMs(uint64_t boottime_ns) const { return start_ms_ + (boottime_ns - start_ns_) / 1'000'000; }

  uint64_t start_ns_, start_ms_, sample_ns_, histogram_ns_;
  WorkerEventSink sink_;
  uint64_t sample_start_ns_, sample_end_ns_, histogram_start_ns_, histogram_end_ns_;
  WorkerSample sample_;
  double sample_latency_sum_ns_ = 0;
  uint64_t total_count_[kOperations] = {};
  uint64_t total_bytes_[kOperations] = {};
  double total_latency_sum_ns_ = 0;
  uint64_t total_max_ns_ = 0;
  Histogram latency_[kOperations], told_[kOperations], service_[kOperations];
};

}  // namespace assay
