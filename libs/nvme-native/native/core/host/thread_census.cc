#include "thread_census.h"

#include <sys/prctl.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace assay {
namespace {

struct Census {
  std::mutex mutex;
  std::condition_variable changed;
  uint32_t living = 0;
};

Census& TheCensus() {
  // Never destroyed: threads may end after static destructors have run.
  static auto* census = new Census;
  return *census;
}

}  // namespace

Status StartThread(const char* name, std::function<void()> body) {
  Census& census = TheCensus();
  {
    std::lock_guard lock(census.mutex);
    census.living++;
  }
  const auto ended = [&census] {
    std::lock_guard lock(census.mutex);
    census.living--;
    census.changed.notify_all();
  };
  auto run = [ended, name, body = std::move(body)]() mutable {
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_TIMERSLACK, 1000);
    body();
    body = nullptr;  // what it holds is freed before it counts as ended
    ended();
  };
  try {
    std::thread(std::move(run)).detach();
  } catch (const std::system_error& reason) {
    ended();
    return Status::Error(Code::kQpair, std::string("no thread could be started: ") + reason.what());
  }
  return Status::Ok();
}

bool WaitForThreads(uint32_t limit_ms) {
  Census& census = TheCensus();
  std::unique_lock lock(census.mutex);
  return census.changed.wait_for(lock, std::chrono::milliseconds(limit_ms), [&] { return census.living == 0; });
}

}  // namespace assay
