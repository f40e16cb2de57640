// The table of versions alone: what it says of an LBA before, between and after writes, and what outlives the process.
#include "../core/nvme_spec.h"
#include "../core/verify_table.h"

#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "bench_drive.h"
#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kLbaBytes = 512;
constexpr TableGeometry kGeometry = {.lba_count = 32, .lba_bytes = kLbaBytes, .seed = 9, .volatile_cache = true, .power_cycles = 1};

std::shared_ptr<VerifyTable> Open(const std::string& path, const TableGeometry& geometry = kGeometry) {
  std::shared_ptr<VerifyTable> table;
  CHECK(VerifyTable::Open(path, geometry, &table).ok());
  return table;
}

using Sector = std::vector<uint8_t>;
const Sector kZeroes(kLbaBytes, 0);

Sector Foreign(uint8_t fill) { return Sector(kLbaBytes, fill); }

// As a tracked write of foreign content does it.
void Write(VerifyTable& table, uint64_t lba, const Sector& sector, WriteEnd end, bool fua = false) {
  CHECK(table.TryLock(lba, 1));
  table.Submitted(lba, CrcVersion(sector.data(), kLbaBytes));
  table.Ended(lba, 1, end, fua);
}

SectorState Reads(VerifyTable& table, uint64_t lba, const Sector& sector, Rule rule = Rule::kExact) {
  return table.Check(lba, sector.data(), table.Floor(lba, rule), rule).state;
}

void KnowsWhatWasAcknowledged(const std::string& path) {
  auto table = Open(path);
  CHECK(!table->Concerns(3) && Reads(*table, 3, Foreign(1)) == SectorState::kUnknown);
  Write(*table, 3, Foreign(1), WriteEnd::kAcknowledged);
  CHECK(table->Concerns(3) && Reads(*table, 3, Foreign(1)) == SectorState::kRight);
  CHECK(Reads(*table, 3, Foreign(2)) == SectorState::kWrong);
  CHECK(Reads(*table, 3, kZeroes) == SectorState::kWrong);
}

void OutlivesItsProcess(const std::string& path) {
  { Write(*Open(path), 5, Foreign(7), WriteEnd::kAcknowledged); }
  auto table = Open(path);
  CHECK(Reads(*table, 5, Foreign(7)) == SectorState::kRight && Reads(*table, 5, Foreign(8)) == SectorState::kWrong);
}

void OneWriterALba(const std::string& path) {
  auto table = Open(path);
  CHECK(table->TryLock(8, 4));
  CHECK(!table->TryLock(11, 2) && !table->TryLock(6, 3));
  CHECK(table->TryLock(12, 1));
  table->Ended(8, 4, WriteEnd::kNotSent, false);
  CHECK(table->TryLock(6, 6));
  table->Ended(6, 6, WriteEnd::kNotSent, false);
  table->Ended(12, 1, WriteEnd::kNotSent, false);
  CHECK(!table->Concerns(8));
}

// Locks of a process that died are void.
void LocksDieWithTheirProcess(const std::string& path) {
  { CHECK(Open(path)->TryLock(20, 2)); }
  CHECK(Open(path)->TryLock(20, 2));
}

void APowerLossTakesWhatWasNotFlushed(const std::string& path) {
  auto table = Open(path);
  Write(*table, 1, Foreign(1), WriteEnd::kAcknowledged);
  table->FlushAcknowledged(table->FlushSubmitted());
  Write(*table, 1, Foreign(2), WriteEnd::kAcknowledged);
  Write(*table, 2, Foreign(3), WriteEnd::kAcknowledged, true);
  table->PowerLost(2);
  CHECK(Reads(*table, 1, kZeroes, Rule::kDurableOrNewer) == SectorState::kWrong);
  CHECK(Reads(*table, 1, Foreign(1), Rule::kDurableOrNewer) == SectorState::kRight);
  // What was found is what is there from now on.
  CHECK(Reads(*table, 1, Foreign(2), Rule::kExact) == SectorState::kWrong);
  CHECK(Reads(*table, 2, Foreign(3), Rule::kDurableOrNewer) == SectorState::kRight);
  CHECK(Reads(*table, 2, kZeroes, Rule::kDurableOrNewer) == SectorState::kWrong);
}

