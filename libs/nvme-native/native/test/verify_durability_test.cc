// What may be there after a power loss, and after writes, flushes and deallocations of which nobody knows how they ended.
#include "core/nvme_spec.h"

#include "bench_drive.h"
#include "check.h"
#include "verify_bench.h"

using namespace assay;

namespace {

constexpr TableGeometry kGeometry = GeometryOf(32);

void APowerLossTakesWhatWasNotFlushed(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  WriteForeign(*table, 1, Foreign(1));
  table->FlushAcknowledged(table->FlushSubmitted());
  WriteForeign(*table, 1, Foreign(2));
  WriteForeign(*table, 2, Foreign(3), true);
  table->PowerLost(2);
  CHECK(Reads(*table, 1, kZeroes, Rule::kDurableOrNewer) == SectorState::kWrong);
  CHECK(Reads(*table, 1, Foreign(1), Rule::kDurableOrNewer) == SectorState::kRight);
  // What was found is what is there from now on.
  CHECK(Reads(*table, 1, Foreign(2), Rule::kExact) == SectorState::kWrong);
  CHECK(Reads(*table, 2, Foreign(3), Rule::kDurableOrNewer) == SectorState::kRight);
  CHECK(Reads(*table, 2, kZeroes, Rule::kDurableOrNewer) == SectorState::kWrong);
}

// By whatever right a write was durable: losing it in a power loss is a lost write, reading an older one is stale.
void ALostWriteIsNoStaleRead(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  const Sector first = Write(*table, 1, WriteEnd::kAcknowledged), second = Write(*table, 1, WriteEnd::kAcknowledged, true);
  const Sector flushed_old = Write(*table, 2, WriteEnd::kAcknowledged);
  (void)Write(*table, 2, WriteEnd::kAcknowledged);
  table->FlushAcknowledged(table->FlushSubmitted());
  const Sector oldest = Write(*table, 3, WriteEnd::kAcknowledged), durable = Write(*table, 3, WriteEnd::kAcknowledged, true);
  const Sector open = Write(*table, 3, WriteEnd::kAcknowledged);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kStaleVersion && Wrong(*table, 2, flushed_old) == MiscompareKind::kStaleVersion);
  table->PowerLost(2);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kLostWrite && !Wrong(*table, 1, second));
  CHECK(Wrong(*table, 2, flushed_old) == MiscompareKind::kLostWrite);
  CHECK(Wrong(*table, 3, oldest) == MiscompareKind::kLostWrite && !Wrong(*table, 3, durable));
  CHECK(Wrong(*table, 3, open).has_value());  // what was found settles it
  // Written again since: an older version is stale once more.
  const Sector again = Write(*table, 1, WriteEnd::kAcknowledged);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kStaleVersion && !Wrong(*table, 1, again));
}

void AWriteThatFailedIsOldOrNew(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool survives : {false, true}) {
    const Sector old = Write(*table, 4, WriteEnd::kAcknowledged), failed = Write(*table, 4, WriteEnd::kUncertain);
    CHECK(Wrong(*table, 4, kZeroes) == MiscompareKind::kUnexpectedZeroes);
    CHECK(!Wrong(*table, 4, survives ? failed : old));
    // Which of them it was is known from then on.
    CHECK(Wrong(*table, 4, survives ? old : failed).has_value());
  }
  // One that timed out may come true at any time: nothing is said until it is settled.
  const Sector late = Write(*table, 5, WriteEnd::kUnknown);
  CHECK(Reads(*table, 5, kZeroes) == SectorState::kUnknown && Reads(*table, 5, late) == SectorState::kUnknown);
  // Also behind another one, and when the table has been written out.
  (void)Write(*table, 5, WriteEnd::kAcknowledged, true);
  CHECK(table->Sync().ok());
  CHECK(Reads(*table, 5, kZeroes) == SectorState::kUnknown && Reads(*table, 5, late) == SectorState::kUnknown);
}

// A flush that was submitted before a write ended says nothing about it.
void AFlushCoversWhatEndedBeforeIt(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  const Sector durable = Write(*table, 6, WriteEnd::kAcknowledged, true);
  const uint32_t early = table->FlushSubmitted();
  const Sector meanwhile = Write(*table, 6, WriteEnd::kAcknowledged);
  table->FlushAcknowledged(early);
  const Sector before = Write(*table, 7, WriteEnd::kAcknowledged);
  (void)table->FlushSubmitted();  // never acknowledged
  table->PowerLost(2);
  CHECK(!Wrong(*table, 6, durable));
  CHECK(Reads(*table, 7, kZeroes, Rule::kDurableOrNewer) == SectorState::kRight);
  CHECK(Wrong(*table, 6, meanwhile).has_value());
}

// Acknowledged between the submission of a flush and its end: the flush does not make it durable, so that a power loss may
// take it even when it was overwritten since.
void AFlushDoesNotCoverItsOwnEpoch(const std::string& path) {
  for (const bool covered : {false, true}) {
    auto table = OpenTable(path + (covered ? "covered" : "open"), kGeometry);
    const Sector durable = Write(*table, 6, WriteEnd::kAcknowledged, true);
    uint32_t flush = covered ? 0 : table->FlushSubmitted();
    (void)Write(*table, 6, WriteEnd::kAcknowledged);
    if (covered) flush = table->FlushSubmitted();
    table->FlushAcknowledged(flush);
    (void)Write(*table, 6, WriteEnd::kAcknowledged);
    table->PowerLost(2);
    CHECK(Wrong(*table, 6, durable) == (covered ? std::optional(MiscompareKind::kLostWrite) : std::nullopt));
  }
}

