// Limits of the Copy command of the software drive (NVM Command Set 1.0, figure 97: MSSRL, MCL, MSRC).
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint16_t kCopyRangeLbas = 128;
constexpr uint32_t kCopyLbas = 512;
constexpr uint32_t kCopyRanges = 8;
constexpr uint16_t kCopyFormats = 1 << 0 | 1 << 1;  // OCFS: of source ranges

}  // namespace assay::model
