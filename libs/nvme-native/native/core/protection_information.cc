#include "protection_information.h"

#include <array>
#include <cstring>

namespace assay {
namespace {

constexpr uint16_t kPolynomial = 0x8bb7;
constexpr uint32_t kAtOnce = 8;
using Table = std::array<uint16_t, 256>;

// Of a byte with so many zeroes behind it.
constexpr std::array<Table, kAtOnce> MakeTables() {
  std::array<Table, kAtOnce> tables{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    auto crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; bit++) crc = static_cast<uint16_t>(crc & 0x8000 ? crc << 1 ^ kPolynomial : crc << 1);
    tables[0][byte] = crc;
  }
  for (uint32_t zeroes = 1; zeroes < kAtOnce; zeroes++) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      const uint16_t crc = tables[zeroes - 1][byte];
      tables[zeroes][byte] = static_cast<uint16_t>(crc << 8 ^ tables[0][crc >> 8]);
    }
  }
  return tables;
}
constexpr std::array<Table, kAtOnce> kTables = MakeTables();

// Big endian, as T10 defined it.
struct Stored {
  uint16_t guard, application;
  uint32_t reference;
};

uint16_t Swap(uint16_t value) { return __builtin_bswap16(value); }

}  // namespace

uint16_t GuardCrc(const uint8_t* data, size_t bytes, uint16_t crc) {
  const uint8_t* const end = data + bytes;
  for (; end - data >= static_cast<ptrdiff_t>(kAtOnce); data += kAtOnce) {
    uint16_t next = kTables[7][data[0] ^ crc >> 8] ^ kTables[6][data[1] ^ (crc & 0xff)];
    for (uint32_t i = 2; i < kAtOnce; i++) next ^= kTables[kAtOnce - 1 - i][data[i]];
    crc = next;
  }
  for (; data < end; data++) crc = static_cast<uint16_t>(crc << 8 ^ kTables[0][crc >> 8 ^ *data]);
  return crc;
}

ProtectionTuple LoadTuple(const ProtectionFormat& format, const uint8_t* metadata) {
  Stored stored;
  std::memcpy(&stored, metadata + format.Offset(), sizeof stored);
  return {Swap(stored.guard), Swap(stored.application), __builtin_bswap32(stored.reference)};
}

void StoreTuple(const ProtectionFormat& format, const ProtectionTuple& tuple, uint8_t* metadata) {
  const Stored stored{Swap(tuple.guard), Swap(tuple.application), __builtin_bswap32(tuple.reference)};
  std::memcpy(metadata + format.Offset(), &stored, sizeof stored);
}

uint16_t GuardOf(const ProtectionFormat& format, const uint8_t* data, const uint8_t* metadata) {
  return GuardCrc(metadata, format.Offset(), GuardCrc(data, format.lba_bytes));
}

}  // namespace assay
