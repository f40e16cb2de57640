#include "bench_drive.h"

#include <unistd.h>

namespace assay {

BenchFolder::BenchFolder() {
  char name[] = "/tmp/assay-native-XXXXXX";
  CHECK(mkdtemp(name) != nullptr);
  path = name;
}

BenchFolder::~BenchFolder() { CHECK(std::system(("rm -r " + path).c_str()) == 0); }

model::DriveSpec BenchSpec(uint64_t lbas, uint32_t lba_bytes) {
  model::DriveSpec spec;
  spec.model = "BENCH";
  spec.serial = "1";
  spec.firmware = "1";
  spec.capacity_bytes = lbas * lba_bytes;
  spec.namespaces.push_back(model::PlainNamespace(spec.capacity_bytes, lba_bytes));
  spec.volatile_cache = true;
  return spec;
}

std::shared_ptr<Controller> OpenDrive(const std::string& drive, const std::string& cmdlog_dir) {
  std::promise<std::shared_ptr<Controller>> promise;
  Controller::Open({.transport = "model", .address = drive, .port = 0, .nqn = "", .host_nqn = ""}, {.cmdlog_dir = cmdlog_dir, .cmdlog_entries = 2048, .timeout_ms = 10'000},
                   [&](const Status& status, std::shared_ptr<Controller> controller, const ReadyReport&) {
                     CHECK(status.ok());
                     promise.set_value(std::move(controller));
                   });
  return promise.get_future().get();
}

void CloseDrive(const std::shared_ptr<Controller>& controller) {
  std::promise<void> closed;
  CHECK(controller->Post([&, raw = controller.get()] { raw->Close([&] { closed.set_value(); }); }));
  closed.get_future().wait();
}

std::future<WorkerResult> StartWorker(const std::shared_ptr<Namespace>& ns, const WorkerOptions& options) {
  auto promise = std::make_shared<std::promise<WorkerResult>>();
  IoWorker::Start(ns, options, {[](WorkerEvent&&) {}, [promise](const Status& status, WorkerResult&& result) {
                                  CHECK(status.ok());
                                  promise->set_value(std::move(result));
                                }});
  return promise->get_future();
}

}  // namespace assay
