// The parts of an ioworker that need no drive: pacing, payload, history.
#include <set>
#include <string>

#include "core/worker/worker_history.h"
#include "core/worker/worker_pacing.h"
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

// Whichever limit is met first.
void LimitsOfNumberAndPlace() {
  WorkerOptions options;
  options.passes = 3;
  options.pattern.region_lbas = 10;
  WorkerPacing passes(options);
  passes.Start(5);
  passes.Passed(29);
  CHECK(!passes.Enough(5));
  passes.Passed(1);
  CHECK(passes.Enough(5));
  WorkerOptions listed;
  listed.sequence = {{0, {nvm_opcode::kRead, 0, 1}}, {0, {nvm_opcode::kRead, 1, 1}}};
  for (const uint64_t io_count : {1, 2, 3}) {
    listed.io_count = io_count;
    WorkerPacing pacing(listed);
    pacing.Start(5);
    pacing.Took();
    CHECK(pacing.Enough(5) == (io_count == 1));
    pacing.Took();
    CHECK(pacing.Enough(5));
  }
}

// Due before the end is one, the other comes too late: whoever sleeps wakes for the end.
void WakesForWhatComesFirst() {
  WorkerOptions options;
  options.iops = 1;
  options.time_ns = 1500 * kNsPerMs;
  WorkerPacing pacing(options);
  pacing.Start(0);
  for (const uint64_t wakes : {0 * kNsPerMs, 1000 * kNsPerMs, 1500 * kNsPerMs}) {
    CHECK(pacing.WakeNs(true) == wakes && pacing.WakeNs(false) == 1500 * kNsPerMs);
    pacing.Took();
  }
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

}  // namespace

void TestWorker() {
  RatesDoNotDrift();
  LateIsSentUpToALimit();
  SequencesKeepTheirTimes();
  LimitsOfNumberAndPlace();
  WakesForWhatComesFirst();
  PayloadsHoldForEachSector();
  HistoryKeepsTheNewest();
}
