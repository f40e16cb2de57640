// Resets and power cuts under eight workers leave nothing behind: what is allocated is counted, not what the process has.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>

#include "core/host/thread_census.h"
#include "model/device/power_switch.h"
#include "bench_drive.h"

using namespace assay;

namespace {

constexpr int kRounds = 40;
constexpr int kWarmUp = 10;
constexpr uint32_t kWorkers = 8;
constexpr uint64_t kLbas = 8192;
// What a hundred forgotten bytes of each worker would come to is five times that.
constexpr size_t kGrowthBytes = 4096;
// A queue may reach its deepest late on a busy machine and keep that room, once; what is forgotten grows in every window.
constexpr int kWindows = 3;

WorkerOptions Work(uint32_t number) {
  WorkerOptions options;
  options.worker = number;
  options.pattern.sizes = {{8, 1}};
  options.pattern.read_percent = 50;
  options.pattern.region_lbas = kLbas;
  options.pattern.align_lbas = 1;
  options.pattern.seed = number;
  options.depth = 16;
  options.time_ns = 3600 * kNsPerSecond;
  return options;
}

// Of all threads' heaps. Rings and PRP lists are mapped pages and not in it.
size_t InUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Chunks that a thread's cache keeps count as allocated, so this needs a process without such caches.
bool WithoutThreadCaches() {
  if (std::getenv("GLIBC_TUNABLES") != nullptr) return true;
  char self[4096] = {};
  CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
  CHECK(std::system(("GLIBC_TUNABLES=glibc.malloc.tcache_count=0 " + std::string(self) + " resets > /dev/null").c_str()) == 0);
  return false;
}

// What ends on other threads gives its memory back a little later: the least of many looks.
size_t AtRest() {
  size_t least = InUse();
  for (int look = 0; look < 50; look++) {
    usleep(10'000);
    least = std::min(least, InUse());
  }
  return least;
}

void Round(const std::shared_ptr<Controller>& controller, const std::shared_ptr<Namespace>& ns, const std::string& path, int round) {
  {
    std::vector<std::future<WorkerResult>> workers;
    for (uint32_t n = 0; n < kWorkers; n++) workers.push_back(StartWorker(ns, Work(n)));
    usleep(5000);
    if (round % 2 == 0) {
      CHECK(Control(controller, [](Controller& c) { return c.Reset().status.ok(); }));
    } else {
      model::PowerReport report;
      CHECK(model::SwitchPower(path, false, &report).ok());
      for (auto& worker : workers) worker.wait();
      CHECK(model::SwitchPower(path, true, &report).ok());
      CHECK(Control(controller, [](Controller& c) { return c.Restart().status.ok(); }));
    }
    for (auto& worker : workers) {
      const WorkerResult result = worker.get();
      CHECK(result.end == WorkerEnd::kTerminated);
      CHECK(result.errors.empty());
    }
  }
  // The worker's last act, giving itself back, comes after its result; the control thread's answer comes behind it.
  CHECK(Control(controller, [](Controller& c) { return !c.Gone(); }));
}

void Run() {
  BenchFolder bench;
  const std::string path = bench.path + "/drive";
  CHECK(model::CreateDrive(path, BenchSpec(kLbas, 512)).ok());
  auto controller = OpenDrive(path, bench.path);
  auto ns = std::make_shared<Namespace>(controller, NamespaceGeometry{.nsid = 1, .lba_bytes = 512, .lba_count = kLbas, .max_transfer_bytes = 131072});
  int round = 0;
  while (round <= kWarmUp) Round(controller, ns, path, round++);
  bool steady = false;
  for (int window = 0; window < kWindows && !steady; window++) {
    const size_t before = AtRest();
    for (int n = kWarmUp + 1; n < kRounds; n++) Round(controller, ns, path, round++);
    steady = AtRest() <= before + kGrowthBytes;
  }
  CHECK(steady);
  CloseDrive(controller);
  CHECK(WaitForThreads(5000));
}

}  // namespace

void TestResets() {
  if (WithoutThreadCaches()) Run();
}
