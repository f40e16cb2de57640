// The LBA formats that every namespace of a software drive can be formatted to; the place in the table is the index of
// Format NVM and of Identify Namespace. The last ones, and those with a storage tag or a guard of more than 16
// bits, are for hosts that say that they know such (LBAFEE; NVM Command Set 1.0, 5.3.1).
#pragma once
#include <cstdint>
#include <iterator>

#include "core/protection_information.h"

namespace assay::model {

struct LbaFormat {
  uint32_t lba_bytes;
  uint32_t metadata_bytes;
  uint32_t relative_performance;  // 0 is best
  Guard guard = Guard::k16;
  uint32_t storage_bits = 0;

  constexpr bool Extended() const { return guard != Guard::k16 || storage_bits != 0; }
};

// 32-bit and 64-bit guards are for sectors of 4 KiB and more.
constexpr LbaFormat kLbaFormats[] = {
    {512, 0, 1},
    {4096, 0, 0},
    {512, 8, 2},
    {4096, 8, 1},
    {4096, 64, 2},
    {4096, 16, 2},
    {4096, 16, 2, Guard::k64},
    {4096, 64, 2, Guard::k64},
    {512, 8, 2, Guard::k16, 16},
    {4096, 8, 2, Guard::k16, 32},
    {4096, 16, 2, Guard::k32, 16},
    {4096, 16, 2, Guard::k32, 32},
    {4096, 16, 2, Guard::k32, 64},
    {4096, 64, 2, Guard::k32, 37},
    {4096, 16, 2, Guard::k64, 18},
    {4096, 16, 2, Guard::k64, 48},
    {4096, 64, 2, Guard::k64, 16},
    {4096, 64, 2, Guard::k16, 12},
};
constexpr uint32_t kLbaFormatCount = std::size(kLbaFormats);
constexpr uint32_t kPlainLbaFormats = 15;  // that a host sees without LBAFEE: sixteen at most (5.5)
static_assert([] {
  for (const LbaFormat& format : kLbaFormats) {
    if (!FitsGuard(format.guard, format.storage_bits)) return false;
    if (format.guard != Guard::k16 && (format.lba_bytes < 4096 || format.metadata_bytes < 16)) return false;
  }
  return kLbaFormatCount <= 64;
}());

}  // namespace assay::model
