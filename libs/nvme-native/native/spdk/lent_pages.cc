#include "lent_pages.h"

#include <spdk/env.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "environment.h"

namespace assay::spdk {
namespace {

constexpr uint64_t kPageBytes = 4096;

// One view of pages that are apart: every second page of `apart`, the last one first.
uint8_t* MapTogether(uint8_t* apart, uint64_t pages, LentPages* out) {
  void* view = mmap(nullptr, pages * kPageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (view == MAP_FAILED) return nullptr;
  auto* bytes = static_cast<uint8_t*>(view);
  for (uint64_t page = 0; page < pages; page++) {
    uint8_t* place = apart + 2 * (pages - 1 - page) * kPageBytes;
    uint64_t offset = 0;
    const int file = spdk_mem_get_fd_and_offset(place, &offset);
    // SPDK tells the offset of the piece of memory that it manages, which may be larger than our page.
    if (file < 0 || mmap(bytes + page * kPageBytes, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, static_cast<off_t>(offset)) == MAP_FAILED) {
      munmap(view, pages * kPageBytes);
      return nullptr;
    }
    out->places.push_back(place);
  }
  return bytes;
}

// The view must be the very pages, not merely some of the same file.
bool IsSame(const LentPages& pages) {
  bool same = true;
  for (uint64_t page = 0; page < pages.places.size() && same; page++) {
    volatile uint8_t* here = pages.memory.get() + page * kPageBytes;
    *here = 0xa5;
    same = *static_cast<const volatile uint8_t*>(pages.places[page]) == 0xa5;
    *here = 0;
  }
  return same;
}

}  // namespace

Status LendPages(uint64_t bytes, bool scattered, LentPages* out) {
  const uint64_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  out->bytes = pages * kPageBytes;
  auto* whole = static_cast<uint8_t*>(AllocateDma(out->bytes * (scattered ? 2 : 1), kPageBytes));
  if (whole == nullptr) return Status::Error(Code::kQpair, "SPDK has no DMA memory left for " + std::to_string(bytes) + " bytes");
  if (!scattered) {
    out->memory = {whole, FreeDma};
    for (uint64_t page = 0; page < pages; page++) out->places.push_back(whole + page * kPageBytes);
    return Status::Ok();
  }
  uint8_t* view = MapTogether(whole, pages, out);
  if (view == nullptr) {
    FreeDma(whole);
    return Status::Error(Code::kUnsupported, "SPDK's DMA memory cannot be mapped page by page (hugepages): no scattered memory");
  }
  out->memory = {view, [whole, size = out->bytes](uint8_t* mapped) {
                   munmap(mapped, size);
                   FreeDma(whole);
                 }};
  if (IsSame(*out)) return Status::Ok();
  out->memory = nullptr;
  out->places.clear();
  return Status::Error(Code::kUnsupported, "SPDK does not say where its DMA memory lies in its file: no scattered memory");
}

}  // namespace assay::spdk
