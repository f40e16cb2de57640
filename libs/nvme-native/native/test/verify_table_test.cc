// The table of versions alone: what it says of an LBA before, between and after writes, and what outlives the process.
#include <sys/stat.h>

#include <fstream>

#include "bench_drive.h"
#include "check.h"
#include "verify_bench.h"

using namespace assay;

namespace {

constexpr TableGeometry kGeometry = GeometryOf(32);

void KnowsWhatWasAcknowledged(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  CHECK(!table->Concerns(3) && Reads(*table, 3, Foreign(1)) == SectorState::kUnknown);
  WriteForeign(*table, 3, Foreign(1));
  CHECK(table->Concerns(3) && Reads(*table, 3, Foreign(1)) == SectorState::kRight);
  CHECK(Reads(*table, 3, Foreign(2)) == SectorState::kWrong);
  CHECK(Reads(*table, 3, kZeroes) == SectorState::kWrong);
}

void OutlivesItsProcess(const std::string& path) {
  { WriteForeign(*OpenTable(path, kGeometry), 5, Foreign(7)); }
  auto table = OpenTable(path, kGeometry);
  CHECK(Reads(*table, 5, Foreign(7)) == SectorState::kRight && Reads(*table, 5, Foreign(8)) == SectorState::kWrong);
}

void OneWriterALba(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
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
  { CHECK(OpenTable(path, kGeometry)->TryLock(20, 2)); }
  CHECK(OpenTable(path, kGeometry)->TryLock(20, 2));
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
    auto table = OpenTable(path, large);
    for (uint64_t lba = 0; lba < kLbas; lba += 1024) {
      CHECK(table->TryLock(lba, 1024));
      for (uint64_t i = 0; i < 1024; i++) table->Submitted(lba + i, CrcVersion(Foreign(7).data(), kLbaBytes));
      table->Ended(lba, 1024, WriteEnd::kAcknowledged, lba % 2048 == 0);
    }
    old = Write(*table, kOpenLba, WriteEnd::kAcknowledged);
    durable = Write(*table, 5, WriteEnd::kAcknowledged);
    table->FlushAcknowledged(table->FlushSubmitted());
    open = Write(*table, kOpenLba, WriteEnd::kAcknowledged);
    cut = Write(*table, kUnacknowledged, WriteEnd::kUncertain);
    CHECK(bytes() > kLbas * 16);
  }
  CHECK(bytes() >= kLbas * 4 && bytes() < kLbas * 4 + 256 * 1024);
  auto table = OpenTable(path, large);
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
  const Sector next = Write(*table, 5, WriteEnd::kAcknowledged);
  CHECK(Reads(*table, 5, next) == SectorState::kRight);
  table->PowerLost(3);
  CHECK(!Wrong(*table, 5, durable));
}

// A version is 31 bits of its token: what lies between two of them is found across the end of these bits too.
void VersionsGoRound(const std::string& path) {
  auto table = OpenTable(path, kGeometry);
  constexpr uint64_t kMany = uint64_t{1} << 29;
  const auto low = [&] { return table->TakeTokens(1) & 0x7fffffff; };
  while (low() < 0x7fffffff - 2 * kMany) (void)table->TakeTokens(kMany / 2);
  (void)Write(*table, 1, WriteEnd::kAcknowledged, true);
  const Sector between = Write(*table, 1, WriteEnd::kUncertain);
  while (low() > kMany) (void)table->TakeTokens(kMany / 2);
  (void)Write(*table, 1, WriteEnd::kUncertain);
  CHECK(!Wrong(*table, 1, between));
}

void AnotherGeometryOrSeedBeginsAnew(const std::string& path) {
  { WriteForeign(*OpenTable(path, kGeometry), 0, Foreign(1)); }
  TableGeometry other = kGeometry;
  other.seed++;
  CHECK(!OpenTable(path, other)->Concerns(0));
}

void AnotherNamespaceBeginsAnew(const std::string& path) {
  TableGeometry here = kGeometry;
  { WriteForeign(*OpenTable(path, here), 0, Foreign(1)); }
  here.namespace_id = 77;
  // Nobody had said so far whose it is.
  CHECK(OpenTable(path, here)->Concerns(0));
  CHECK(OpenTable(path, kGeometry)->Concerns(0));
  TableGeometry there = here;
  there.namespace_id = 78;
  const auto kept = OpenTable(path, here);
  const auto other = OpenTable(path, there);
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
  ASettledLbaCostsFourBytes(next());
  VersionsGoRound(next());
  AnotherGeometryOrSeedBeginsAnew(next());
  AnotherNamespaceBeginsAnew(next());
  RefusesWhatIsNoTable(next());
}
