// DMA memory of SPDK as a script sees it: bytes in a row, whose pages may lie apart for the device.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/status.h"

namespace assay::spdk {

struct LentPages {
  std::shared_ptr<uint8_t> memory;      // zeroed, freed with its last owner
  uint64_t bytes = 0;                   // whole pages of 4096
  std::vector<const uint8_t*> places;   // of each page, where SPDK knows it
};

// `scattered`: no two pages of it are neighbours, neither here nor there. kQpair when there is no memory left,
// kUnsupported where pages cannot be put apart.
Status LendPages(uint64_t bytes, bool scattered, LentPages* out);

}  // namespace assay::spdk