// As a verifying worker does it; the sector that it sent.
Sector Stamped(VerifyTable& table, uint64_t lba, WriteEnd end, bool fua = false) {
  Sector sector(kLbaBytes);
  CHECK(table.TryLock(lba, 1));
  const uint64_t token = table.TakeTokens(1);
  table.stamp().Fill(sector.data(), kLbaBytes, lba, token);
  table.Submitted(lba, VerifyTable::TokenVersion(token));
  table.Ended(lba, 1, end, fua);
  return sector;
}

std::optional<MiscompareKind> Wrong(VerifyTable& table, uint64_t lba, const Sector& sector) {
  const SectorCheck check = table.Check(lba, sector.data(), table.Floor(lba, Rule::kDurableOrNewer), Rule::kDurableOrNewer);
  if (check.state != SectorState::kWrong) return {};
  return check.miscompare.kind;
}

// By whatever right a write was durable: losing it in a power loss is a lost write, reading an older one is stale.
void ALostWriteIsNoStaleRead(const std::string& path) {
  auto table = Open(path);
  const Sector first = Stamped(*table, 1, WriteEnd::kAcknowledged), second = Stamped(*table, 1, WriteEnd::kAcknowledged, true);
  const Sector flushed_old = Stamped(*table, 2, WriteEnd::kAcknowledged);
  (void)Stamped(*table, 2, WriteEnd::kAcknowledged);
  table->FlushAcknowledged(table->FlushSubmitted());
  const Sector oldest = Stamped(*table, 3, WriteEnd::kAcknowledged), durable = Stamped(*table, 3, WriteEnd::kAcknowledged, true);
  const Sector open = Stamped(*table, 3, WriteEnd::kAcknowledged);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kStaleVersion && Wrong(*table, 2, flushed_old) == MiscompareKind::kStaleVersion);
  table->PowerLost(2);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kLostWrite && !Wrong(*table, 1, second));
  CHECK(Wrong(*table, 2, flushed_old) == MiscompareKind::kLostWrite);
  CHECK(Wrong(*table, 3, oldest) == MiscompareKind::kLostWrite && !Wrong(*table, 3, durable));
  CHECK(Wrong(*table, 3, open).has_value());  // what was found settles it
  // Written again since: an older version is stale once more.
  const Sector again = Stamped(*table, 1, WriteEnd::kAcknowledged);
  CHECK(Wrong(*table, 1, first) == MiscompareKind::kStaleVersion && !Wrong(*table, 1, again));
}

void AWriteThatFailedIsOldOrNew(const std::string& path) {
  auto table = Open(path);
  for (const bool survives : {false, true}) {
    const Sector old = Stamped(*table, 4, WriteEnd::kAcknowledged), failed = Stamped(*table, 4, WriteEnd::kUncertain);
    CHECK(Wrong(*table, 4, kZeroes) == MiscompareKind::kUnexpectedZeroes);
    CHECK(!Wrong(*table, 4, survives ? failed : old));
    // Which of them it was is known from then on.
    CHECK(Wrong(*table, 4, survives ? old : failed).has_value());
  }
  // One that timed out may come true at any time: nothing is said until it is settled.
  const Sector late = Stamped(*table, 5, WriteEnd::kUnknown);
  CHECK(Reads(*table, 5, kZeroes) == SectorState::kUnknown && Reads(*table, 5, late) == SectorState::kUnknown);
}

