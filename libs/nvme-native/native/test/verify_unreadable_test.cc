// When an unreadable LBA is right: it was written uncorrectable, or may be so again, and nothing else excuses it.
#include "core/nvme_spec.h"

#include "bench_drive.h"
#include "check.h"
#include "verify_bench.h"

using namespace assay;

namespace {

constexpr TableGeometry kGeometry = GeometryOf(32);

void Mark(VerifyTable& table, uint64_t lba, WriteEnd end = WriteEnd::kAcknowledged) {
  CHECK(table.TryLock(lba, 1));
  table.Submitted(lba, kVersionUncorrectable);
  table.Ended(lba, 1, end, false, {nvm_opcode::kWriteUncorrectable, 1, 0});
}

void Deallocate(VerifyTable& table, uint64_t lba) {
  CHECK(table.TryLock(lba, 1));
  table.Submitted(lba, kVersionZeroes);
  table.Ended(lba, 1, WriteEnd::kAcknowledged, false, {nvm_opcode::kDatasetManagement, 1, 0});
}

SectorState Unreadable(VerifyTable& table, uint64_t lba, Rule rule) { return table.CheckUnreadable(lba, table.Floor(lba, rule), rule).state; }

void AMarkThatWasWrittenOverComesBackWithTheLossOfTheWrite(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool flushed : {true, false}) {
    for (const bool marked : {true, false}) {
      const uint64_t lba = 2 * marked + flushed;
      (void)Write(*table, lba, WriteEnd::kAcknowledged, true);
      if (marked) Mark(*table, lba);
      (void)Write(*table, lba, WriteEnd::kAcknowledged);
      CHECK(Unreadable(*table, lba, Rule::kExact) == SectorState::kWrong);
      if (flushed) table->FlushAcknowledged(table->FlushSubmitted());
    }
  }
  // Only the LBA that was marked and not flushed since can be unreadable.
  table->PowerLost(2);
  for (const bool marked : {true, false}) {
    for (const bool flushed : {true, false}) {
      const SectorState state = Unreadable(*table, 2 * marked + flushed, Rule::kDurableOrNewer);
      CHECK(state == (marked && !flushed ? SectorState::kRight : SectorState::kWrong));
    }
  }
  // That settles it.
  CHECK(table->Uncorrectable(2) && Unreadable(*table, 2, Rule::kExact) == SectorState::kRight);
  (void)Write(*table, 2, WriteEnd::kAcknowledged, true);
  CHECK(Unreadable(*table, 2, Rule::kDurableOrNewer) == SectorState::kWrong);
}

void AMarkThatCameAndWentDuringTheReadExcusesIt(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool marked : {true, false}) {
    (void)Write(*table, 8, WriteEnd::kAcknowledged, true);
    for (int i = 0; i < 8; i++) (void)Write(*table, 8, WriteEnd::kAcknowledged, true);
    const ReadFloor floor = table->Floor(8, Rule::kDurableOrNewer);
    if (marked) Mark(*table, 8);
    (void)Write(*table, 8, WriteEnd::kAcknowledged, true);
    CHECK(table->MayBeUnreadable(8, floor, Rule::kDurableOrNewer) == marked);
    CHECK(table->CheckUnreadable(8, floor, Rule::kDurableOrNewer).state == (marked ? SectorState::kRight : SectorState::kWrong));
  }
}

// What a deallocation left is there still when the mark behind it never came true.
void ADeallocationBetweenTwoMarksMayBeThere(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  (void)Write(*table, 9, WriteEnd::kAcknowledged, true);
  Mark(*table, 9);
  Deallocate(*table, 9);
  Mark(*table, 9, WriteEnd::kUncertain);
  CHECK(Reads(*table, 9, kZeroes, Rule::kDurableOrNewer) == SectorState::kUnknown);
  CHECK(Unreadable(*table, 9, Rule::kDurableOrNewer) == SectorState::kRight);
}

// Zeroes between two marks were there while the read was on its way; nothing else becomes legal by them.
void ZeroesThatCameAndWentDuringTheReadExcuseZeroesOnly(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool came : {true, false}) {
    (void)Write(*table, 14, WriteEnd::kAcknowledged, true);
    Mark(*table, 14);
    const ReadFloor floor = table->Floor(14, Rule::kDurableOrNewer);
    if (came) Deallocate(*table, 14);
    Mark(*table, 14);
    const auto state = [&](const Sector& sector) { return table->Check(14, sector.data(), floor, Rule::kDurableOrNewer).state; };
    CHECK(state(kZeroes) == (came ? SectorState::kUnknown : SectorState::kWrong));
    Sector broken = kZeroes;
    broken[100] = 1;
    CHECK(state(broken) == SectorState::kWrong);
  }
}

