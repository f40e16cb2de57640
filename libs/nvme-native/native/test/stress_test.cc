// The core without JavaScript: workers, scripts, sweeps, resets, power cuts and closing, all at once. For the sanitizers.
#include <unistd.h>

#include "core/worker/sweep.h"
#include "core/host/thread_census.h"
#include "model/device/power_switch.h"
#include "bench_drive.h"

using namespace assay;

namespace {

constexpr int kRounds = 6;
constexpr uint32_t kLbaBytes = 512;
constexpr uint64_t kLbas = (8 << 20) / kLbaBytes;

std::future<WorkerResult> StartWorker(const std::shared_ptr<Namespace>& ns, uint32_t number, uint64_t time_ms) {
  WorkerOptions options;
  options.worker = number;
  options.pattern.sizes = {{8, 3}, {1, 1}};
  options.pattern.read_percent = 50;
  options.pattern.region_lbas = 512;
  options.pattern.align_lbas = 1;
  options.pattern.flush_every = 40;
  options.pattern.seed = number;
  options.depth = 8;
  options.time_ns = time_ms * kNsPerMs;
  options.verify = true;
  options.sample_ns = 5 * kNsPerMs;
  return StartWorker(ns, options);
}

SweepResult VerifyAll(const std::shared_ptr<Namespace>& ns) {
  std::promise<SweepResult> promise;
  Sweep::Start(ns, {.rule = Rule::kDurableOrNewer, .region_start = 0, .region_lbas = kLbas, .written = true, .depth = 4},
               [&](const Status& status, SweepResult&& result) {
                 CHECK(status.ok());
                 promise.set_value(std::move(result));
               });
  return promise.get_future().get();
}

void Reads(const std::shared_ptr<Lane>& lane, const std::shared_ptr<Controller>& controller, int count) {
  std::atomic<int> left{count};
  std::promise<void> done;
  for (int i = 0; i < count; i++) {
    auto request = std::make_unique<Request>();
    request->buffer = Buffer(controller->host(), kLbaBytes);
    request->command.sqe.opc = nvm_opcode::kRead;
    request->command.sqe.nsid = 1;
    request->command.data = request->buffer.data();
    request->command.data_bytes = kLbaBytes;
    request->command.direction = Direction::kFromDevice;
    request->finish = [&](const Status& status, const Done&, Request&) {
      CHECK(status.ok());
      if (--left == 0) done.set_value();
    };
    CHECK(lane->Post(std::move(request)));
  }
  done.get_future().wait();
}

}  // namespace

void TestStress() {
  BenchFolder bench;
  const std::string& folder = bench.path;
  const std::string path = folder + "/drive";
  CHECK(model::CreateDrive(path, BenchSpec(kLbas, kLbaBytes)).ok());
  auto controller = OpenDrive(path, folder);
  auto ns = std::make_shared<Namespace>(controller, NamespaceGeometry{.nsid = 1, .lba_bytes = kLbaBytes, .lba_count = kLbas, .max_transfer_bytes = 131072});
  std::shared_ptr<VerifyTable> table;
  CHECK(VerifyTable::Open(folder + "/table", {.lba_count = kLbas, .lba_bytes = kLbaBytes, .seed = 5, .volatile_cache = true, .power_cycles = 1}, &table).ok());
  ns->SetTable(table);
  auto lane = Control(controller, [](Controller& c) {
    std::shared_ptr<Lane> made;
    CHECK(Lane::Create(&c, {.entries = 8, .priority = 0}, &made).ok());
    return made;
  });
  for (int round = 0; round < kRounds; round++) {
    std::vector<std::future<WorkerResult>> workers;
    for (uint32_t n = 0; n < 3; n++) workers.push_back(StartWorker(ns, n, round % 3 == 0 ? 30 : 60'000));
    Reads(lane, controller, 50);
    usleep(20'000);
    if (round % 3 == 1) {
      CHECK(Control(controller, [](Controller& c) { return c.Reset().status.ok(); }));
    } else if (round % 3 == 2) {
      model::PowerReport report;
      CHECK(model::SwitchPower(path, false, &report).ok());
      for (auto& worker : workers) worker.wait();
      CHECK(model::SwitchPower(path, true, &report).ok());
      CHECK(Control(controller, [](Controller& c) { return c.Restart().status.ok(); }));
      table->PowerLost(table->lba_count());
    }
    for (auto& worker : workers) {
      const WorkerResult result = worker.get();
      CHECK(result.end == (round % 3 == 0 ? WorkerEnd::kDone : WorkerEnd::kTerminated));
      CHECK(result.miscompares == 0 && result.errors.empty());
    }
    const SweepResult swept = VerifyAll(ns);
    CHECK(swept.violations == 0 && swept.coverage_percent == 100);
  }
  auto running = StartWorker(ns, 9, 60'000);
  CloseDrive(controller);
  const WorkerEnd end = running.get().end;
  CHECK(end == WorkerEnd::kTerminated);
  CHECK(WaitForThreads(5000));
}
