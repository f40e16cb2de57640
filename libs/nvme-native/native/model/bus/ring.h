// A queue in host memory as the device sees it: contiguous, or pages named by a PRP list (PC = 0). Device thread only.
#pragma once
#include "address_space.h"

namespace assay::model {

class Ring {
 public:
  Ring() = default;
  Ring(uint64_t address, uint32_t entries, uint32_t entry_bytes) : address_(address), entries_(entries), entry_bytes_(entry_bytes) {}
  // One address of each page of a queue that is not contiguous.
  Ring(std::vector<uint64_t> pages, uint32_t entries, uint32_t entry_bytes)
      : pages_(std::move(pages)), address_(pages_.front()), entries_(entries), entry_bytes_(entry_bytes) {}

  bool present() const { return entries_ != 0; }
  uint32_t entries() const { return entries_; }
  // Null: the host took the memory back.
  uint8_t* At(AddressSpace& space, uint32_t index) {
    if (whole_ != nullptr && resolved_at_ == space.taken_back()) return whole_ + uint64_t{index} * entry_bytes_;
    return Look(space, index);
  }

 private:
  uint8_t* Look(AddressSpace& space, uint32_t index);

  std::vector<uint64_t> pages_;
  uint64_t address_ = 0;
  uint32_t entries_ = 0;
  uint32_t entry_bytes_ = 0;
  uint8_t* whole_ = nullptr;
  uint64_t resolved_at_ = 0;
};

}  // namespace assay::model
