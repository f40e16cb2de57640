// What is wrong with a sector, each kind at its borders; and which writes a power loss tore between their sectors.
#include "core/verify/atomic_writes.h"
#include "core/random.h"
#include "core/verify/sector_classification.h"

#include <cstring>

#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kBytes = 512;
constexpr uint64_t kLba = 77, kOld = 1000, kNew = 2000, kNewestToken = 3000;
const Stamp kStamp(9);
const Possibilities kPossible = {.lba = kLba, .newest = kNew, .oldest = kNew, .newest_token = kNewestToken};

using Sector = std::vector<uint8_t>;

Sector Of(uint64_t lba, uint64_t token) {
  Sector sector(kBytes);
  kStamp.Fill(sector.data(), kBytes, lba, token);
  return sector;
}

Miscompare Judge(const Sector& sector, const Possibilities& possible = kPossible) {
  return Classify(kStamp, sector.data(), kBytes, possible);
}

MiscompareKind KindOf(const Sector& sector, const Possibilities& possible = kPossible) { return Judge(sector, possible).kind; }

Sector WithWrongBits(uint32_t bits) {
  Sector sector = Of(kLba, kNew);
  for (uint32_t i = 0; i < bits; i++) sector[16 + i * 7] ^= 0x10;
  return sector;
}

// The first `at` bytes of one version, the rest of another.
Sector Torn(const Sector& head, const Sector& tail, uint32_t at) {
  Sector sector = head;
  std::copy(tail.begin() + at, tail.end(), sector.begin() + at);
  return sector;
}

Sector Noise(uint64_t seed) {
  Sector sector(kBytes);
  Random random(seed);
  for (uint8_t& byte : sector) byte = static_cast<uint8_t>(random.Next());
  return sector;
}

void BitErrors() {
  const Miscompare one = Judge(WithWrongBits(1));
  CHECK(one.kind == MiscompareKind::kBitError && one.byte_offset == 16u && one.expected_token == kNew && one.expected != one.got);
  CHECK(KindOf(WithWrongBits(63)) == MiscompareKind::kBitError);
  CHECK(KindOf(WithWrongBits(64)) != MiscompareKind::kBitError);
  // In the stamps themselves: neither a wrong LBA nor a stale version.
  Sector lba = Of(kLba, kNew), token = Of(kLba, kNew);
  lba[0] ^= 1;
  token[kBytes - 8] ^= 1;
  CHECK(KindOf(lba) == MiscompareKind::kBitError && KindOf(token) == MiscompareKind::kBitError);
}

void VersionsAndPlaces() {
  const Miscompare wrong = Judge(Of(kLba + 1, kOld));
  CHECK(wrong.kind == MiscompareKind::kWrongLba && wrong.got_lba == kLba + 1 && wrong.got_token == kOld);
  CHECK(KindOf(Of(kLba + 1, kNew)) == MiscompareKind::kWrongLba);
  const Miscompare stale = Judge(Of(kLba, kOld));
  CHECK(stale.kind == MiscompareKind::kStaleVersion && stale.got_token == kOld && stale.expected_token == kNew);
  Possibilities lost = kPossible;
  lost.lost = true;
  CHECK(KindOf(Of(kLba, kOld), lost) == MiscompareKind::kLostWrite);
  CHECK(KindOf(Of(kLba + 1, kOld), lost) == MiscompareKind::kWrongLba);
  CHECK(KindOf(WithWrongBits(1), lost) == MiscompareKind::kBitError);
  // Newer than anything that was sent there.
  CHECK(KindOf(Of(kLba, kNew + 1)) == MiscompareKind::kUnexpectedData);
}

void TornSectors() {
  for (const uint32_t at : {64u, 256u, 448u}) {
    CHECK(KindOf(Torn(Of(kLba, kNew), Of(kLba, kOld), at)) == MiscompareKind::kTornWrite);
    CHECK(KindOf(Torn(Of(kLba, kOld), Of(kLba, kNew), at)) == MiscompareKind::kTornWrite);
    CHECK(KindOf(Torn(Of(kLba, kNew), Noise(at), at)) == MiscompareKind::kTornWrite);
    CHECK(KindOf(Torn(Of(kLba, kNew), Sector(kBytes, 0), at)) == MiscompareKind::kTornWrite);
  }
}

