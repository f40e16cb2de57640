// What an ioworker tells of its commands: samples on exact seconds, histograms at their own interval, figures at the end.
#include "core/worker/worker_statistics.h"

#include "core/clock.h"
#include "check.h"

using namespace assay;

namespace {

// What a worker of one opcode tells: at each of `seconds` a command completes that took a tenth of a millisecond.
struct Told {
  std::vector<WorkerSample> samples;
  uint64_t in_histograms = 0;
  OperationFigures figures;
};

constexpr uint64_t kLatencyNs = 100'000;

Told Tell(const std::vector<double>& seconds, double end_seconds) {
  constexpr uint64_t kStartNs = 777, kStartMs = 5000;
  Told told;
  WorkerStatistics statistics({nvm_opcode::kRead}, true, kNsPerSecond, 2 * kNsPerSecond, [&](WorkerEvent&& event) {
    if (const auto* sample = std::get_if<WorkerSample>(&event)) told.samples.push_back(*sample);
    if (const auto* histogram = std::get_if<WorkerHistogram>(&event)) {
      for (const auto& [bucket, count] : histogram->buckets) told.in_histograms += count;
    }
  });
  const auto at = [](double second) { return kStartNs + static_cast<uint64_t>(second * 1e9); };
  statistics.Start(kStartNs, kStartMs);
  for (const double second : seconds) {
    statistics.Tick(at(second));
    statistics.Count(0, 512, kLatencyNs, kLatencyNs / 2);
  }
  statistics.Finish(at(end_seconds));
  told.figures = statistics.Figures()[0];
  return told;
}

void AStallOfFiveSecondsIsFiveZeroSeconds() {
  const Told told = Tell({0.25, 0.5, 6.5}, 6.75);
  CHECK(told.samples.size() == 7);
  for (uint64_t second = 0; second < 7; second++) {
    const WorkerSample& sample = told.samples[second];
    CHECK(sample.interval == second && sample.interval_ms == (second < 6 ? 1000 : 750));
    CHECK(sample.at_ms == 5000 + (second < 6 ? (second + 1) * 1000 : 6750));
    CHECK(sample.count[0] == (second == 0 ? 2 : second == 6 ? 1 : 0) && sample.read_bytes == sample.count[0] * 512);
  }
}

// A command that began in one second and ended in the next is what it is, in the second in which it ended.
void SecondsLeaveNoMarkInLatencies() {
  std::vector<double> ends;
  for (int second = 1; second <= 5; second++) {
    for (const double off : {-0.000'05, 0.0, 0.000'05}) ends.push_back(second + off);
  }
  const Told told = Tell(ends, 6);
  CHECK(told.samples.size() == 6 && told.in_histograms == ends.size());
  for (const WorkerSample& sample : told.samples) {
    CHECK(sample.count[0] == (sample.interval == 0 ? 1 : sample.interval == 5 ? 2 : 3));
    CHECK(sample.latency_max_ns == kLatencyNs && sample.latency_average_ns == kLatencyNs);
  }
  CHECK(told.figures.latency == (SparseHistogram{{BucketOf(kLatencyNs), ends.size()}}) && told.figures.latency_max_ns == kLatencyNs);
  CHECK(told.figures.service == (SparseHistogram{{BucketOf(kLatencyNs / 2), ends.size()}}));
}

// Statistics of a worker of four opcodes that started at 0, with what it told.
struct Bench {
  static constexpr size_t kRead = 0, kWrite = 1, kFlush = 2, kCompare = 3;  // lines
  WorkerStatistics statistics{{nvm_opcode::kRead, nvm_opcode::kWrite, nvm_opcode::kFlush, nvm_opcode::kCompare}, false, kNsPerSecond, 2 * kNsPerSecond,
                              [this](WorkerEvent&& event) {
                                if (const auto* sample = std::get_if<WorkerSample>(&event)) samples.push_back(*sample);
                                if (const auto* histogram = std::get_if<WorkerHistogram>(&event)) histograms.push_back(*histogram);
                              }};
  std::vector<WorkerSample> samples;
  std::vector<WorkerHistogram> histograms;

