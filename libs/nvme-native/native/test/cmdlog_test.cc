#include "core/cmdlog.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/clock.h"
#include "check.h"

using namespace assay;

namespace {

std::string TemporaryPath() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/assay-cmdlog-test-" + std::to_string(getpid());
}

// libs/protocol/src/cmdlog.ts
struct Recorded {
  uint64_t sequence, submitted_ns, completed_ns;
  uint32_t flags, worker;
  Sqe sqe;
  Cqe cqe;
  uint64_t lba_count;
};
constexpr uint32_t kCompleted = 1, kLocal = 2;
constexpr std::streamoff kRealtimeAt = 32, kLabelAt = 56, kFirstAt = 120;
constexpr size_t kLabelBytes = 64;

Recorded Entry(const Cmdlog& log, uint64_t number) {
  Recorded entry;
  std::memcpy(&entry, log.image() + kCmdlogHeaderBytes + (number - 1) % kCmdlogMinEntries * 128, sizeof entry);
  return entry;
}

Cqe Ended(uint16_t cid, uint32_t cdw0) {
  Cqe cqe{};
  cqe.cid = cid;
  cqe.cdw0 = cdw0;
  return cqe;
}

// A place that is used again has nothing of the command before, and a late answer to that one changes nothing of it.
void EachEntryIsOfOneCommand() {
  std::unique_ptr<Cmdlog> log;
  CHECK(Cmdlog::Open("", kCmdlogMinEntries, 3, "", &log).ok());
  Sqe sqe{};
  sqe.cid = 7;
  const uint64_t first = log->Submit(sqe, 10, 2, 8);
  CHECK(Entry(*log, first).flags == 0 && Entry(*log, first).lba_count == 8 && Entry(*log, first).worker == 2);
  log->Complete(first, Ended(9, 77), 20, false);
  // The drive says which command it was.
  CHECK(Entry(*log, first).flags == kCompleted && Entry(*log, first).completed_ns == 20 && Entry(*log, first).sqe.cid == 9 && Entry(*log, first).cqe.cdw0 == 77);
  const uint64_t local = log->Submit(sqe, 11, 2, 8);
  log->Complete(local, Ended(0, 0), 21, true);
  CHECK(Entry(*log, local).flags == (kCompleted | kLocal) && Entry(*log, local).sqe.cid == 7);
  for (uint64_t number = local; number < first + kCmdlogMinEntries; number++) (void)log->Submit(sqe, 30, 2, 8);
  const auto untouched = [&] {
    const Recorded again = Entry(*log, first);
    return again.sequence == first + kCmdlogMinEntries && again.flags == 0 && again.submitted_ns == 30 && again.completed_ns == 0 && again.cqe.cdw0 == 0 && again.sqe.cid == 7;
  };
  CHECK(untouched());
  log->Complete(first, Ended(9, 77), 40, false);
  CHECK(untouched());
  sqe.prp1 = 0x1000;
  log->Amend(first + kCmdlogMinEntries, sqe);
  CHECK(Entry(*log, first).sqe.prp1 == 0x1000);
}

