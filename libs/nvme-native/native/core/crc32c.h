// CRC-32C (Castagnoli), for sectors whose content is not ours.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

uint32_t Crc32c(const uint8_t* data, size_t bytes);

}  // namespace assay
