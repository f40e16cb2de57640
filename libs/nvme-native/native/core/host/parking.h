// How the control thread makes the owner of a qpair stand still: it asks, the owner arrives at a safe place in its loop
// and waits there until it is released. An owner that has retired (will never touch its qpair again) counts as parked.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace assay {

class Parking {
 public:
  // Owner, once per turn of its loop.
  void StopIfAsked() {
    if (!asked_.load(std::memory_order_acquire)) return;
    std::unique_lock lock(mutex_);
    standing_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !asked_.load(); });
    standing_ = false;
  }
  // Owner, between looking for work and going to sleep: a request that came in between must not be slept over.
  bool Asked() const { return asked_.load(std::memory_order_acquire); }
  // Owner: from now on it calls its qpair no more.
  void Retire() {
    std::lock_guard lock(mutex_);
    retired_ = true;
    changed_.notify_all();
  }

  // Control thread. The owner must be woken by the caller between Ask and WaitStanding.
  void Ask() { asked_.store(true, std::memory_order_release); }
  void WaitStanding() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return standing_ || retired_; });
  }
  void Release() {
    std::lock_guard lock(mutex_);
    asked_.store(false);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> asked_{false};
  bool standing_ = false;
  bool retired_ = false;
};

}  // namespace assay
