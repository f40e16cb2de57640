// Resets and power cuts under eight workers leave nothing behind: what is allocated is counted, not what the process has.
#include <malloc.h>
#include <unistd.h>

#include "../core/thread_census.h"
#include "../model/power_switch.h"
#include "bench_drive.h"

using namespace assay;

namespace {

constexpr int kRounds = 40;
constexpr int kWarmUp = 10;
constexpr uint32_t kWorkers = 8;
constexpr uint64_t kLbas = 8192;
// A hundred forgotten bytes of each worker would come to 23 KiB. Queues that reach their deepest late, on a busy machine,
// were seen to hold 12 KiB more from then on.
constexpr size_t kGrowthBytes = 16 * 1024;

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

void Run() {
  BenchFolder bench;
  const std::string path = bench.path + "/drive";
  CHECK(model::CreateDrive(path, BenchSpec(kLbas, 512)).ok());
  auto controller = OpenDrive(path, bench.path);
  auto ns = std::make_shared<Namespace>(controller, NamespaceGeometry{.nsid = 1, .lba_bytes = 512, .lba_count = kLbas, .max_transfer_bytes = 131072});
  size_t after_warm_up = 0;
  for (int round = 0; round < kRounds; round++) {
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
    if (round == kWarmUp) after_warm_up = InUse();
  }
  for (int patience = 0; InUse() > after_warm_up + kGrowthBytes && patience < 200; patience++) usleep(10'000);
  CHECK(InUse() <= after_warm_up + kGrowthBytes);
  CloseDrive(controller);
  CHECK(WaitForThreads(5000));
}

}  // namespace

void TestResets() {
  if (WithoutThreadCaches()) Run();
}
