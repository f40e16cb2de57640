#include "../core/cmdlog.h"

#include <unistd.h>

#include "../core/clock.h"
#include "check.h"

using namespace assay;

namespace {
std::string TemporaryPath() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/assay-cmdlog-test-" + std::to_string(getpid());
}
}  // namespace

void TestCmdlog() {
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
  }
  {
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open(path, 2048, 4, "third", &log).ok());
    CHECK(log->Submit(sqe, 1, 0, 1) == 1);
  }
  CHECK(unlink(path.c_str()) == 0);
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
