// The table of versions alone: what it says of an LBA before, between and after writes, and what outlives the process.
#include "../core/verify_table.h"

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
  CHECK(!table->Knows(3) && Reads(*table, 3, Foreign(1)) == SectorState::kUnknown);
  Write(*table, 3, Foreign(1), WriteEnd::kAcknowledged);
  CHECK(table->Knows(3) && Reads(*table, 3, Foreign(1)) == SectorState::kRight);
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
  CHECK(!table->Knows(8));
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

void AnotherGeometryOrSeedBeginsAnew(const std::string& path) {
  { Write(*Open(path), 0, Foreign(1), WriteEnd::kAcknowledged); }
  TableGeometry other = kGeometry;
  other.seed++;
  CHECK(!Open(path, other)->Knows(0));
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
  AnotherGeometryOrSeedBeginsAnew(next());
  RefusesWhatIsNoTable(next());
}
