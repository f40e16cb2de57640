#include "../core/stamp.h"

#include <cstring>

#include "../core/crc32c.h"
#include "check.h"

using namespace assay;

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
  // The check value of CRC-32C.
  CHECK(Crc32c(reinterpret_cast<const uint8_t*>("123456789"), 9) == 0xe3069283);
}
