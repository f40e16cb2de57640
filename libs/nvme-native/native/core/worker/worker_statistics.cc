#include "worker_statistics.h"

#include <algorithm>

#include "core/clock.h"

namespace assay {
namespace {

Operation OperationOf(uint8_t opcode) {
  return opcode == nvm_opcode::kRead ? Operation::kRead : opcode == nvm_opcode::kWrite ? Operation::kWrite : Operation::kOther;
}

double Average(uint64_t sum, uint64_t count) { return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count); }

}  // namespace

WorkerStatistics::WorkerStatistics(const std::vector<uint8_t>& opcodes, bool paced, uint64_t sample_ns, uint64_t histogram_ns, WorkerEventSink sink)
    : paced_(paced), sample_ns_(sample_ns), histogram_ns_(histogram_ns), sink_(std::move(sink)) {
  for (uint8_t opcode : opcodes) {
    lines_.push_back(std::make_unique<Line>());
    lines_.back()->opcode = opcode;
    lines_.back()->operation = OperationOf(opcode);
  }
}

void WorkerStatistics::Start(uint64_t start_ns, uint64_t start_ms) {
  start_ns_ = sample_start_ns_ = histogram_start_ns_ = start_ns;
  start_ms_ = start_ms;
  sample_end_ns_ = start_ns + sample_ns_;
  histogram_end_ns_ = start_ns + histogram_ns_;
}

void WorkerStatistics::EmitSample(uint64_t length_ns) {
  const uint64_t done = sample_.count[0] + sample_.count[1] + sample_.count[2];
  sample_.interval_ms = static_cast<uint32_t>(std::max<uint64_t>(1, (length_ns + kNsPerMs / 2) / kNsPerMs));
  sample_.at_ms = EpochMs(sample_start_ns_ + length_ns);
  sample_.read_bytes = sample_bytes_[static_cast<int>(Operation::kRead)];
  sample_.write_bytes = sample_bytes_[static_cast<int>(Operation::kWrite)];
  sample_.latency_average_ns = Average(sample_latency_sum_ns_, done);
  const uint64_t next = sample_.interval + 1;
  sink_(sample_);
  sample_ = {};
  sample_.interval = next;
  sample_latency_sum_ns_ = 0;
  std::fill(std::begin(sample_bytes_), std::end(sample_bytes_), uint64_t{0});
}

void WorkerStatistics::CloseSamples(uint64_t now_ns) {
  while (now_ns >= sample_end_ns_) {
    EmitSample(sample_ns_);
    sample_start_ns_ = sample_end_ns_;
    sample_end_ns_ += sample_ns_;
  }
}

void WorkerStatistics::TellHistogram(uint64_t to_ns) {
  for (int i = 0; i < kOperations; i++) {
    Histogram now;
    for (const auto& line : lines_) {
      if (static_cast<int>(line->operation) == i) now.Merge(line->latency);
    }
    SparseHistogram delta = now.TakeDelta(&told_[i]);
    if (!delta.empty()) sink_(WorkerHistogram{static_cast<Operation>(i), EpochMs(histogram_start_ns_), EpochMs(to_ns), std::move(delta)});
  }
}

void WorkerStatistics::CloseHistograms(uint64_t now_ns) {
  TellHistogram(histogram_end_ns_);
  // In those that passed behind it nothing was counted.
  histogram_start_ns_ = now_ns - (now_ns - histogram_end_ns_) % histogram_ns_;
  histogram_end_ns_ = histogram_start_ns_ + histogram_ns_;
}

void WorkerStatistics::Finish(uint64_t now_ns) {
  Tick(now_ns);
  const bool counted = sample_.count[0] + sample_.count[1] + sample_.count[2] + sample_.errors > 0;
  if (counted || now_ns - sample_start_ns_ >= kNsPerMs) EmitSample(now_ns - sample_start_ns_);
  TellHistogram(now_ns);
}

uint64_t WorkerStatistics::count(Operation operation) const {
  uint64_t sum = 0;
  for (const auto& line : lines_) sum += line->operation == operation ? line->count : 0;
  return sum;
}

uint64_t WorkerStatistics::count(uint8_t opcode) const {
  uint64_t sum = 0;
  for (const auto& line : lines_) sum += line->opcode == opcode ? line->count : 0;
  return sum;
}

uint64_t WorkerStatistics::bytes(Operation operation) const {
  uint64_t sum = 0;
  for (const auto& line : lines_) sum += line->operation == operation ? line->bytes : 0;
  return sum;
}

double WorkerStatistics::LatencyAverageNs() const {
  uint64_t sum = 0, done = 0;
  for (const auto& line : lines_) {
    sum += line->latency_sum_ns;
    done += line->count;
  }
  return Average(sum, done);
}

uint64_t WorkerStatistics::LatencyMaxNs() const {
  uint64_t most = 0;
  for (const auto& line : lines_) most = std::max(most, line->latency_max_ns);
  return most;
}

SparseHistogram WorkerStatistics::latency(Operation operation) const {
  Histogram sum;
  for (const auto& line : lines_) {
    if (line->operation == operation) sum.Merge(line->latency);
  }
  return sum.Sparse();
}

SparseHistogram WorkerStatistics::service(Operation operation) const {
  Histogram sum;
  for (const auto& line : lines_) {
    if (line->operation == operation) sum.Merge(ServiceOf(*line));
  }
  return sum.Sparse();
}

std::vector<OperationFigures> WorkerStatistics::Figures() const {
  std::vector<OperationFigures> all;
  for (const auto& line : lines_) {
    all.push_back({line->opcode, line->count, line->errors, line->bytes, Average(line->latency_sum_ns, line->count), line->latency_max_ns,
                   line->latency.Sparse(), ServiceOf(*line).Sparse()});
  }
  return all;
}

}  // namespace assay
