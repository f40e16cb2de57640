#include "function_bus.h"

#include <spdk/env.h>

#include <map>

#include "core/nvme_spec.h"
#include "environment.h"

namespace assay::spdk {
namespace {

constexpr uint64_t kPageBytes = 4096;

using Memories = std::vector<std::shared_ptr<uint8_t>>;

// Memory that a closed function may still reach, until it was opened again. Guarded by OpenAddresses: one owner an address.
class StillReached {
 public:
  void Keep(const std::string& address, Memories memories) {
    std::lock_guard<std::mutex> lock(mutex_);
    Memories& kept = kept_[address];
    kept.insert(kept.end(), memories.begin(), memories.end());
  }
  void Forget(const std::string& address) {
    std::lock_guard<std::mutex> lock(mutex_);
    kept_.erase(address);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Memories> kept_;
};

StillReached& AfterTheEnd() {
  static StillReached memories;
  return memories;
}

}  // namespace

void ForgetReachedMemory(const std::string& address) { AfterTheEnd().Forget(address); }

FunctionBus::FunctionBus(std::string address, std::unique_ptr<BusFunction> function)
    : address_(std::move(address)), function_(std::move(function)) {}

void FunctionBus::Ring(uint32_t doorbell, uint32_t value) {
  if (function_ == nullptr || function_->Write(reg::kDoorbells + doorbell * stride_, 4, value) != Answer::kDone) Lose();
}

std::shared_ptr<uint8_t> FunctionBus::QueueMemory(uint64_t bytes) {
  const uint64_t whole = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  auto* memory = static_cast<uint8_t*>(AllocateDma(whole, kPageBytes));
  return memory == nullptr ? nullptr : std::shared_ptr<uint8_t>(memory, FreeDma);
}

void FunctionBus::MayStillReach(const std::shared_ptr<uint8_t>& memory) {
  std::lock_guard<std::mutex> lock(mutex_);
  reached_.push_back(memory);
}

uint64_t FunctionBus::Find(const void* memory) {
  std::lock_guard<std::mutex> lock(mutex_);
  return function_ == nullptr ? SPDK_VTOPHYS_ERROR : function_->BusAddress(memory);
}

void FunctionBus::Exchange(std::unique_ptr<BusFunction> function) {
  std::lock_guard<std::mutex> lock(mutex_);
  function_ = std::move(function);
  lost_.store(function_ == nullptr, std::memory_order_release);
}

void FunctionBus::LetGo(bool silent) {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool reaches = silent || function_ == nullptr || function_->ReachesMemoryAfterwards();
  if (silent) {
    (void)function_.release();
    Lose();
  }
  function_ = nullptr;
  if (reaches) AfterTheEnd().Keep(address_, std::move(reached_));
  reached_.clear();
}

}  // namespace assay::spdk
