// The parts of an ioworker that need no drive: pacing, payload, history, figures.
#include <set>
#include <string>

#include "../core/worker_history.h"
#include "../core/worker_pacing.h"
#include "../core/worker_statistics.h"
#include "check.h"

using namespace assay;

namespace {

void RatesDoNotDrift() {
  WorkerOptions options;
  options.iops = 12345;
  options.time_ns = 100 * kNsPerSecond;
  WorkerPacing pacing(options);
  pacing.Start(1000);
  uint64_t sent = 0;
  // Each command is due within a nanosecond of its place, also the millionth.
  for (; !pacing.Enough(pacing.next_ns()); sent++) {
    const double place = 1000 + static_cast<double>(sent) * 1e9 / 12345;
    CHECK(static_cast<double>(pacing.next_ns()) <= place && static_cast<double>(pacing.next_ns()) > place - 1.5);
    CHECK(pacing.Due(pacing.next_ns()) && !pacing.Due(pacing.next_ns() - 1));
    pacing.Took();
  }
  CHECK(sent == 12345 * 100);
}

void LateIsSentUpToALimit() {
  WorkerOptions options;
  options.iops = 1000;
  options.time_ns = kNsPerSecond;
  WorkerPacing pacing(options);
  pacing.Start(0);
  // The worker slept over the end: what was due before it still goes out, unless it is very late.
  CHECK(!pacing.Enough(kNsPerSecond + 50 * kNsPerMs));
  CHECK(pacing.Enough(kNsPerSecond + 100 * kNsPerMs));
  for (int i = 0; i < 1000; i++) pacing.Took();
  CHECK(pacing.Enough(kNsPerSecond));
}

void SequencesKeepTheirTimes() {
  WorkerOptions options;
  options.sequence = {{0, {nvm_opcode::kRead, 0, 1}}, {0, {nvm_opcode::kRead, 1, 1}}, {700, {nvm_opcode::kRead, 2, 1}}};
  WorkerPacing pacing(options);
  pacing.Start(5000);
  for (uint64_t due : {5000, 5000, 5700}) {
    CHECK(!pacing.Enough(6000) && pacing.next_ns() == due && pacing.WakeNs(true) == due && pacing.WakeNs(false) == kNever);
    pacing.Took();
  }
  CHECK(pacing.Enough(0));
}

void PayloadsHoldForEachSector() {
  constexpr uint32_t kSector = 520;
  for (uint32_t zero_percent : {0, 1, 50, 99, 100}) {
    WorkerPayload payload({.kind = PayloadKind::kRandom, .word = 0, .zero_percent = zero_percent}, 7, kSector);
    alignas(8) uint8_t memory[kSector * 3];
    payload.Prepare(memory, sizeof memory);
    CHECK(payload.random_bytes() == kSector - kSector * zero_percent / 100);
    std::set<std::string> seen;
    for (int round = 0; round < 4; round++) {
      for (int i = 0; i < 3; i++) {
        uint8_t* sector = memory + i * kSector;
        payload.Fill(sector, 9);
        for (uint32_t at = payload.random_bytes(); at < kSector; at++) CHECK(sector[at] == 0);
        seen.insert(std::string(reinterpret_cast<char*>(sector), kSector));
      }
    }
    // Five random bytes differ by chance, as good as always.
    CHECK(seen.size() == (zero_percent == 100 ? 1 : 12));
  }
}

void HistoryKeepsTheNewest() {
  WorkerHistory history(3);
  for (uint64_t slba = 0; slba < 8; slba++) history.Add({slba, 0, 0, 1, 0, 2, true});
  const auto kept = history.Take();
  CHECK(kept.size() == 3 && kept[0].slba == 5 && kept[1].slba == 6 && kept[2].slba == 7);
  WorkerHistory none(0);
  CHECK(!none.kept() && none.Take().empty());
}

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

}  // namespace

void TestWorker() {
  RatesDoNotDrift();
  LateIsSentUpToALimit();
  SequencesKeepTheirTimes();
  PayloadsHoldForEachSector();
  HistoryKeepsTheNewest();
  AStallOfFiveSecondsIsFiveZeroSeconds();
  SecondsLeaveNoMarkInLatencies();
}