// A flush that was submitted before a write ended says nothing about it.
void AFlushCoversWhatEndedBeforeIt(const std::string& path) {
  auto table = Open(path);
  const Sector durable = Stamped(*table, 6, WriteEnd::kAcknowledged, true);
  const uint32_t early = table->FlushSubmitted();
  const Sector meanwhile = Stamped(*table, 6, WriteEnd::kAcknowledged);
  table->FlushAcknowledged(early);
  const Sector before = Stamped(*table, 7, WriteEnd::kAcknowledged);
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
    auto table = Open(path + (covered ? "covered" : "open"));
    const Sector durable = Stamped(*table, 6, WriteEnd::kAcknowledged, true);
    uint32_t flush = covered ? 0 : table->FlushSubmitted();
    (void)Stamped(*table, 6, WriteEnd::kAcknowledged);
    if (covered) flush = table->FlushSubmitted();
    table->FlushAcknowledged(flush);
    (void)Stamped(*table, 6, WriteEnd::kAcknowledged);
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
    auto table = Open(path + std::to_string(next));
    (void)Stamped(*table, 9, WriteEnd::kAcknowledged, true);
    Zeroes(*table, 9, WriteEnd::kUncertain, nvm_opcode::kWriteZeroes);
    (void)Stamped(*table, 9, next == kFailed ? WriteEnd::kUncertain : WriteEnd::kAcknowledged, next == kDurable);
    if (next == kFlushedAndWritten) {
      table->FlushAcknowledged(table->FlushSubmitted());
      (void)Stamped(*table, 9, WriteEnd::kAcknowledged);
    }
    table->PowerLost(2);
    const bool over = next == kFlushedAndWritten || next == kDurable;
    CHECK(Reads(*table, 9, kZeroes, Rule::kDurableOrNewer) == (over ? SectorState::kWrong : SectorState::kUnknown));
  }
}

// NVM Command Set 1.0, 3.2.3: what was there before may still be there. Zeroes that were written are there.
void ADeallocationIsAHint(const std::string& path) {
  auto table = Open(path);
  for (const bool followed : {false, true}) {
    Write(*table, 10, Foreign(1), WriteEnd::kAcknowledged, true);
    Zeroes(*table, 10, WriteEnd::kAcknowledged, nvm_opcode::kDatasetManagement);
    CHECK(Reads(*table, 10, Foreign(2)) == SectorState::kWrong);
    CHECK(Reads(*table, 10, followed ? kZeroes : Foreign(1)) == SectorState::kRight);
    Write(*table, 10, Foreign(1), WriteEnd::kAcknowledged, true);
    Zeroes(*table, 10, WriteEnd::kAcknowledged, nvm_opcode::kWriteZeroes);
    CHECK(Reads(*table, 10, Foreign(1)) == SectorState::kWrong && Reads(*table, 10, kZeroes) == SectorState::kRight);
  }
}