// Where half of each sector is zeroes, versions differ in fewer bits than a sector may have wrong: torn is torn all the same.
void CompressibleSectors() {
  for (const uint32_t percent : {50u, 100u}) {
    const Stamp stamp(9, percent);
    const auto of = [&](uint64_t token) {
      Sector sector(kBytes);
      stamp.Fill(sector.data(), kBytes, kLba, token);
      return sector;
    };
    const auto kind = [&](const Sector& sector) { return Classify(stamp, sector.data(), kBytes, kPossible).kind; };
    for (const uint32_t at : {64u, 256u, 300u, 496u}) {
      CHECK(kind(Torn(of(kNew), of(kOld), at)) == MiscompareKind::kTornWrite);
      CHECK(kind(Torn(of(kOld), of(kNew), at)) == MiscompareKind::kTornWrite);
    }
    Sector bit = of(kNew), token = of(kNew), zero = of(kNew);
    bit[9] ^= 4;
    token[kBytes - 8] ^= 1;
    zero[kBytes - 40] ^= 1;
    for (const Sector& sector : {bit, token, zero}) CHECK(kind(sector) == MiscompareKind::kBitError);
    CHECK(kind(of(kOld)) == MiscompareKind::kStaleVersion && kind(Sector(kBytes, 0)) == MiscompareKind::kUnexpectedZeroes);
  }
}

void WhatIsNotOurs() {
  CHECK(KindOf(Sector(kBytes, 0)) == MiscompareKind::kUnexpectedZeroes);
  Sector nearly(kBytes, 0);
  nearly[kBytes - 1] = 1;
  CHECK(KindOf(nearly) == MiscompareKind::kUnexpectedData);
  CHECK(KindOf(Sector(kBytes, 0xff)) == MiscompareKind::kUnexpectedData);
  CHECK(KindOf(Noise(3)) == MiscompareKind::kUnexpectedData);
  // A sector of another table is not ours, however well it proves itself there.
  Sector other(kBytes);
  Stamp(10).Fill(other.data(), kBytes, kLba, kNew);
  CHECK(KindOf(other) == MiscompareKind::kUnexpectedData);
}

void UnitsAndBoundaries() {
  const AtomicUnit plain{.lbas = 8};
  CHECK(plain.Holds(3, 8) && !plain.Holds(3, 9));
  const AtomicUnit bounded{.lbas = 8, .boundary_lbas = 16, .offset_lba = 4};
  CHECK(bounded.Holds(4, 8) && bounded.Holds(12, 8) && !bounded.Holds(13, 8) && bounded.Holds(20, 8));
  // The first boundary is NABO itself.
  CHECK(bounded.Holds(0, 4) && !bounded.Holds(0, 5) && bounded.Holds(3, 1));
}

LoggedWrite WriteOf(uint64_t slba, uint32_t count, uint64_t token) {
  LoggedWrite write;
  write.slba = slba;
  write.lba_count = count;
  write.token = token;
  return write;
}

void WritesThatCameApart() {
  const std::vector<LoggedWrite> writes = {WriteOf(40, 4, 500), WriteOf(16, 4, 300), WriteOf(0, 16, 100), WriteOf(24, 1, 400)};
  const auto torn = [&](auto tell, uint32_t unit = 8) {
    AtomicWrites atomic({.lbas = unit}, writes);
    tell(atomic);
    return atomic.TornWrites();
  };
  const auto all = [](AtomicWrites& a, uint64_t slba, uint64_t token, uint32_t count, bool there) {
    for (uint32_t i = 0; i < count; i++) a.Found(slba + i, there ? std::optional(token + i) : std::optional<uint64_t>(7), token + i);
  };
  CHECK(torn([&](AtomicWrites& a) { all(a, 16, 300, 4, true); all(a, 40, 500, 4, false); }).empty());
  const auto half = torn([&](AtomicWrites& a) {
    a.Found(18, 7, 302);
    a.Found(16, 300, 300);
    a.Found(17, {}, 301);
  });
  CHECK(half.size() == 1 && half[0].write.slba == 16 && half[0].missing_lba == 17 && !half[0].found_token);
  // Longer than the unit, or a single sector: nothing to keep together.
  const auto longer = [&](AtomicWrites& a) { all(a, 0, 100, 8, true); all(a, 8, 108, 8, false); };
  CHECK(torn(longer).empty());
  CHECK(torn(longer, 16).size() == 1);
  // Where something newer was sent, a sector says nothing about this write.
  CHECK(torn([&](AtomicWrites& a) { a.Found(16, 300, 300); a.Found(17, 7, 999); }).empty());
  // Nor does one of the write that was sent next, directly behind it.
  CHECK(torn([&](AtomicWrites& a) { all(a, 16, 300, 4, true); a.Found(20, 7, 304); }).empty());
  // A token of the write at another place is not its doing.
  CHECK(torn([&](AtomicWrites& a) { a.Found(16, 300, 300); a.Found(90, 7, 301); }).empty());
}

