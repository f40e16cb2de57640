#include "mapped_file.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "bus_fault.h"

namespace assay {
namespace {
constexpr uintptr_t kPageBytes = 4096;
// After so many single pages all that is left goes at once: the kernel has a limit for the pieces of a process's memory.
constexpr size_t kMostPages = 16'384;
}  // namespace

std::unique_ptr<MappedFile> MappedFile::Map(int fd, size_t bytes) {
  void* map = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return nullptr;
  return std::unique_ptr<MappedFile>(new MappedFile(static_cast<uint8_t*>(map), bytes, fd >= 0));
}

MappedFile::MappedFile(uint8_t* data, size_t bytes, bool shared) : data_(data), bytes_(bytes), shared_(shared) {
  // A guard that finds no place leaves the file as a plain mapping.
  (void)GuardAgainstBusFaults(
      data_, bytes_, [](void* self, uintptr_t address, int, siginfo_t*, void*) { return static_cast<MappedFile*>(self)->Mend(address); }, this);
}

void MappedFile::KeepHead(size_t bytes) {
  std::vector<uint8_t> head(data_, data_ + bytes);
  head_ = std::move(head);
}

MappedFile::~MappedFile() {
  ForgetBusFaults(data_);
  munmap(data_, bytes_);
}

void MappedFile::DropPages() {
  if (shared_ && !Broken()) madvise(data_, bytes_, MADV_DONTNEED);
}

// Signal handler: system calls and memory of this object only.
bool MappedFile::Mend(uintptr_t address) {
  while (mending_.test_and_set(std::memory_order_acquire)) {
  }
  const uintptr_t page = address & ~(kPageBytes - 1);
  const uintptr_t* end = mended_ + std::min(mended_count_, kRemembered);
  bool ok = std::find<const uintptr_t*>(mended_, end, page) != end;
  if (!ok) {
    const uintptr_t base = reinterpret_cast<uintptr_t>(data_);
    const size_t bytes = mended_count_ < kMostPages ? kPageBytes : base + bytes_ - page;
    ok = mmap(reinterpret_cast<void*>(page), bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    const size_t at = page - base;
    if (ok && at < head_.size()) std::memcpy(data_ + at, head_.data() + at, std::min<size_t>(kPageBytes, head_.size() - at));
    if (ok) mended_[mended_count_++ % kRemembered] = page;
    broken_.store(true, std::memory_order_release);
  }
  mending_.clear(std::memory_order_release);
  return ok;
}

}  // namespace assay
