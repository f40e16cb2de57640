// The 64-bit CRC of protection information (NVM Command Set 1.0, 5.3.1.3): polynomial AD93D23594C93659h, reflected.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

// `before`: of the bytes in front of these.
uint64_t Crc64Nvme(const uint8_t* data, size_t bytes, uint64_t before = 0);

}  // namespace assay