// Of the LBAs from `slba` on: which token each gave, and which was sent there last.
bool Torn(const AtomicUnit& unit, const RecentWrites& recent, uint64_t slba, std::vector<SeenSector> seen) {
  return TornInRead(unit, recent, slba, seen).has_value();
}

void AReadFindsAllOfAWriteOrNothing() {
  RecentWrites recent;
  recent.Add({.token = 1000, .slba = 10, .lba_count = 4});
  const AtomicUnit unit{.lbas = 4};
  const SeenSector old{.found = 7, .newest = {}};
  const auto now = [](uint64_t token) { return SeenSector{.found = token, .newest = token}; };
  CHECK(!Torn(unit, recent, 10, {now(1000), now(1001), now(1002), now(1003)}) && !Torn(unit, recent, 10, {old, old, old, old}));
  const auto torn = TornInRead(unit, recent, 8, {old, old, now(1000), now(1001), old, now(1003), old});
  CHECK(torn && torn->missing_lba == 12 && torn->write.slba == 10 && *torn->write.token == 1000 && torn->found_token == 7);
  // Any part of it, from either end; around it what lies there.
  CHECK(Torn(unit, recent, 10, {old, now(1001)}) && Torn(unit, recent, 12, {now(1002), old, old}) && Torn(unit, recent, 13, {now(1003)}) == false);
  CHECK(!Torn(unit, recent, 8, {old, old, now(1000), now(1001), now(1002), now(1003), old}));
  // A newer write over a part of it.
  recent.Add({.token = 2000, .slba = 12, .lba_count = 2});
  CHECK(!Torn(unit, recent, 10, {now(1000), now(1001), now(2000), now(2001)}) && Torn(unit, recent, 10, {now(1000), now(1001), now(2000), now(1003)}));
  // Behind it something that is older still.
  CHECK(Torn(unit, recent, 10, {now(1000), old, now(2000), now(2001)}));
  // What proves nothing was there before, unless something else was sent since.
  CHECK(Torn(unit, recent, 10, {now(1000), {.found = {}, .newest = 1001}}) && !Torn(unit, recent, 10, {now(1000), {.found = {}, .newest = {}}}));
}

void WhatTheUnitDoesNotHoldMayBeMixed() {
  RecentWrites recent;
  recent.Add({.token = 1000, .slba = 10, .lba_count = 4});
  const std::vector<SeenSector> mixed{{.found = 1000, .newest = {}}, {.found = 7, .newest = {}}};
  CHECK(Torn({.lbas = 4}, recent, 10, mixed) && !Torn({.lbas = 3}, recent, 10, mixed));
  // NABO 3, NABSN 8: 3, 11, 19; the write crosses 11. With 10 and 16 it does not.
  CHECK(!Torn({.lbas = 8, .boundary_lbas = 8, .offset_lba = 3}, recent, 10, mixed));
  CHECK(Torn({.lbas = 8, .boundary_lbas = 8, .offset_lba = 2}, recent, 10, mixed) && !Torn({.lbas = 8, .boundary_lbas = 4, .offset_lba = 0}, recent, 10, mixed));
  // A write that failed promised nothing.
  recent.Forget(1000);
  CHECK(!Torn({.lbas = 4}, recent, 10, mixed));
  recent.Add({.token = 1000, .slba = 10, .lba_count = 4});
  recent.ForgetAll();
  CHECK(!Torn({.lbas = 4}, recent, 10, mixed));
  // Nor is one known that was long ago.
  recent.Add({.token = 1000, .slba = 10, .lba_count = 4});
  for (uint64_t i = 0; i < kRecentWrites; i++) {
    CHECK(Torn({.lbas = 4}, recent, 10, mixed));
    recent.Add({.token = 3000 + i, .slba = 100, .lba_count = 2});
  }
  CHECK(!Torn({.lbas = 4}, recent, 10, mixed));
}

}  // namespace

void TestClassification() {
  BitErrors();
  VersionsAndPlaces();
  TornSectors();
  CompressibleSectors();
  WhatIsNotOurs();
  UnitsAndBoundaries();
  WritesThatCameApart();
  AReadFindsAllOfAWriteOrNothing();
  WhatTheUnitDoesNotHoldMayBeMixed();
}
