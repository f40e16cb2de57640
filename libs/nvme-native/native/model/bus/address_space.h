// What the host has lent to the device: the device's IOMMU. An address in a queue entry, a PRP list or a register is
// resolved here or it is no address. Memory that is taken back while the device works stays until the end of its turn.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace assay::model {

constexpr uint64_t kPageBytes = 4096;

class AddressSpace {
 public:
  // ---- any thread, never waits for the device's work ----
  // `keep` owns the memory; it is let go when the device no longer needs it. The range must not overlap another one.
  void Map(uint64_t address, uint8_t* host, uint64_t bytes, std::shared_ptr<void> keep);
  // Takes back what was lent at this address; nothing when nothing was.
  void Unmap(uint64_t address);

  // ---- device thread ----
  void BeginTurn();
  void EndTurn();
  // Between the two. The whole range must lie in one mapping, else null, and TakeFault tells.
  uint8_t* Resolve(uint64_t address, uint64_t bytes);
  bool TakeFault() {
    const bool faulted = faulted_;
    faulted_ = false;
    return faulted;
  }
  // Counts what was taken back: a pointer that was resolved at the same count is still good in this turn.
  uint64_t taken_back() const { return taken_back_; }

 private:
  struct Mapping {
    uint8_t* host;
    uint64_t bytes;
    std::shared_ptr<void> keep;
  };
  struct Change {
    uint64_t address;
    Mapping mapping;  // host null: take it back
  };

  void Apply(Change&& change);
  bool ApplyNewMappings();

  std::mutex mutex_;
  bool working_ = false;         // the device thread is inside a turn and alone may touch what is below
  std::vector<Change> waiting_;  // changes that came meanwhile
  std::map<uint64_t, Mapping> mappings_;
  const std::pair<const uint64_t, Mapping>* last_ = nullptr;
  uint64_t taken_back_ = 1;
  bool faulted_ = false;
};

// The space of the device whose thread this is; null on every other thread.
extern thread_local AddressSpace* device_memory;

}  // namespace assay::model
