// The LBA formats that every namespace of a software drive can be formatted to; the place in the table is the index of
// Format NVM and of Identify Namespace.
#pragma once
#include <cstdint>

namespace assay::model {

struct LbaFormat {
  uint32_t lba_bytes;
  uint32_t metadata_bytes;
  uint32_t relative_performance;  // 0 is best
};

constexpr LbaFormat kLbaFormats[] = {{512, 0, 1}, {4096, 0, 0}, {512, 8, 2}, {4096, 8, 1}, {4096, 64, 2}};

}  // namespace assay::model
