#include "worker_statistics.h"

#include <algorithm>

#include "clock.h"

namespace assay {

WorkerStatistics::WorkerStatistics(uint64_t start_ns, uint64_t start_ms, uint64_t sample_ns, uint64_t histogram_ns, WorkerEventSink sink)
    : start_ns_(start_ns),
      start_ms_(start_ms),
      sample_ns_(sample_ns),
      histogram_ns_(histogram_ns),
      sink_(std::move(sink)),
      sample_start_ns_(start_ns),
      sample_end_ns_(start_ns + sample_ns),
      histogram_start_ns_(start_ns),
      histogram_end_ns_(start_ns + histogram_ns) {}

void WorkerStatistics::Count(Operation operation, uint64_t bytes, uint64_t latency_ns, uint64_t service_ns) {
  const int i = static_cast<int>(operation);
  total_count_[i]++;
  total_bytes_[i] += bytes;
  total_latency_sum_ns_ += static_cast<double>(latency_ns);
  total_max_ns_ = std::max(total_max_ns_, latency_ns);
  latency_[i].Add(latency_ns);
  service_[i].Add(service_ns);
  sample_.count[i]++;
  if (operation == Operation::kRead) sample_.read_bytes += bytes;
  if (operation == Operation::kWrite) sample_.write_bytes += bytes;
  sample_.latency_max_ns = std::max(sample_.latency_max_ns, latency_ns);
  sample_latency_sum_ns_ += static_cast<double>(latency_ns);
}

void WorkerStatistics::EmitSample(uint64_t length_ns) {
  const uint64_t done = sample_.count[0] + sample_.count[1] + sample_.count[2];
  sample_.interval_ms = static_cast<uint32_t>(std::max<uint64_t>(1, (length_ns + kNsPerMs / 2) / kNsPerMs));
  sample_.at_ms = EpochMs(sample_start_ns_ + length_ns);
  sample_.latency_average_ns = done == 0 ? 0 : sample_latency_sum_ns_ / static_cast<double>(done);
  const uint64_t next = sample_.interval + 1;
  sink_(sample_);
  sample_ = {};
  sample_.interval = next;
  sample_latency_sum_ns_ = 0;
}

void WorkerStatistics::CloseSamples(uint64_t now_ns) {
  while (now_ns >= sample_end_ns_) {
    EmitSample(sample_ns_);
    sample_start_ns_ = sample_end_ns_;
    sample_end_ns_ += sample_ns_;
  }
}

void WorkerStatistics::CloseHistogram(uint64_t to_ns) {
  for (int i = 0; i < kOperations; i++) {
    SparseHistogram delta = latency_[i].TakeDelta(&told_[i]);
    if (!delta.empty()) sink_(WorkerHistogram{static_cast<Operation>(i), EpochMs(histogram_start_ns_), EpochMs(to_ns), std::move(delta)});
  }
  histogram_start_ns_ = to_ns;
  while (histogram_end_ns_ <= to_ns) histogram_end_ns_ += histogram_ns_;
}

void WorkerStatistics::Finish(uint64_t now_ns) {
  Tick(now_ns);
  const bool counted = sample_.count[0] + sample_.count[1] + sample_.count[2] + sample_.errors > 0;
  if (counted || now_ns - sample_start_ns_ >= kNsPerMs) EmitSample(now_ns - sample_start_ns_);
  CloseHistogram(now_ns);
}

double WorkerStatistics::LatencyAverageNs() const {
  const uint64_t done = total_count_[0] + total_count_[1] + total_count_[2];
  return done == 0 ? 0 : total_latency_sum_ns_ / static_cast<double>(done);
}

}  // namespace assay
