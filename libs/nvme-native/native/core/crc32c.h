// CRC-32C (Castagnoli): for sectors whose content is not ours, and of protection information with a 32-bit guard.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

// `before`: of the bytes in front of these.
uint32_t Crc32c(const uint8_t* data, size_t bytes, uint32_t before = 0);

}  // namespace assay
