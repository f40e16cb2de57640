// A controller that stands still for whoever debugs its firmware: no command is sent, no completion is taken in, no queue
// is made or deleted, until it is released. Set by a worker at an error; asked by every owner of a qpair.
#pragma once
#include <atomic>
#include <cstdint>

namespace assay {

// How often the owner of a qpair looks whether it was released.
constexpr uint64_t kFrozenNapNs = 20'000'000;

class Freeze {
 public:
  bool frozen() const { return frozen_.load(std::memory_order_relaxed); }
  // False: it was frozen already.
  bool Set() { return !frozen_.exchange(true); }
  void Release() { frozen_.store(false); }

 private:
  std::atomic<bool> frozen_{false};
};

}  // namespace assay