  Bench() { statistics.Start(0, 0); }
  void Done(uint64_t ms, size_t line = kRead, uint64_t bytes = 512, uint64_t latency_ns = kLatencyNs) {
    statistics.Tick(ms * kNsPerMs);
    statistics.Count(line, bytes, latency_ns, latency_ns);
  }
};

// What ends a little behind a second has a sample of its own only if something came with it.
void TheLastSampleIsAsLongAsItWas() {
  enum { kNothing, kCommand, kError };
  for (const int what : {kNothing, kCommand, kError}) {
    for (const auto& [end_ns, ms] : {std::pair{1'000'400'000, 1}, {1'750'600'000, 751}, {1'001'000'000, 1}}) {
      Bench bench;
      bench.Done(500);
      if (what == kCommand) bench.Done(1000);
      bench.statistics.Tick(kNsPerSecond);
      if (what == kError) bench.statistics.CountError(Bench::kRead, false);
      bench.statistics.Finish(static_cast<uint64_t>(end_ns));
      const bool short_one = end_ns < 1'001'000'000;
      CHECK(bench.samples.size() == (what == kNothing && short_one ? 1 : 2));
      if (bench.samples.size() == 1) continue;
      const WorkerSample& last = bench.samples[1];
      CHECK(last.interval_ms == static_cast<uint32_t>(ms) && last.count[0] == (what == kCommand) && last.errors == (what == kError));
    }
  }
}

// Errors that the options expect are counted, and disturb no sample.
void ExpectedErrorsAreInNoSample() {
  Bench bench;
  for (const bool expected : {true, false, true}) bench.statistics.CountError(Bench::kWrite, expected);
  bench.statistics.Finish(kNsPerSecond);
  CHECK(bench.samples.size() == 1 && bench.samples[0].errors == 1 && bench.statistics.Figures()[Bench::kWrite].errors == 3);
}

void EachOperationHasItsOwnFigures() {
  Bench bench;
  bench.Done(10, Bench::kRead, 512, 1000);
  bench.Done(20, Bench::kWrite, 4096, 2000);
  bench.Done(30, Bench::kWrite, 4096, 4000);
  bench.Done(40, Bench::kFlush, 0, 6000);
  bench.Done(50, Bench::kCompare, 1024, 7000);
  bench.statistics.Finish(100 * kNsPerMs);
  const WorkerSample& sample = bench.samples.at(0);
  CHECK(sample.count[0] == 1 && sample.count[1] == 2 && sample.count[2] == 2 && sample.read_bytes == 512 && sample.write_bytes == 8192);
  CHECK(sample.latency_average_ns == 4000 && sample.latency_max_ns == 7000);
  const WorkerStatistics& all = bench.statistics;
  CHECK(all.LatencyAverageNs() == 4000 && all.LatencyMaxNs() == 7000);
  CHECK(all.count(Operation::kWrite) == 2 && all.count(Operation::kOther) == 2 && all.count(nvm_opcode::kFlush) == 1 && all.count(nvm_opcode::kRead) == 1);
  CHECK(all.bytes(Operation::kRead) == 512 && all.bytes(Operation::kWrite) == 8192 && all.bytes(Operation::kOther) == 1024);
  CHECK(all.latency(Operation::kRead) == (SparseHistogram{{BucketOf(1000), 1}}) && all.latency(Operation::kWrite) == (SparseHistogram{{BucketOf(2000), 1}, {BucketOf(4000), 1}}));
  CHECK(all.service(Operation::kOther) == (SparseHistogram{{BucketOf(6000), 1}, {BucketOf(7000), 1}}));
  const OperationFigures compare = all.Figures()[Bench::kCompare];
  CHECK(compare.opcode == nvm_opcode::kCompare && compare.count == 1 && compare.bytes == 1024 && compare.latency_average_ns == 7000);
  // One event for each kind of operation, with what belongs to it.
  CHECK(bench.histograms.size() == 3);
  for (const WorkerHistogram& histogram : bench.histograms) CHECK(histogram.buckets == all.latency(histogram.operation));
}

// What is told at an interval's end was counted in it, also when nobody had anything to tell for long.
void HistogramsAreOfTheirInterval() {
  struct Interval {
    uint64_t from_ms, to_ms, commands;
    bool operator==(const Interval&) const = default;
  };
  Bench bench;
  for (const uint64_t ms : {500, 1999, 2000, 9500, 9600}) bench.Done(ms);
  bench.statistics.Finish(10'100 * kNsPerMs);
  std::vector<Interval> told;
  for (const WorkerHistogram& histogram : bench.histograms) told.push_back({histogram.from_ms, histogram.to_ms, histogram.buckets.at(0).second});
  CHECK(told == (std::vector<Interval>{{0, 2000, 2}, {2000, 4000, 1}, {8000, 10'000, 2}}));
}

}  // namespace

void TestWorkerStatistics() {
  AStallOfFiveSecondsIsFiveZeroSeconds();
  SecondsLeaveNoMarkInLatencies();
  TheLastSampleIsAsLongAsItWas();
  ExpectedErrorsAreInNoSample();
  EachOperationHasItsOwnFigures();
  HistogramsAreOfTheirInterval();
}
