// An Event never loses a notification, however late its notifiers come.
#include <thread>
#include <vector>

#include "core/event.h"
#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kNotifiers = 4;
constexpr uint32_t kEach = 60'000;
constexpr uint64_t kLostNs = 20 * kNsPerSecond;

// Each notifier waits for the sleeper to have taken what it brought: one lost notification and all of them stand still.
void TestNotificationsArrive() {
  Event event;
  std::atomic<uint32_t> brought[kNotifiers] = {};
  std::atomic<uint32_t> taken[kNotifiers] = {};
  std::atomic<bool> lost{false};
  std::vector<std::thread> notifiers;
  for (uint32_t who = 0; who < kNotifiers; who++) {
    notifiers.emplace_back([&, who] {
      for (uint32_t n = 1; n <= kEach && !lost; n++) {
        brought[who] = n;
        event.Notify();
        while (taken[who] != n && !lost) std::this_thread::yield();
      }
    });
  }
  uint32_t sum = 0;
  while (sum < kNotifiers * kEach && !lost) {
    const uint32_t seen = event.Epoch();
    bool moved = false;
    sum = 0;
    for (uint32_t who = 0; who < kNotifiers; who++) {
      const uint32_t now = brought[who];
      moved = moved || now != taken[who];
      taken[who] = now;
      sum += now;
    }
    const uint64_t until = BoottimeNs() + kLostNs;
    if (!moved && sum < kNotifiers * kEach) event.Wait(seen, until);
    lost = BoottimeNs() >= until;
  }
  for (std::thread& notifier : notifiers) notifier.join();
  CHECK(!lost);
}

}  // namespace

void TestEvent() { TestNotificationsArrive(); }
