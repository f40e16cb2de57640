// What a worker writes into a sector: bytes 0-7 the LBA, the last 8 bytes the token (the version, unique in a table's
// life), both u64 little endian, and between them a payload that is a pure function of seed, LBA and token. So a sector
// proves by itself whose it is and which version, and whether it is whole. A share of it may be zeroes, in front of the last
// 16 bytes: it is the same for all sectors of a seed.
#pragma once
#include <cstdint>
#include <vector>

namespace assay {

constexpr uint32_t kStampBlockBytes = 4096;

class Stamp {
 public:
  // `zero_percent`: of each sector; its first and last 16 bytes are never zeroes.
  explicit Stamp(uint64_t seed, uint32_t zero_percent = 0);

  // `bytes` is a multiple of 16.
  void Fill(uint8_t* sector, uint32_t bytes, uint64_t lba, uint64_t token) const;
  // The sector is whole and is what Fill makes of the LBA and the token that it carries.
  bool Proves(const uint8_t* sector, uint32_t bytes) const;

  // Bytes of payload that are neither zeroes nor stamp.
  uint32_t PayloadBytes(uint32_t bytes) const { return ZeroesFrom(bytes / 16) * 16; }

  static uint64_t Lba(const uint8_t* sector);
  static uint64_t Token(const uint8_t* sector, uint32_t bytes);

 private:
  uint64_t Base(uint64_t lba, uint64_t token) const;
  // Of a sector of so many pairs: the first one of zeroes; they end in front of the last pair.
  uint32_t ZeroesFrom(uint32_t pairs) const;

  uint64_t seed_;
  uint32_t zero_percent_;
  alignas(16) uint64_t block_[kStampBlockBytes / 8];
};

}  // namespace assay
