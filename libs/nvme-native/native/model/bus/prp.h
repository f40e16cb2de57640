// Data pointers of a command: PRP1, PRP2 and PRP lists with 4 KiB pages (NVMe Base 2.0, 4.1.1). Device thread, inside a
// turn: addresses are resolved in the space of its device.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/nvme_spec.h"
#include "address_space.h"

namespace assay::model {

// Null when the host has not lent this memory; the command then ends with Data Transfer Error, whatever it says itself.
inline uint8_t* DmaPointer(uint64_t address, uint64_t bytes) { return device_memory->Resolve(address, bytes); }

// Calls `visit(pointer, bytes)` for each run of contiguous memory. False when an entry is misaligned, null or not lent.
template <typename Visit>
bool ForEachRun(const Sqe& sqe, uint64_t bytes, Visit visit) {
  if (bytes == 0) return true;
  if (sqe.prp1 == 0 || sqe.prp1 % 4 != 0) return false;
  uint64_t run_bytes = std::min(bytes, kPageBytes - sqe.prp1 % kPageBytes);
  uint8_t* run = DmaPointer(sqe.prp1, run_bytes);
  if (run == nullptr) return false;
  uint64_t left = bytes - run_bytes;
  auto add = [&](uint64_t address) {
    const uint64_t part = std::min(left, kPageBytes);
    uint8_t* page = DmaPointer(address, part);
    if (page == nullptr) return false;
    if (page == run + run_bytes) {
      run_bytes += part;
    } else {
      visit(run, run_bytes);
      run = page;
      run_bytes = part;
    }
    left -= part;
    return true;
  };
  if (left > 0 && left <= kPageBytes) {
    if (sqe.prp2 == 0 || sqe.prp2 % kPageBytes != 0 || !add(sqe.prp2)) return false;
  } else if (left > 0) {
    uint64_t at = sqe.prp2;
    if (at == 0 || at % 8 != 0) return false;
    const uint8_t* list = DmaPointer(at, kPageBytes - at % kPageBytes);
    while (left > 0) {
      if (list == nullptr) return false;
      uint64_t entry;
      std::memcpy(&entry, list, 8);
      if (entry == 0 || entry % kPageBytes != 0) return false;
      // The last entry of a list page points to the next list page when more than one page is left.
      if (at % kPageBytes == kPageBytes - 8 && left > kPageBytes) {
        at = entry;
        list = DmaPointer(at, kPageBytes);
        continue;
      }
      if (!add(entry)) return false;
      at += 8;
      list += 8;
    }
  }
  visit(run, run_bytes);
  return true;
}

}  // namespace assay::model
