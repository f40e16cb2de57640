// Data pointers of a command: PRP1, PRP2 and PRP lists with 4 KiB pages (NVMe Base 2.0, 4.1.1). In the software drive a
// "physical" address is a virtual address of this process.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "../core/nvme_spec.h"

namespace assay::model {

constexpr uint64_t kPageBytes = 4096;

// Calls `visit(pointer, bytes)` for each run of contiguous memory. False when an entry is misaligned or null.
template <typename Visit>
bool ForEachRun(const Sqe& sqe, uint64_t bytes, Visit visit) {
  uint64_t run = sqe.prp1;
  if (bytes == 0) return true;
  if (run == 0) return false;
  uint64_t run_bytes = std::min(bytes, kPageBytes - run % kPageBytes);
  uint64_t left = bytes - run_bytes;
  auto add = [&](uint64_t page) {
    const uint64_t part = std::min(left, kPageBytes);
    if (page == run + run_bytes) {
      run_bytes += part;
    } else {
      visit(reinterpret_cast<uint8_t*>(run), run_bytes);
      run = page;
      run_bytes = part;
    }
    left -= part;
  };
  if (left > 0 && left <= kPageBytes) {
    if (sqe.prp2 == 0 || sqe.prp2 % kPageBytes != 0) return false;
    add(sqe.prp2);
  } else if (left > 0) {
    uint64_t at = sqe.prp2;
    if (at == 0 || at % 8 != 0) return false;
    while (left > 0) {
      // The last entry of a list page points to the next list page when more than one page is left.
      const bool last_of_page = at % kPageBytes == kPageBytes - 8;
      uint64_t entry;
      std::memcpy(&entry, reinterpret_cast<const void*>(at), 8);
      if (entry == 0 || entry % kPageBytes != 0) return false;
      if (last_of_page && left > kPageBytes) {
        at = entry;
        continue;
      }
      add(entry);
      at += 8;
    }
  }
  visit(reinterpret_cast<uint8_t*>(run), run_bytes);
  return true;
}

}  // namespace assay::model
