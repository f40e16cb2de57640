// A process to be killed: opens a drive and works at it, with resets, new workers and closings, until somebody ends it.
//   native_test victim <folder> <seed>      the drive is <folder>/drive, the flight recorders lie in the folder
#include <unistd.h>

#include "bench_drive.h"

using namespace assay;

namespace {

constexpr uint32_t kWorkers = 2;
constexpr uint32_t kDepth = 8;
constexpr uint32_t kAdminCommands = 64;

WorkerOptions Work(uint32_t number, uint64_t seed) {
  WorkerOptions options;
  options.worker = number;
  options.pattern.sizes = {{8, 3}, {1, 1}};
  options.pattern.read_percent = 40;
  options.pattern.region_lbas = 4096;
  options.pattern.align_lbas = 1;
  options.pattern.flush_every = 50;
  options.pattern.seed = seed;
  options.depth = kDepth;
  options.time_ns = 3600 * kNsPerSecond;
  return options;
}

// Get Features, which the driver itself does not send; cdw11 tells one from the other.
void AskForFeatures(Controller& controller, uint32_t first) {
  for (uint32_t n = 0; n < kAdminCommands; n++) {
    auto request = std::make_unique<Request>();
    request->command.sqe.opc = admin_opcode::kGetFeatures;
    request->command.sqe.cdw10 = 7;
    request->command.sqe.cdw11 = first + n;
    request->finish = [](const Status&, const Done&, Request&) {};
    (void)controller.PostAdmin(std::move(request));
  }
}

}  // namespace

void RunVictim(const std::string& folder, uint64_t seed) {
  Random random(seed);
  for (uint32_t number = 0;;) {
    auto controller = OpenDrive(folder + "/drive", folder);
    auto ns = std::make_shared<Namespace>(controller, NamespaceGeometry{.nsid = 1, .lba_bytes = 512, .lba_count = 4096, .max_transfer_bytes = 131072});
    for (int round = 0; round < 3; round++) {
      std::vector<std::future<WorkerResult>> workers;
      for (uint32_t n = 0; n < kWorkers; n++) {
        number++;
        workers.push_back(StartWorker(ns, Work(number, seed + number)));
      }
      AskForFeatures(*controller, number * kAdminCommands);
      usleep(static_cast<useconds_t>(2000 + random.Below(20'000)));
      if (round < 2) (void)Control(controller, [](Controller& c) { return c.Reset().status.ok(); });
      if (round == 2) CloseDrive(controller);
      for (auto& worker : workers) worker.wait();
    }
  }
}
