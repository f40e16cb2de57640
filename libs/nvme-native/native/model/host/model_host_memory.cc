// Memory that the device reaches: buffers of the host and regions lent to bare scripts.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "model_host.h"


namespace assay::model {

// From here on the system gives pages when they are used, so that a script that takes much and uses little costs little.
constexpr size_t kMappedBytes = 4 << 20;

void* ModelHost::AllocBuffer(size_t bytes) {
  if (bytes >= kMappedBytes) {
    const std::shared_ptr<uint8_t> pages = AllocatePages(bytes);
    if (pages == nullptr) return nullptr;
    device_.memory().Map(reinterpret_cast<uint64_t>(pages.get()), pages.get(), (bytes + kPageBytes - 1) / kPageBytes * kPageBytes, pages);
    return pages.get();
  }
  const size_t rounded = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  void* memory = std::aligned_alloc(kPageBytes, rounded);
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0, rounded);
  device_.memory().Map(reinterpret_cast<uint64_t>(memory), static_cast<uint8_t*>(memory), rounded, {memory, std::free});
  return memory;
}

void ModelHost::FreeBuffer(void* memory) { device_.memory().Unmap(reinterpret_cast<uint64_t>(memory)); }

Status ModelHost::Lend(uint64_t bytes, bool scattered, DmaRegion* out) {
  const uint64_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  out->memory = AllocatePages(bytes);
  if (out->memory == nullptr) return Status::Error(Code::kQpair, "no memory for " + std::to_string(bytes) + " bytes");
  out->bytes = pages * kPageBytes;
  // A page that is not lent lies behind each piece: what runs over an end does not reach a neighbour.
  const uint64_t step = scattered ? 2 : 1;
  const uint64_t first = next_address_.fetch_add((pages * step + 1) * kPageBytes);
  for (uint64_t page = 0; page < pages; page++) out->pages.push_back(first + page * step * kPageBytes);
  if (!scattered) {
    device_.memory().Map(first, out->memory.get(), out->bytes, out->memory);
    return Status::Ok();
  }
  std::reverse(out->pages.begin(), out->pages.end());
  for (uint64_t page = 0; page < pages; page++) {
    device_.memory().Map(out->pages[page], out->memory.get() + page * kPageBytes, kPageBytes, out->memory);
  }
  return Status::Ok();
}

void ModelHost::TakeBack(const DmaRegion& region) {
  for (uint64_t page : region.pages) device_.memory().Unmap(page);
}

// The device reaches all memory of this process at its own address.
Status ModelHost::BusAddress(const void* memory, uint64_t* address) {
  *address = reinterpret_cast<uintptr_t>(memory);
  return Status::Ok();
}

}  // namespace assay::model
