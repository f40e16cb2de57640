// Guards and tuples of protection information against the values that the specification prints (NVM Command Set 1.0, 5.3.1),
// and against bit by bit arithmetic that has nothing of the tables.
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "core/crc32c.h"
#include "core/crc64_nvme.h"
#include "core/protection_information.h"
#include "core/random.h"

using namespace assay;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint32_t kLbaBytes = 4096;

Bytes Filled(uint8_t (*at)(size_t)) {
  Bytes data(kLbaBytes);
  for (size_t i = 0; i < data.size(); i++) data[i] = at(i);
  return data;
}

// The remainder of long division, highest power first; `reflected`: each byte's lowest bit is its highest power.
uint64_t Divided(const Bytes& data, uint32_t bits, uint64_t polynomial, bool reflected) {
  const uint64_t mask = ProtectionFormat::Ones(bits);
  uint64_t rest = reflected ? mask : 0;
  for (const uint8_t byte : data) {
    for (int bit = 0; bit < 8; bit++) {
      const bool one = byte >> (reflected ? bit : 7 - bit) & 1;
      const bool over = (rest >> (bits - 1) & 1) != one;
      rest = (rest << 1 ^ (over ? polynomial : 0)) & mask;
    }
  }
  if (!reflected) return rest;
  uint64_t turned = 0;
  for (uint32_t bit = 0; bit < bits; bit++) turned |= (rest >> bit & 1) << (bits - 1 - bit);
  return ~turned & mask;
}

uint64_t Guarded(Guard guard, const Bytes& data) {
  switch (guard) {
    case Guard::k16: return GuardCrc(data.data(), data.size());
    case Guard::k32: return Crc32c(data.data(), data.size());
    default: return Crc64Nvme(data.data(), data.size());
  }
}

uint64_t Reference(Guard guard, const Bytes& data) {
  switch (guard) {
    case Guard::k16: return Divided(data, 16, 0x8bb7, false);
    case Guard::k32: return Divided(data, 32, 0x1edc6f41, true);
    default: return Divided(data, 64, 0xad93d23594c93659, true);
  }
}

// Figures 150 and 155; the check value of figure 153 is that of a result that is not reflected.
void GuardsAreThoseOfTheSpecification() {
  const struct {
    Bytes data;
    uint64_t guard32, guard64;
  } cases[] = {
      {Filled([](size_t) { return uint8_t{0}; }), 0x98f94189, 0x6482d367eb22b64e},
      {Filled([](size_t) { return uint8_t{0xff}; }), 0x25c1fe13, 0xc0ddba7302eca3ac},
      {Filled([](size_t i) { return static_cast<uint8_t>(i); }), 0x9c71fe32, 0x3e729f5f6750449c},
      {Filled([](size_t i) { return static_cast<uint8_t>(255 - i % 256); }), 0x214941a8, 0x9a2df64b8e9e517e},
  };
  for (const auto& one : cases) CHECK(Guarded(Guard::k32, one.data) == one.guard32 && Guarded(Guard::k64, one.data) == one.guard64);
  const std::string digits = "123456789";
  const Bytes check(digits.begin(), digits.end());
  CHECK(Guarded(Guard::k16, check) == 0xd0db && Guarded(Guard::k32, check) == 0xe3069283);
  const uint64_t crc = Guarded(Guard::k64, check);
  uint64_t turned = 0;
  for (int bit = 0; bit < 64; bit++) turned |= (crc >> bit & 1) << (63 - bit);
  CHECK(turned == 0x11199e506128d175);
}

// Of any length, in parts as in one, whatever the parts.
void GuardsAreThoseOfLongDivision() {
  Random random(7);
  for (size_t length = 0; length < 70; length++) {
    Bytes data(length);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random.Next());
    for (const Guard guard : {Guard::k16, Guard::k32, Guard::k64}) CHECK(Guarded(guard, data) == Reference(guard, data));
    for (size_t at = 0; at <= length; at++) {
      const uint8_t *from = data.data(), *middle = from + at;
      CHECK(GuardCrc(middle, length - at, GuardCrc(from, at)) == GuardCrc(from, length));
      CHECK(Crc32c(middle, length - at, Crc32c(from, at)) == Crc32c(from, length));
      CHECK(Crc64Nvme(middle, length - at, Crc64Nvme(from, at)) == Crc64Nvme(from, length));
    }
  }
}

