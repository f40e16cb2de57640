// What reads make of a sector: the fast way, what a look settles, and what may have passed by meanwhile.
#include "bench_drive.h"
#include "check.h"
#include "verify_bench.h"

using namespace assay;

namespace {

constexpr TableGeometry kGeometry = GeometryOf(32);

// The fast way says only what the whole check would say, and leaves to it whatever is not settled.
void WhatIsPlainlyRightIsSettled(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  const auto right = [&](uint64_t lba, const Sector& data) { return table->PlainlyRight(lba, data.size() / kLbaBytes, data.data(), kLbaBytes); };
  const auto before = [](Sector first, const Sector& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  const Sector one = Write(*table, 1, WriteEnd::kAcknowledged, true), two = Write(*table, 2, WriteEnd::kAcknowledged, true);
  CHECK(right(1, before(one, two)) == 2 && right(1, before(one, one)) == 1 && right(0, one) == 0);
  // Proved by a stamp of the right version for another place.
  Sector misplaced(kLbaBytes);
  table->stamp().Fill(misplaced.data(), kLbaBytes, 2, Stamp::Token(one.data(), kLbaBytes));
  CHECK(right(1, misplaced) == 0 && Wrong(*table, 1, misplaced) == MiscompareKind::kWrongLba);
  // On its way to become something else, whether that is known or not.
  for (const Version next : {VerifyTable::TokenVersion(table->TakeTokens(1)), kVersionUnknown}) {
    CHECK(table->TryLock(2, 1));
    table->Submitted(2, next);
    CHECK(right(1, before(one, two)) == 1 && right(2, two) == 0);
    table->Ended(2, 1, WriteEnd::kUncertain, false);
    CHECK(right(2, two) == 0);
  }
  // A write that timed out may still come true, also behind the next one.
  (void)Write(*table, 3, WriteEnd::kUnknown);
  CHECK(right(3, Write(*table, 3, WriteEnd::kAcknowledged, true)) == 0);
  // Not durable when the power went: whoever finds it must take note of it.
  const Sector open = Write(*table, 4, WriteEnd::kAcknowledged);
  CHECK(right(4, open) == 1);
  table->PowerLost(2);
  CHECK(right(4, open) == 0 && right(1, one) == 1);
  CHECK(!Wrong(*table, 4, open) && right(4, open) == 1);
}

// Which version came out of an uncertainty is what is there, and a power loss does not ask again.
void WhatWasFoundOutlivesTheNextPowerLoss(const std::string& path) {
  for (const bool cache : {false, true}) {
    TableGeometry geometry = kGeometry;
    geometry.volatile_cache = cache;
    auto table = OpenTable(path + (cache ? "cache" : "none"), geometry);
    const Sector old = Write(*table, 1, WriteEnd::kAcknowledged, true);
    // Open by the loss of the cache, or by an error where there is none.
    const Sector found = Write(*table, 1, cache ? WriteEnd::kAcknowledged : WriteEnd::kUncertain);
    if (cache) table->PowerLost(2);
    CHECK(!Wrong(*table, 1, found));
    table->PowerLost(3);
    CHECK(Wrong(*table, 1, old) == MiscompareKind::kLostWrite && !Wrong(*table, 1, found));
  }
}

// Two writes ended while a read was on its way: nobody keeps the version between them, which the read may have found.
void AReadMayFindWhatPassedBy(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  WriteForeign(*table, 1, Foreign(1), true);
  const ReadFloor floor = table->Floor(1, Rule::kDurableOrNewer);
  const auto reads = [&](const Sector& sector) { return table->Check(1, sector.data(), floor, Rule::kDurableOrNewer).state; };
  CHECK(reads(Foreign(2)) == SectorState::kWrong);
  WriteForeign(*table, 1, Foreign(2), true);
  WriteForeign(*table, 1, Foreign(3), true);
  CHECK(reads(Foreign(2)) == SectorState::kUnknown && reads(Foreign(3)) == SectorState::kRight && reads(Foreign(1)) == SectorState::kRight);
  // For a read that is sent now it is wrong.
  CHECK(Wrong(*table, 1, Foreign(2)).has_value());
}

}  // namespace

void TestVerifyCheck() {
  BenchFolder bench;
  WhatIsPlainlyRightIsSettled(bench.path + "/1");
  WhatWasFoundOutlivesTheNextPowerLoss(bench.path + "/2");
  AReadMayFindWhatPassedBy(bench.path + "/3");
}
