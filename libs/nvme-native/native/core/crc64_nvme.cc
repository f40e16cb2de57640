#include "crc64_nvme.h"

#include <array>
#include <cstring>

namespace assay {
namespace {

constexpr uint64_t kReflected = 0x9a6c9329ac4bc9b5;

// Slicing by eight.
constexpr auto kTables = [] {
  std::array<std::array<uint64_t, 256>, 8> tables{};
  for (uint64_t i = 0; i < 256; i++) {
    uint64_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? kReflected : 0);
    tables[0][i] = crc;
  }
  for (uint64_t i = 0; i < 256; i++) {
    for (size_t t = 1; t < 8; t++) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xff];
  }
  return tables;
}();

}  // namespace

uint64_t Crc64Nvme(const uint8_t* data, size_t bytes, uint64_t before) {
  uint64_t crc = ~before;
  for (; bytes >= 8; bytes -= 8, data += 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < 8; i++) crc ^= kTables[7 - i][word >> (8 * i) & 0xff];
  }
  for (; bytes > 0; bytes--, data++) crc = crc >> 8 ^ kTables[0][(crc ^ *data) & 0xff];
  return ~crc;
}

}  // namespace assay
