#include "host_memory.h"

#include <cstring>

#include "prp.h"
#include "model/statuses.h"

namespace assay::model {
namespace {

struct Descriptor {
  uint64_t base;
  uint32_t pages;
  uint32_t reserved;
};
static_assert(sizeof(Descriptor) == 16);

}  // namespace

uint16_t HostMemory::Use(uint32_t pages, uint64_t list, uint32_t entries, bool returned) {
  if (!ranges_.empty()) return status::kSequenceError;
  if (list == 0 || list % 16 != 0 || entries == 0 || entries > kHostMemoryDescriptors || pages < kHostMemoryLeastPages) return status::kInvalidField;
  const uint8_t* descriptors = DmaPointer(list, entries * sizeof(Descriptor));
  if (descriptors == nullptr) return status::kInvalidField;
  std::vector<Range> ranges;
  uint64_t total = 0;
  for (uint32_t i = 0; i < entries; i++) {
    Descriptor descriptor;
    std::memcpy(&descriptor, descriptors + i * sizeof descriptor, sizeof descriptor);
    const bool whole = descriptor.base != 0 && descriptor.base % kPageBytes == 0 && descriptor.pages != 0;
    if (!whole || DmaPointer(descriptor.base, descriptor.pages * kPageBytes) == nullptr) return status::kInvalidField;
    ranges.push_back({descriptor.base, descriptor.pages});
    total += descriptor.pages;
  }
  if (total < pages) return status::kInvalidField;
  for (const Range& range : ranges) {
    uint8_t* base = DmaPointer(range.address, kPageBytes);
    const bool kept = returned && std::memcmp(base, kHostMemoryMark, sizeof kHostMemoryMark) == 0;
    if (!kept) std::memset(base, 0, kPageBytes);
    std::memcpy(base, kHostMemoryMark, sizeof kHostMemoryMark);
  }
  ranges_ = std::move(ranges);
  pages_ = pages;
  list_ = list;
  entries_ = entries;
  return 0;
}

void HostMemory::CountCommand() {
  if (ranges_.empty()) return;
  uint8_t* base = DmaPointer(ranges_[0].address, kPageBytes);
  if (base == nullptr) {
    // Taken away without a word: the drive goes on without it.
    (void)device_memory->TakeFault();
    Forget();
    return;
  }
  uint64_t count;
  std::memcpy(&count, base + kHostMemoryCounterAt, sizeof count);
  count++;
  std::memcpy(base + kHostMemoryCounterAt, &count, sizeof count);
}

void HostMemory::Describe(uint8_t* page) const {
  if (ranges_.empty()) return;
  std::memcpy(page, &pages_, 4);
  std::memcpy(page + 4, &list_, 8);
  std::memcpy(page + 12, &entries_, 4);
}

}  // namespace assay::model