void ForeignContentThatCameAndWentDuringTheReadExcusesIt(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  (void)Write(*table, 14, WriteEnd::kAcknowledged, true);
  Mark(*table, 14);
  const ReadFloor floor = table->Floor(14, Rule::kDurableOrNewer);
  WriteForeign(*table, 14, Foreign(7));
  Mark(*table, 14);
  CHECK(table->Check(14, Foreign(7).data(), floor, Rule::kDurableOrNewer).state == SectorState::kUnknown);
}

// What was on its way when the read was sent may be what it finds, whatever came behind it.
void ADeallocationBeforeTheReadMayBeThere(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  (void)Write(*table, 15, WriteEnd::kAcknowledged, true);
  Mark(*table, 15);
  Deallocate(*table, 15);
  const ReadFloor floor = table->Floor(15, Rule::kDurableOrNewer);
  Mark(*table, 15);
  CHECK(table->Check(15, kZeroes.data(), floor, Rule::kDurableOrNewer).state == SectorState::kRight);
}

// More writes than are kept, wherever they went, may have brought anything.
void ALogThatRanOverSaysNothing(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const uint64_t writes : {kWriteLogEntries, kWriteLogEntries + 1}) {
    (void)Write(*table, 16, WriteEnd::kAcknowledged, true);
    const ReadFloor floor = table->Floor(16, Rule::kDurableOrNewer);
    for (uint64_t n = 0; n < writes; n++) (void)Write(*table, 17, WriteEnd::kAcknowledged, true);
    const SectorState state = table->Check(16, kZeroes.data(), floor, Rule::kDurableOrNewer).state;
    CHECK(state == (writes > kWriteLogEntries ? SectorState::kUnknown : SectorState::kWrong));
  }
}

// A read that sees what a deallocation left settles that; with the loss of it the mark is there again.
void AMarkThatAReadSawDeallocatedComesBackWithTheLoss(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  for (const bool flushed : {true, false}) {
    const uint64_t lba = 11 + flushed;
    (void)Write(*table, lba, WriteEnd::kAcknowledged, true);
    Mark(*table, lba);
    Deallocate(*table, lba);
    CHECK(Reads(*table, lba, kZeroes, Rule::kDurableOrNewer) == SectorState::kRight);
    (void)Write(*table, lba, WriteEnd::kAcknowledged);
    if (flushed) table->FlushAcknowledged(table->FlushSubmitted());
  }
  table->PowerLost(2);
  CHECK(Unreadable(*table, 11, Rule::kDurableOrNewer) == SectorState::kRight);
  CHECK(Unreadable(*table, 12, Rule::kDurableOrNewer) == SectorState::kWrong);
}

// The same for zeroes, and a write without an answer that a read found there.
void ZeroesThatAReadFoundOverwrittenComeBackWithTheLoss(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  (void)Write(*table, 13, WriteEnd::kAcknowledged, true);
  WriteForeign(*table, 13, kZeroes);
  const Sector found = Write(*table, 13, WriteEnd::kUncertain);
  CHECK(Reads(*table, 13, found, Rule::kDurableOrNewer) == SectorState::kRight);
  table->PowerLost(2);
  CHECK(Reads(*table, 13, kZeroes, Rule::kDurableOrNewer) != SectorState::kWrong);
}

void AWriteThatMayStillComeTrueSaysNothing(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  (void)Write(*table, 10, WriteEnd::kAcknowledged, true);
  Mark(*table, 10, WriteEnd::kUnknown);
  CHECK(Unreadable(*table, 10, Rule::kExact) == SectorState::kUnknown);
}

}  // namespace

void TestVerifyUnreadable() {
  BenchFolder bench;
  AMarkThatWasWrittenOverComesBackWithTheLossOfTheWrite(bench.path + "/1");
  AMarkThatCameAndWentDuringTheReadExcusesIt(bench.path + "/2");
  ADeallocationBetweenTwoMarksMayBeThere(bench.path + "/3");
  ZeroesThatCameAndWentDuringTheReadExcuseZeroesOnly(bench.path + "/4");
  ForeignContentThatCameAndWentDuringTheReadExcusesIt(bench.path + "/5");
  ADeallocationBeforeTheReadMayBeThere(bench.path + "/6");
  ALogThatRanOverSaysNothing(bench.path + "/7");
  AMarkThatAReadSawDeallocatedComesBackWithTheLoss(bench.path + "/8");
  ZeroesThatAReadFoundOverwrittenComeBackWithTheLoss(bench.path + "/9");
  AWriteThatMayStillComeTrueSaysNothing(bench.path + "/10");
}
