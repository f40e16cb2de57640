// MSI-X of the software drive (PCIe Base, 6.1.4): a table and a pending array in BAR0, messages that are real writes into
// memory lent by the host, and the aggregation of feature 08h (NVMe Base 2.0, 5.27.1.6).
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "address_space.h"

namespace assay::model {

constexpr uint32_t kMsixTableOffset = 0x10000;
constexpr uint32_t kMsixPendingOffset = 0x20000;
constexpr uint32_t kBarBytes = 0x40000;

class Interrupts {
 public:
  explicit Interrupts(uint32_t vectors) : entries_(vectors) {}

  uint32_t vectors() const { return static_cast<uint32_t>(entries_.size()); }

  // ---- any thread ----
  // Offsets from kMsixTableOffset up; 4 bytes at a time.
  uint32_t Read(uint32_t offset) const;
  void Write(uint32_t offset, uint32_t value);
  // Message Control of the MSI-X capability.
  void Configure(bool enabled, bool masked);
  // Table and pending bits as after a reset of the function.
  void Reset();

  // ---- device thread, inside a turn ----
  // An entry was posted to a completion queue with this vector. `aggregate`: an I/O queue's, feature 08h counts.
  void Posted(uint16_t vector, bool aggregate);
  // Threshold in completions (1: none), time in ns (0: none).
  void Aggregate(uint32_t completions, uint64_t time_ns);
  // The queues are gone: nothing that they raised is left.
  void Forget();
  // Sends what is due.
  void Advance(AddressSpace& space, uint64_t now_ns);
  // kNever when nothing waits for a time.
  uint64_t NextDueNs() const { return next_due_ns_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    uint32_t address_low = 0;
    uint32_t address_high = 0;
    uint32_t data = 0;
    uint32_t control = 1;  // bit 0: masked, as after a reset
    bool pending = false;
    bool raised = false;
    uint32_t counted = 0;
    uint64_t due_ns = UINT64_MAX;
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::atomic<bool> enabled_{false};
  bool masked_ = false;
  uint32_t threshold_ = 1;
  uint64_t time_ns_ = 0;
  std::atomic<bool> look_{false};  // something was raised or unmasked
  std::atomic<uint64_t> next_due_ns_{UINT64_MAX};
};

}  // namespace assay::model
