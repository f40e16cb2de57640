#include "ring.h"

namespace assay::model {

uint8_t* Ring::Look(AddressSpace& space, uint32_t index) {
  whole_ = nullptr;
  const uint64_t offset = uint64_t{index} * entry_bytes_;
  if (!pages_.empty()) return space.Resolve(pages_[offset / kPageBytes] + offset % kPageBytes, entry_bytes_);
  whole_ = space.Resolve(address_, uint64_t{entries_} * entry_bytes_);
  resolved_at_ = space.taken_back();
  if (whole_ != nullptr) return whole_ + offset;
  // Lent in pieces: physically contiguous all the same. The fault of the first look is not one.
  (void)space.TakeFault();
  return space.Resolve(address_ + offset, entry_bytes_);
}

}  // namespace assay::model