// At rest: 4 bytes an LBA, the log of writes, and a record for what is not durable yet.
void ASettledLbaCostsFourBytes(const std::string& path) {
  constexpr uint64_t kLbas = 512 * 1024, kOpenLba = 300'000, kUnacknowledged = 400'000;
  TableGeometry large = kGeometry;
  large.lba_count = kLbas;
  const auto bytes = [&] {
    struct stat info {};
    CHECK(stat(path.c_str(), &info) == 0);
    return static_cast<uint64_t>(info.st_blocks) * 512;
  };
  Sector durable, open, old, cut;
  {
    auto table = Open(path, large);
    for (uint64_t lba = 0; lba < kLbas; lba += 1024) {
      CHECK(table->TryLock(lba, 1024));
      for (uint64_t i = 0; i < 1024; i++) table->Submitted(lba + i, CrcVersion(Foreign(7).data(), kLbaBytes));
      table->Ended(lba, 1024, WriteEnd::kAcknowledged, lba % 2048 == 0);
    }
    old = Stamped(*table, kOpenLba, WriteEnd::kAcknowledged);
    durable = Stamped(*table, 5, WriteEnd::kAcknowledged);
    table->FlushAcknowledged(table->FlushSubmitted());
    open = Stamped(*table, kOpenLba, WriteEnd::kAcknowledged);
    cut = Stamped(*table, kUnacknowledged, WriteEnd::kUncertain);
    CHECK(bytes() > kLbas * 16);
  }
  CHECK(bytes() >= kLbas * 4 && bytes() < kLbas * 4 + 256 * 1024);
  auto table = Open(path, large);
  CHECK(Reads(*table, 1'000, Foreign(7)) == SectorState::kRight && Reads(*table, 1'000, Foreign(8)) == SectorState::kWrong);
  CHECK(Reads(*table, 5, durable) == SectorState::kRight && Reads(*table, 5, Foreign(7)) == SectorState::kWrong);
  CHECK(Reads(*table, kUnacknowledged, cut) == SectorState::kRight && Reads(*table, kUnacknowledged + 1, Foreign(7)) == SectorState::kRight);
  table->PowerLost(2);
  // What was given back was durable.
  CHECK(Wrong(*table, 5, Foreign(7)).has_value() && !Wrong(*table, 5, durable));
  CHECK(Wrong(*table, 2'000, kZeroes).has_value());
  CHECK(!Wrong(*table, kOpenLba, old));
  CHECK(Wrong(*table, kOpenLba, open).has_value());
  // And it is written on.
  const Sector next = Stamped(*table, 5, WriteEnd::kAcknowledged);
  CHECK(Reads(*table, 5, next) == SectorState::kRight);
  table->PowerLost(3);
  CHECK(!Wrong(*table, 5, durable));
}

// More than are kept apart: what each of them took may still be missing.
void ManyPowerLossesAreRemembered(const std::string& path) {
  auto table = Open(path);
  std::vector<Sector> durable;
  for (uint64_t lba = 0; lba < 4; lba++) durable.push_back(Stamped(*table, lba, WriteEnd::kAcknowledged, true));
  for (uint64_t loss = 0; loss < 40; loss++) {
    if (loss < 4) (void)Stamped(*table, loss, WriteEnd::kAcknowledged);
    table->PowerLost(2 + loss);
  }
  for (uint64_t lba = 0; lba < 4; lba++) CHECK(Reads(*table, lba, durable[lba], Rule::kDurableOrNewer) == SectorState::kRight);
}

// A version is 31 bits of its token: what lies between two of them is found across the end of these bits too.
void VersionsGoRound(const std::string& path) {
  auto table = Open(path);
  constexpr uint64_t kMany = uint64_t{1} << 29;
  const auto low = [&] { return table->TakeTokens(1) & 0x7fffffff; };
  while (low() < 0x7fffffff - 2 * kMany) (void)table->TakeTokens(kMany / 2);
  (void)Stamped(*table, 1, WriteEnd::kAcknowledged, true);
  const Sector between = Stamped(*table, 1, WriteEnd::kUncertain);
  while (low() > kMany) (void)table->TakeTokens(kMany / 2);
  (void)Stamped(*table, 1, WriteEnd::kUncertain);
  CHECK(!Wrong(*table, 1, between));
}

void AnotherGeometryOrSeedBeginsAnew(const std::string& path) {
  { Write(*Open(path), 0, Foreign(1), WriteEnd::kAcknowledged); }
  TableGeometry other = kGeometry;
  other.seed++;
  CHECK(!Open(path, other)->Concerns(0));
}

void AnotherNamespaceBeginsAnew(const std::string& path) {
  TableGeometry here = kGeometry;
  { Write(*Open(path, here), 0, Foreign(1), WriteEnd::kAcknowledged); }
  here.namespace_id = 77;
  // Nobody had said so far whose it is.
  CHECK(Open(path, here)->Concerns(0));
  CHECK(Open(path)->Concerns(0));
  TableGeometry there = here;
  there.namespace_id = 78;
  const auto kept = Open(path, here);
  const auto other = Open(path, there);
  CHECK(kept != other);
  CHECK(kept->Concerns(0));
  CHECK(!other->Concerns(0));
}

void RefusesWhatIsNoTable(const std::string& path) {
  std::ofstream(path) << std::string(8192, 'x');
  std::shared_ptr<VerifyTable> table;
  CHECK(VerifyTable::Open(path, kGeometry, &table).code == Code::kFile);
}

}  // namespace

void TestVerifyTable() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number); };
  KnowsWhatWasAcknowledged(next());
  OutlivesItsProcess(next());
  OneWriterALba(next());
  LocksDieWithTheirProcess(next());
  APowerLossTakesWhatWasNotFlushed(next());
  ALostWriteIsNoStaleRead(next());
  AWriteThatFailedIsOldOrNew(next());
  AFlushCoversWhatEndedBeforeIt(next());
  AFlushDoesNotCoverItsOwnEpoch(next());
  UncertainZeroesMayOutliveTheNextWrite(next());
  ADeallocationIsAHint(next());
  ASettledLbaCostsFourBytes(next());
  AnotherNamespaceBeginsAnew(next());
  ManyPowerLossesAreRemembered(next());
  VersionsGoRound(next());
  AnotherGeometryOrSeedBeginsAnew(next());
  RefusesWhatIsNoTable(next());
}
