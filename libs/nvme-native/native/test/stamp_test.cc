#include "core/verify/stamp.h"

#include <algorithm>
#include <cstring>

#include "core/crc32c.h"
#include "check.h"

using namespace assay;

namespace {

// Whatever share of it is zeroes: nothing can change unnoticed, and the share is that of each sector.
void ZeroesAreProvedToo() {
  for (const uint32_t percent : {1u, 50u, 99u, 100u}) {
    const Stamp stamp(7, percent);
    for (const uint32_t bytes : {512u, 528u, 4096u}) {
      alignas(16) uint8_t sector[4096];
      std::memset(sector, 0xa5, sizeof sector);
      stamp.Fill(sector, bytes, 99, 12345);
      CHECK(stamp.Proves(sector, bytes) && Stamp::Lba(sector) == 99 && Stamp::Token(sector, bytes) == 12345);
      CHECK(!Stamp(7).Proves(sector, bytes) || percent == 1);
      uint32_t zeroes = 0;
      while (zeroes < bytes - 32 && sector[bytes - 17 - zeroes] == 0) zeroes++;
      const uint32_t wanted = std::min(bytes * percent / 100, bytes - 32);
      CHECK(zeroes <= wanted + 3 && zeroes + 15 >= wanted);
      for (uint32_t bit = 0; bit < bytes * 8; bit += 3) {
        sector[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
        CHECK(!stamp.Proves(sector, bytes));
        sector[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      }
    }
  }
}

}  // namespace

void TestStamp() {
  const Stamp stamp(7);
  const Stamp other(8);
  for (uint32_t bytes : {512u, 4096u, 520u / 8 * 8 + 8}) {
    alignas(16) uint8_t sector[8192];
    alignas(16) uint8_t again[8192];
    stamp.Fill(sector, bytes, 99, 12345);
    stamp.Fill(again, bytes, 99, 12345);
    CHECK(std::memcmp(sector, again, bytes) == 0);
    CHECK(Stamp::Lba(sector) == 99 && Stamp::Token(sector, bytes) == 12345);
    CHECK(stamp.Proves(sector, bytes));
    CHECK(!other.Proves(sector, bytes));
    // No single bit can change unnoticed, wherever it is.
    for (uint32_t bit = 0; bit < bytes * 8; bit += 3) {
      sector[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      CHECK(!stamp.Proves(sector, bytes));
      sector[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    }
    stamp.Fill(again, bytes, 100, 12345);
    CHECK(std::memcmp(sector + 8, again + 8, 64) != 0);
  }
  ZeroesAreProvedToo();
  // The check value of CRC-32C.
  CHECK(Crc32c(reinterpret_cast<const uint8_t*>("123456789"), 9) == 0xe3069283);
}
