// What the native suites share: a software drive in a folder of its own, an open controller, work on its control thread.
#pragma once
#include <future>

#include "core/worker/ioworker.h"
#include "core/host/lane.h"
#include "model/media/drive_file.h"
#include "check.h"

namespace assay {

struct BenchFolder {
  BenchFolder();
  ~BenchFolder();  // removes everything in it
  std::string path;
};

model::DriveSpec BenchSpec(uint64_t lbas, uint32_t lba_bytes);

std::shared_ptr<Controller> OpenDrive(const std::string& drive, const std::string& cmdlog_dir);
void CloseDrive(const std::shared_ptr<Controller>& controller);

std::future<WorkerResult> StartWorker(const std::shared_ptr<Namespace>& ns, const WorkerOptions& options);

// Runs `work` on the control thread and waits for its value.
template <typename Work>
auto Control(const std::shared_ptr<Controller>& controller, Work work) {
  auto promise = std::make_shared<std::promise<decltype(work(*controller))>>();
  auto future = promise->get_future();
  CHECK(controller->Post([promise, work, raw = controller.get()]() mutable { promise->set_value(work(*raw)); }));
  return future.get();
}

}  // namespace assay
