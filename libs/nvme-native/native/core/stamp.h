// What a worker writes into a sector: bytes 0-7 the LBA, the last 8 bytes the token (the version, unique in a table's
// life), both u64 little endian, and between them a payload that is a pure function of seed, LBA and token. So a sector
// proves by itself whose it is and which version, and whether it is whole.
#pragma once
#include <cstdint>
#include <vector>

namespace assay {

constexpr uint32_t kStampBlockBytes = 4096;

class Stamp {
 public:
  explicit Stamp(uint64_t seed);

  // `bytes` is a multiple of 16.
  void Fill(uint8_t* sector, uint32_t bytes, uint64_t lba, uint64_t token) const;
  // The sector is whole and is what Fill makes of the LBA and the token that it carries.
  bool Proves(const uint8_t* sector, uint32_t bytes) const;

  static uint64_t Lba(const uint8_t* sector);
  static uint64_t Token(const uint8_t* sector, uint32_t bytes);

 private:
  uint64_t Base(uint64_t lba, uint64_t token) const;

  uint64_t seed_;
  alignas(16) uint64_t block_[kStampBlockBytes / 8];
};

}  // namespace assay
