#include "lent_memory.h"

#include <sys/mman.h>

#include <new>

namespace assay::model {

std::shared_ptr<uint8_t> AllocatePages(uint64_t bytes) {
  const uint64_t rounded = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  void* memory = mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  return {static_cast<uint8_t*>(memory), [rounded](uint8_t* pages) { munmap(pages, rounded); }};
}

PageMemory::PageMemory(AddressSpace* space, uint64_t bytes)
    : space_(space), bytes_((bytes + kPageBytes - 1) / kPageBytes * kPageBytes), pages_(AllocatePages(bytes_)) {
  if (pages_ == nullptr) throw std::bad_alloc();
  space_->Map(address(), pages_.get(), bytes_, pages_);
}

PageMemory::~PageMemory() { space_->Unmap(address()); }

}  // namespace assay::model
