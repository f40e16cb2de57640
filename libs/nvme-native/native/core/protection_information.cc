#include "protection_information.h"

#include <array>
#include <cstring>

#include "crc32c.h"
#include "crc64_nvme.h"

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

// Storage and Reference Space, 80 bits of it at most.
using Space = unsigned __int128;

Space SpaceOf(const ProtectionFormat& format, uint64_t reference, uint64_t storage) {
  const Space high = storage & format.StorageMask();
  return high << format.ReferenceBits() | (reference & format.ReferenceMask());
}

ProtectionTags TagsIn(const ProtectionFormat& format, Space space) {
  return {static_cast<uint64_t>(space) & format.ReferenceMask(), static_cast<uint64_t>(space >> format.ReferenceBits()) & format.StorageMask()};
}

uint64_t LoadBig(const uint8_t* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return __builtin_bswap64(word);
}

void StoreBig(uint64_t word, uint8_t* to) {
  word = __builtin_bswap64(word);
  std::memcpy(to, &word, sizeof word);
}

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

// Guard, application tag, storage and reference space: one behind the other, big endian, as T10 defined it.
ProtectionTuple LoadTuple(const ProtectionFormat& format, const uint8_t* metadata) {
  const uint8_t* at = metadata + format.Offset();
  const bool small = format.guard == Guard::k16;
  const Space whole = small ? Space{LoadBig(at)} : Space{LoadBig(at)} << 64 | LoadBig(at + 8);
  const uint32_t bits = format.SpaceBits();
  const ProtectionTags tags = TagsIn(format, whole & ((Space{1} << bits) - 1));
  return {static_cast<uint64_t>(whole >> (bits + 16)), static_cast<uint16_t>(whole >> bits), tags.reference, tags.storage};
}

void StoreTuple(const ProtectionFormat& format, const ProtectionTuple& tuple, uint8_t* metadata) {
  uint8_t* at = metadata + format.Offset();
  const uint32_t bits = format.SpaceBits();
  const Space whole = (Space{tuple.guard} << 16 | tuple.application) << bits | SpaceOf(format, tuple.reference, tuple.storage);
  if (format.guard != Guard::k16) {
    StoreBig(static_cast<uint64_t>(whole >> 64), at);
    at += 8;
  }
  StoreBig(static_cast<uint64_t>(whole), at);
}

uint64_t GuardOf(const ProtectionFormat& format, const uint8_t* data, const uint8_t* metadata) {
  switch (format.guard) {
    case Guard::k16: return GuardCrc(metadata, format.Offset(), GuardCrc(data, format.lba_bytes));
    case Guard::k32: return Crc32c(metadata, format.Offset(), Crc32c(data, format.lba_bytes));
    default: return Crc64Nvme(metadata, format.Offset(), Crc64Nvme(data, format.lba_bytes));
  }
}

ProtectionTags TagsOf(const ProtectionFormat& format, const Sqe& sqe) {
  const Space space = Space{sqe.cdw2} << 64 | Space{sqe.cdw3} << 32 | sqe.cdw14;
  return TagsIn(format, space);
}

void SetTags(const ProtectionFormat& format, const ProtectionTags& tags, Sqe* sqe) {
  const Space space = SpaceOf(format, tags.reference, tags.storage);
  sqe->cdw14 = static_cast<uint32_t>(space);
  if (format.guard == Guard::k16) return;
  sqe->cdw3 = static_cast<uint32_t>(space >> 32);
  if (format.guard == Guard::k32) sqe->cdw2 = static_cast<uint32_t>(space >> 64);
}

ProtectionTags TagsOf(const ProtectionFormat& format, const uint8_t (&bytes)[10]) {
  return TagsIn(format, Space{bytes[0]} << 72 | Space{bytes[1]} << 64 | LoadBig(bytes + 2));
}

}  // namespace assay