// Figures 147 to 151: where each part stands, most significant byte first.
void TuplesLieAsTheSpecificationDrawsThem() {
  const struct {
    ProtectionFormat format;
    ProtectionTuple tuple;
    Bytes bytes;
  } cases[] = {
      {{1, true, 512, 8}, {0x0102, 0x0304, 0x05060708}, {1, 2, 3, 4, 5, 6, 7, 8}},
      {{1, true, 512, 8, Guard::k16, 12}, {0x0102, 0x0304, 0x60708, 0x050}, {1, 2, 3, 4, 5, 6, 7, 8}},
      {{1, true, 512, 8, Guard::k16, 32}, {0x0102, 0x0304, 0, 0x05060708}, {1, 2, 3, 4, 5, 6, 7, 8}},
      {{1, true, 4096, 16, Guard::k32, 16}, {0x01020304, 0x0506, 0x090a0b0c0d0e0f10, 0x0708}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
      {{1, true, 4096, 16, Guard::k32, 64}, {0x01020304, 0x0506, 0x0f10, 0x0708090a0b0c0d0e}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
      {{1, true, 4096, 16, Guard::k64, 0}, {0x0102030405060708, 0x090a, 0x0b0c0d0e0f10}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
      {{1, true, 4096, 16, Guard::k64, 20}, {0x0102030405060708, 0x090a, 0xd0e0f10, 0x0b0c0}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
  };
  for (const auto& one : cases) {
    CHECK(LoadTuple(one.format, one.bytes.data()) == one.tuple);
    Bytes stored(one.bytes.size());
    StoreTuple(one.format, one.tuple, stored.data());
    CHECK(stored == one.bytes);
    // Behind other metadata.
    ProtectionFormat last = one.format;
    last.first = false;
    last.metadata_bytes = 64;
    Bytes metadata(64, 0xee);
    StoreTuple(last, one.tuple, metadata.data());
    const size_t at = 64 - one.bytes.size();
    CHECK(std::memcmp(metadata.data() + at, one.bytes.data(), one.bytes.size()) == 0 && LoadTuple(last, metadata.data()) == one.tuple);
    for (size_t i = 0; i < at; i++) CHECK(metadata[i] == 0xee);
  }
}

// Figures 160, 162 and 164.
void TagsStandInTheirDwords() {
  const auto sqe = [](const ProtectionFormat& format, const ProtectionTags& tags) {
    Sqe made{};
    made.cdw2 = 0xa2a2a2a2;
    made.cdw3 = 0xa3a3a3a3;
    SetTags(format, tags, &made);
    const ProtectionTags read = TagsOf(format, made);
    CHECK(read.reference == tags.reference && read.storage == tags.storage);
    return made;
  };
  const Sqe small = sqe({1, true, 512, 8}, {0x01020304, 0});
  CHECK(small.cdw14 == 0x01020304 && small.cdw3 == 0xa3a3a3a3 && small.cdw2 == 0xa2a2a2a2);
  const Sqe middle = sqe({1, true, 4096, 16, Guard::k32, 32}, {0x0506'0708090a, 0x01020304});
  CHECK((middle.cdw2 & 0xffff) == 0x0102 && middle.cdw3 == 0x03040506 && middle.cdw14 == 0x0708090a);
  const Sqe large = sqe({1, true, 4096, 16, Guard::k64, 18}, {0x3fffffff, 0x2aaaa});
  CHECK((large.cdw3 & 0xffff) == 0xaaaa && large.cdw14 == 0xbfffffff && large.cdw2 == 0xa2a2a2a2);
  // A source range of Copy: 80 bits, big endian, of which a 64-bit guard has the last 48.
  const uint8_t range[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const ProtectionTags wide = TagsOf({1, true, 4096, 16, Guard::k32, 32}, range), narrow = TagsOf({1, true, 4096, 16, Guard::k64, 16}, range);
  CHECK(wide.storage == 0x01020304 && wide.reference == 0x05060708090a && narrow.storage == 0x0506 && narrow.reference == 0x0708090a);
}

// With metadata in front of the tuple, which the guard covers, and without.
void GuardsCoverWhatIsInFrontOfTheTuple() {
  const Bytes data = Filled([](size_t i) { return static_cast<uint8_t>(i * 7); });
  Bytes metadata(64);
  for (size_t i = 0; i < metadata.size(); i++) metadata[i] = static_cast<uint8_t>(i + 1);
  for (const Guard guard : {Guard::k16, Guard::k32, Guard::k64}) {
    const uint32_t storage = guard == Guard::k32 ? 16 : 0;
    Bytes covered = data;
    covered.insert(covered.end(), metadata.begin(), metadata.end() - TupleBytes(guard));
    CHECK(GuardOf({1, false, kLbaBytes, 64, guard, storage}, data.data(), metadata.data()) == Reference(guard, covered));
    CHECK(GuardOf({1, true, kLbaBytes, 64, guard, storage}, data.data(), metadata.data()) == Reference(guard, data));
  }
}

}  // namespace

void TestProtectionTuple() {
  GuardsAreThoseOfTheSpecification();
  GuardsAreThoseOfLongDivision();
  TuplesLieAsTheSpecificationDrawsThem();
  TagsStandInTheirDwords();
  GuardsCoverWhatIsInFrontOfTheTuple();
}