void Zeroes(VerifyTable& table, uint64_t lba, WriteEnd end, uint8_t opcode) {
  CHECK(table.TryLock(lba, 1));
  table.Submitted(lba, kVersionZeroes);
  table.Ended(lba, 1, end, false, {opcode, 1, 0});
}

// Zeroes that failed may have been written all the same, and be what is there when the write after them did not survive.
void UncertainZeroesMayOutliveTheNextWrite(const std::string& path) {
  enum { kAcknowledged, kFailed, kFlushedAndWritten, kDurable };
  for (const int next : {kAcknowledged, kFailed, kFlushedAndWritten, kDurable}) {
    auto table = OpenTable(path + std::to_string(next), kGeometry);
    (void)Write(*table, 9, WriteEnd::kAcknowledged, true);
    Zeroes(*table, 9, WriteEnd::kUncertain, nvm_opcode::kWriteZeroes);
    (void)Write(*table, 9, next == kFailed ? WriteEnd::kUncertain : WriteEnd::kAcknowledged, next == kDurable);
    if (next == kFlushedAndWritten) {
      table->FlushAcknowledged(table->FlushSubmitted());
      (void)Write(*table, 9, WriteEnd::kAcknowledged);
    }
    table->PowerLost(2);
    const bool over = next == kFlushedAndWritten || next == kDurable;
    CHECK(Reads(*table, 9, kZeroes, Rule::kDurableOrNewer) == (over ? SectorState::kWrong : SectorState::kUnknown));
  }
}

// NVM Command Set 1.0, 3.2.3: what was there before may still be there. Zeroes that were written are there.
void ADeallocationIsAHint(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool followed : {false, true}) {
    WriteForeign(*table, 10, Foreign(1), true);
    Zeroes(*table, 10, WriteEnd::kAcknowledged, nvm_opcode::kDatasetManagement);
    CHECK(Reads(*table, 10, Foreign(2)) == SectorState::kWrong);
    CHECK(Reads(*table, 10, followed ? kZeroes : Foreign(1)) == SectorState::kRight);
    WriteForeign(*table, 10, Foreign(1), true);
    Zeroes(*table, 10, WriteEnd::kAcknowledged, nvm_opcode::kWriteZeroes);
    CHECK(Reads(*table, 10, Foreign(1)) == SectorState::kWrong && Reads(*table, 10, kZeroes) == SectorState::kRight);
  }
}

// More than are kept apart: what each of them took may still be missing.
void ManyPowerLossesAreRemembered(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  std::vector<Sector> durable;
  for (uint64_t lba = 0; lba < 4; lba++) durable.push_back(Write(*table, lba, WriteEnd::kAcknowledged, true));
  for (uint64_t loss = 0; loss < 40; loss++) {
    if (loss < 4) (void)Write(*table, loss, WriteEnd::kAcknowledged);
    table->PowerLost(2 + loss);
  }
  for (uint64_t lba = 0; lba < 4; lba++) CHECK(Reads(*table, lba, durable[lba], Rule::kDurableOrNewer) == SectorState::kRight);
}

// What a flush has made durable stays so, whichever of several flushes is acknowledged last.
void FlushesMayEndInAnyOrder(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  const Sector old = Write(*table, 6, WriteEnd::kAcknowledged, true);
  const uint32_t early = table->FlushSubmitted();
  const Sector flushed = Write(*table, 6, WriteEnd::kAcknowledged);
  const uint32_t late = table->FlushSubmitted();
  table->FlushAcknowledged(late);
  table->FlushAcknowledged(early);
  table->PowerLost(2);
  CHECK(Wrong(*table, 6, old) == MiscompareKind::kLostWrite && !Wrong(*table, 6, flushed));
}

// A table that is opened again has missed a power loss only if the drive counts more of them.
void PowerLossesAreCountedByTheDrive(const std::string& path) {
  TableGeometry geometry = kGeometry;
  Sector old, open;
  {
    auto table = OpenTable(path, geometry);
    old = Write(*table, 6, WriteEnd::kAcknowledged, true);
    open = Write(*table, 6, WriteEnd::kAcknowledged);
    CHECK(OpenTable(path, geometry) == table);
    CHECK(Wrong(*table, 6, old) == MiscompareKind::kStaleVersion);
  }
  CHECK(Wrong(*OpenTable(path, geometry), 6, old) == MiscompareKind::kStaleVersion);
  geometry.power_cycles++;
  auto table = OpenTable(path, geometry);
  CHECK(!Wrong(*table, 6, old) && Wrong(*table, 6, open).has_value());
}

}  // namespace

void TestVerifyDurability() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number); };
  APowerLossTakesWhatWasNotFlushed(next());
  ALostWriteIsNoStaleRead(next());
  AWriteThatFailedIsOldOrNew(next());
  AFlushCoversWhatEndedBeforeIt(next());
  AFlushDoesNotCoverItsOwnEpoch(next());
  UncertainZeroesMayOutliveTheNextWrite(next());
  ADeallocationIsAHint(next());
  ManyPowerLossesAreRemembered(next());
  FlushesMayEndInAnyOrder(next());
  PowerLossesAreCountedByTheDrive(next());
}