// A tape of this boot goes on; one of another boot, in which the clocks stood otherwise, or of another queue leaves nothing.
void OnlyATapeOfThisBootGoesOn(const std::string& path) {
  for (const int64_t seconds : {0, 3, -3, 20, -20}) {
    const std::string label(100, 'x');
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, kCmdlogMinEntries, 3, label, &log).ok());
    CHECK(log->image()[kLabelAt + kLabelBytes - 2] == 'x' && log->image()[kLabelAt + kLabelBytes - 1] == 0);
    log->Complete(log->Submit({}, 1, 0, 1), Ended(0, 5), 2, false);
    log.reset();
    {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      uint64_t realtime_ns = 0;
      file.seekg(kRealtimeAt).read(reinterpret_cast<char*>(&realtime_ns), 8);
      realtime_ns += static_cast<uint64_t>(seconds * static_cast<int64_t>(kNsPerSecond));
      file.seekp(kRealtimeAt).write(reinterpret_cast<const char*>(&realtime_ns), 8);
    }
    CHECK(Cmdlog::Open(path, kCmdlogMinEntries, 3, label, &log).ok());
    const bool same = seconds > -10 && seconds < 10;
    CHECK(Entry(*log, 1).cqe.cdw0 == (same ? 5 : 0) && Entry(*log, 1).sequence == (same ? 1 : 0));
    CHECK(log->Submit({}, 1, 0, 1) == (same ? 2 : 1));
    log.reset();
    CHECK(unlink(path.c_str()) == 0 && unlink((path + ".1").c_str()) == 0);
  }
}
std::vector<uint64_t> Numbers(const std::string& path, uint32_t entries) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::vector<uint64_t> numbers;
  for (size_t at = kCmdlogHeaderBytes; at < bytes.size(); at += (bytes.size() - kCmdlogHeaderBytes) / entries) {
    uint64_t number = 0;
    std::memcpy(&number, bytes.data() + at, 8);
    if (number != 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// What a queue recorded stays readable, by its own object and in a file, while the next ones of its id overwrite the ring.
void AQueueThatComesAgainKeepsTheTapeBeforeIt(const std::string& path) {
  std::vector<std::unique_ptr<Cmdlog>> queues;
  for (uint64_t queue = 0; queue < 5; queue++) {
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, kCmdlogMinEntries, 3, "queue", &log).ok());
    const uint64_t first = log->Submit({}, 1, 0, 1);
    for (uint32_t i = 1; i < kCmdlogMinEntries; i++) log->Submit({}, 1, 0, 1);
    CHECK(first == queue * kCmdlogMinEntries + 1);
    queues.push_back(std::move(log));
    // One that nothing was sent on pushes nobody's tape out.
    CHECK(Cmdlog::Open(path, kCmdlogMinEntries, 3, "queue", &log).ok());
    CHECK(Cmdlog::Open(path, kCmdlogMinEntries, 3, "queue", &log).ok());
  }
  for (uint64_t queue = 0; queue < 5; queue++) CHECK(Entry(*queues[queue], 1).sequence == queue * kCmdlogMinEntries + 1);
  const auto first_in = [&](const char* suffix) { return Numbers(path + suffix, kCmdlogMinEntries).front(); };
  CHECK(first_in("") == 4 * kCmdlogMinEntries + 1 && std::filesystem::exists(path + ".1") && std::filesystem::exists(path + ".2"));
  CHECK(!std::filesystem::exists(path + ".3") && !std::filesystem::exists(path + ".new"));
  // Of another size: the one that was there is kept too.
  std::unique_ptr<Cmdlog> log;
  CHECK(Cmdlog::Open(path, 2 * kCmdlogMinEntries, 3, "queue", &log).ok());
  CHECK(Numbers(path, 2 * kCmdlogMinEntries).empty() && first_in(".1") == 4 * kCmdlogMinEntries + 1);
  for (const char* suffix : {"", ".1", ".2"}) CHECK(unlink((path + suffix).c_str()) == 0);
}
}  // namespace

void TestCmdlog() {
  AQueueThatComesAgainKeepsTheTapeBeforeIt(TemporaryPath() + "-again");
  EachEntryIsOfOneCommand();
  OnlyATapeOfThisBootGoesOn(TemporaryPath() + "-boot");
  const std::string path = TemporaryPath();
  Sqe sqe{};
  Cqe cqe{};
  {
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, 2048, 3, "first", &log).ok());
    for (uint64_t i = 1; i <= 3000; i++) {
      CHECK(log->Submit(sqe, i, 0, 1) == i);
      log->Complete(i, cqe, i + 1, false);
    }
    log->Complete(1, cqe, 5, false);  // overwritten long ago: ignored
  }
  {
    // The same queue id in the same boot goes on counting; another size or queue begins anew.
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, 2048, 3, "second", &log).ok());
    CHECK(log->Submit(sqe, 1, 0, 1) == 3001);
    uint64_t first = 0;
    std::memcpy(&first, log->image() + kFirstAt, 8);
    CHECK(first == 3001);
  }
  {
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, 2048, 4, "third", &log).ok());
    CHECK(log->Submit(sqe, 1, 0, 1) == 1);
  }
  for (const char* suffix : {"", ".1", ".2"}) CHECK(unlink((path + suffix).c_str()) == 0);
  std::unique_ptr<Cmdlog> log;
  CHECK(Cmdlog::Open("/nowhere/at/all", 2048, 0, "", &log).code == Code::kFile);
}

void MeasureCmdlog() {
  constexpr uint64_t kRounds = 20'000'000;
  const std::string path = TemporaryPath();
  std::unique_ptr<Cmdlog> log;
  CHECK(Cmdlog::Open(path, 4096, 1, "measure", &log).ok());
  Sqe sqe{};
  Cqe cqe{};
  const uint64_t start = ClockNs(CLOCK_THREAD_CPUTIME_ID);
  for (uint64_t i = 0; i < kRounds; i++) {
    sqe.cdw10 = static_cast<uint32_t>(i);
    log->Complete(log->Submit(sqe, i, 1, 8), cqe, i, false);
  }
  const uint64_t took = ClockNs(CLOCK_THREAD_CPUTIME_ID) - start;
  std::printf("flight recorder: %.1f ns for an entry and its completion\n", static_cast<double>(took) / kRounds);
  unlink(path.c_str());
}
