// One namespace of an open controller, and the verify table that goes with it.
#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "atomic_writes.h"
#include "core/host/controller.h"
#include "core/protection_information.h"
#include "verify_table.h"

namespace assay {

struct NamespaceGeometry {
  uint32_t nsid = 1;
  uint32_t lba_bytes = 512;
  uint64_t lba_count = 0;
  uint32_t max_transfer_bytes = 131072;  // MDTS and the transport's limit
  // For commands that move data alone (workers, sweeps):
  uint32_t metadata_bytes = 0;  // of each LBA, in a buffer of their own that must come along
  uint32_t interleaved_bytes = 0;  // metadata behind the data of each LBA, in the same buffer
  ProtectionFormat protection{};  // of a namespace that has some
  uint32_t extended_metadata_bytes = 0;  // what scripts may have between the sectors, where the drive strips nothing
  bool deallocated_zeroes = false;  // DLFEAT: what deallocated LBAs read as is certain
  AtomicUnit power_fail_unit{};   // what a power loss does not tear
  AtomicUnit normal_unit{};       // what no read finds torn, unless that was disabled

  Version Deallocated() const { return deallocated_zeroes ? kVersionZeroes : kVersionUnknown; }
  // From one LBA to the next in a buffer.
  uint32_t stride() const { return lba_bytes + interleaved_bytes; }
};

// The wrong sectors that reads of scripts have found, until somebody asks.
class FoundMiscompares {
 public:
  void Add(Miscompare&& miscompare) {
    std::lock_guard lock(mutex_);
    if (found_.size() < kMaxFound) found_.push_back(std::move(miscompare));
  }
  std::vector<Miscompare> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(found_, {});
  }

 private:
  static constexpr size_t kMaxFound = 64;
  std::mutex mutex_;
  std::vector<Miscompare> found_;
};

class Namespace {
 public:
  Namespace(std::shared_ptr<Controller> controller, const NamespaceGeometry& geometry)
      : controller_(std::move(controller)), geometry_(geometry) {}

  const std::shared_ptr<Controller>& controller() const { return controller_; }
  const NamespaceGeometry& geometry() const { return geometry_; }
  // Any thread. Null while none is open.
  std::shared_ptr<VerifyTable> table() const {
    std::lock_guard lock(mutex_);
    return table_;
  }
  void SetTable(std::shared_ptr<VerifyTable> table) {
    std::lock_guard lock(mutex_);
    table_ = std::move(table);
  }

  // What no read finds torn. DN of feature 0Ah leaves what holds through a power loss (NVM Command Set 1.0, 4.1.4.2).
  const AtomicUnit& normal_unit() const { return normal_disabled_.load(std::memory_order_relaxed) ? geometry_.power_fail_unit : geometry_.normal_unit; }
  // Before the drive hears that it is disabled, after it has heard that it is not.
  void DisableNormalUnit(bool disabled) {
    if (normal_disabled_.exchange(disabled) == disabled || disabled) return;
    // Of what was sent before nobody knows which promise held.
    if (auto table = this->table()) table->recent().ForgetAll();
  }

  // Reads of scripts are checked against the table.
  bool verify_reads() const { return verify_reads_.load(std::memory_order_relaxed); }
  void SetVerifyReads(bool on) { verify_reads_ = on; }
  const std::shared_ptr<FoundMiscompares>& miscompares() const { return miscompares_; }

 private:
  std::shared_ptr<Controller> controller_;
  NamespaceGeometry geometry_;
  mutable std::mutex mutex_;
  std::shared_ptr<VerifyTable> table_;
  std::atomic<bool> verify_reads_{false}, normal_disabled_{false};
  std::shared_ptr<FoundMiscompares> miscompares_ = std::make_shared<FoundMiscompares>();
};

}  // namespace assay
