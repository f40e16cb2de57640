// What a verify table says after its machine stopped.
#include "core/verify/tracked_io.h"
#include "core/verify/verify_header.h"

#include <filesystem>
#include <fstream>

#include "bench_drive.h"
#include "check.h"
#include "stopping_disk.h"

using namespace assay;

namespace {

constexpr uint64_t kRegion = 1024, kLbas = 8 * kRegion - 100;
constexpr TableGeometry kGeometry = GeometryOf(kLbas);

void WhatDoesNotChangeAfterASyncStaysKnown(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  std::vector<Sector> sectors(kLbas);
  for (uint64_t lba = 0; lba < kLbas; lba += 50) sectors[lba] = WriteDurably(*table, lba);
  CHECK(table->Sync().ok());
  const uint64_t changed = 3 * kRegion + 28;
  const Sector before = sectors[changed], after = WriteDurably(*table, changed);
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
    for (uint64_t lba = 0; lba < kLbas; lba += 50) {
      const bool known = lba / kRegion != 3;
      if (lba != changed) CHECK(Reads(left, lba, sectors[lba]) == (known ? SectorState::kRight : SectorState::kUnknown));
      CHECK(Reads(left, lba, Sector(kLbaBytes, 1)) == (known ? SectorState::kWrong : SectorState::kUnknown));
    }
    CHECK(Reads(left, changed, before) == SectorState::kUnknown && Reads(left, changed, after) == SectorState::kUnknown);
    // What it has forgotten it owns to: also an LBA of which it never heard, which may have been written.
    CHECK(left.Concerns(changed) && left.Concerns(3 * kRegion + 1) && !left.Concerns(4 * kRegion + 1) && left.Concerns(50));
    CHECK(left.LastWrites(changed).empty() && left.LastWrites(0).empty());
    CHECK(left.CheckUnreadable(changed, left.Floor(changed, Rule::kExact), Rule::kExact).state == SectorState::kUnknown);
    const Sector anew = WriteDurably(left, changed);
    CHECK(Reads(left, changed, anew) == SectorState::kRight && Reads(left, changed, after) == SectorState::kWrong);
    CHECK(Reads(left, changed + 1, after) == SectorState::kUnknown);
    // Also once the table has reached the disk, and is written again.
    CHECK(left.Sync().ok());
    (void)WriteDurably(left, changed);
    CHECK(left.Concerns(changed + 1));
    left.Clear();
    CHECK(!left.Concerns(changed + 1));
  });
  CHECK(table->Sync().ok());
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
    CHECK(Reads(left, changed, after) == SectorState::kRight && Reads(left, changed, before) == SectorState::kWrong);
  });
}

// Now and then during a load: what rests becomes known, and whoever goes on writing never waits for the disk.
void ASyncOfWhatRestsLeavesWritersAlone(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  const Sector resting = WriteDurably(*table, 5);
  Sector changing = WriteDurably(*table, kRegion);
  const uint32_t marked = disk.waits();
  for (int turn = 0; turn < 3; turn++) {
    CHECK(table->Sync(SyncScope::kResting).ok());
    changing = WriteDurably(*table, kRegion);
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
      // It has to be seen at rest once, and then to reach the disk.
      CHECK(Reads(left, 5, resting) == (turn == 0 ? SectorState::kUnknown : SectorState::kRight));
      CHECK(Reads(left, 5, changing) == (turn == 0 ? SectorState::kUnknown : SectorState::kWrong));
      CHECK(Reads(left, kRegion, changing) == SectorState::kUnknown && Reads(left, kRegion, resting) == SectorState::kUnknown);
    });
    // The table and the notes of what has settled; no writer.
    CHECK(disk.waits() == marked + (turn == 0 ? 0 : 2));
  }
  // Whoever comes back to it makes it unknown again before he changes it.
  Written back(*table, 5);
  back.Lock().Send();
  CHECK(disk.waits() == marked + 3);
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, resting) != SectorState::kWrong && Reads(left, 5, back.sector()) != SectorState::kWrong); });
  (void)back.End();
  // A write that is at work while two of them pass.
  Written slow(*table, 2 * kRegion);
  slow.Lock().Send();
  CHECK(table->Sync(SyncScope::kResting).ok());
  CHECK(table->Sync(SyncScope::kResting).ok());
  const Sector late = slow.End();
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 2 * kRegion, late) != SectorState::kWrong); });
  // All of it, as ever.
  CHECK(table->Sync().ok());
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, kRegion, changing) == SectorState::kRight && Reads(left, 2 * kRegion, late) == SectorState::kRight); });
}

// Whatever a write is at when the table goes to the disk.
void AWriteAcrossASyncIsNotBelieved(const std::string& path) {
  for (int step = 0; step < 3; step++) {
    const std::string mine = path + std::to_string(step);
    StoppingDisk disk(mine);
    auto table = OpenTable(mine, kGeometry);
    const Sector other = WriteDurably(*table, kRegion);
    const Sector before = WriteDurably(*table, 5);
    CHECK(table->Sync().ok());
    Written write(*table, 5);
    if (step == 0) CHECK(table->Sync().ok());
    write.Lock();
    if (step == 1) CHECK(table->Sync().ok());
    write.Send();
    if (step == 2) CHECK(table->Sync().ok());
    // The drive may have it by now.
    for (const bool ended : {false, true}) {
      if (ended) (void)write.End();
      disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
        CHECK(Reads(left, 5, write.sector()) != SectorState::kWrong && (ended || Reads(left, 5, before) != SectorState::kWrong));
        CHECK(Reads(left, kRegion, other) == SectorState::kRight && Reads(left, kRegion, before) == SectorState::kWrong);
      });
    }
    CHECK(table->Sync().ok());
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector()) == SectorState::kRight); });
  }
}

// What changes behind the back of a sync that is on its way has not reached the disk.
void AWriteDuringASyncIsNotBelieved(const std::string& path) {
  for (const bool begun : {false, true}) {
    const std::string mine = path + (begun ? "begun" : "new");
    StoppingDisk disk(mine);
    auto table = OpenTable(mine, kGeometry);
    (void)WriteDurably(*table, 5);
    Written write(*table, 5);
    if (begun) write.Lock().Send();
    disk.meanwhile = [&] {
      if (!begun) write.Lock().Send();
      (void)write.End();
    };
    CHECK(table->Sync().ok());
    CHECK(!disk.meanwhile);
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector()) != SectorState::kWrong); });
    CHECK(table->Sync().ok());
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector()) == SectorState::kRight); });
  }
}

// What the disk did not take it is not asked to take again (fsync(2)): a later sync proves nothing.
void AfterASyncThatFailedNothingIsBelieved(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  const Sector before = WriteDurably(*table, 5);
  CHECK(table->Sync().ok());
  const Sector after = WriteDurably(*table, 5);
  for (const bool fails : {true, false}) {
    disk.fails = fails;
    CHECK(table->Sync().code == Code::kFile);
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
      CHECK(Reads(left, 5, after) == SectorState::kUnknown && Reads(left, 5, before) == SectorState::kUnknown);
    });
  }
  // Here it goes on.
  CHECK(Reads(*table, 5, after) == SectorState::kRight && Reads(*table, 5, before) == SectorState::kWrong);
}

// That something is about to change has to be on the disk first. Where it is not, what was synced before is believed no more,
// and whoever syncs hears of it.
void AfterANoteThatDidNotReachTheDiskNothingIsBelieved(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  const Sector before = WriteDurably(*table, 5), elsewhere = WriteDurably(*table, 2 * kRegion);
  CHECK(table->Sync().ok());
  disk.heads_refused = 1;
  const Sector after = WriteDurably(*table, 5);
  CHECK(disk.heads_refused == 0);
  for (const SyncScope scope : {SyncScope::kResting, SyncScope::kAll}) {
    CHECK(table->Sync(scope).code == Code::kFile);
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
      CHECK(Reads(left, 5, before) == SectorState::kUnknown && Reads(left, 5, after) == SectorState::kUnknown);
      CHECK(Reads(left, 2 * kRegion, elsewhere) == SectorState::kUnknown && left.Concerns(5));
    });
  }
  // Here it goes on.
  CHECK(Reads(*table, 5, after) == SectorState::kRight && Reads(*table, 5, before) == SectorState::kWrong);
}

void ATableWhoseHeadDoesNotReachTheDiskIsNotOpened(const std::string& path) {
  {
    StoppingDisk disk(path);
    auto table = OpenTable(path, kGeometry);
    (void)WriteDurably(*table, 5);
    CHECK(table->Sync().ok());
  }
  StoppingDisk disk(path);
  disk.heads_refused = 1;
  std::shared_ptr<VerifyTable> table;
  const Status refused = VerifyTable::Open(path, kGeometry, &table);
  CHECK(refused.code == Code::kFile && refused.message.find(path) != std::string::npos && table == nullptr);
  CHECK(OpenTable(path, kGeometry)->Concerns(5));
}

// A process dies, the next one writes the table out, then the machine stops.
void WhatADeadProcessLeftIsSyncedByTheNext(const std::string& path) {
  Sector sector;
  {
    auto dies = OpenTable(path, kGeometry);
    sector = WriteDurably(*dies, 5);
    std::filesystem::copy_file(path, path + "next");
  }
  StoppingDisk disk(path + "next");
  auto table = OpenTable(path + "next", kGeometry);
  CHECK(Reads(*table, 5, sector) == SectorState::kRight);
  CHECK(table->Sync().ok());
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, sector) == SectorState::kRight); });
}

// Who only reads, or is refused, has changed nothing.
void AReaderCostsNoKnowledge(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  const Sector sector = WriteDurably(*table, 5);
  CHECK(table->Sync().ok());
  CHECK(table->TryHold(0, 10) && !table->TryLock(5, 1) && !table->TryHold(9, 1));
  table->Release(0, 10);
  CHECK(table->Sync().ok());
  CHECK(table->TryHold(0, 10));
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, sector) == SectorState::kRight); });
}

void NoTokenIsGivenTwice(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  Sector newest = WriteDurably(*table, 5);
  CHECK(table->Sync().ok());
  for (int i = 0; i < 10; i++) newest = WriteDurably(*table, 5);
  const uint64_t last = Stamp::Token(newest.data(), kLbaBytes);
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) {
    CHECK(left.TakeTokens(1) > last);
    // An uncertain write in front of which nothing is known: what is there is one of ours, and older.
    (void)Written(left, 5).Lock().Send().End(WriteEnd::kUncertain);
    CHECK(Reads(left, 5, newest) != SectorState::kWrong);
  });
  // Also behind a promise that was used up.
  for (uint64_t taken = 0; taken < 3 * kTokenLease; taken += kTokenLease / 4) (void)table->TakeTokens(kTokenLease / 4);
  const uint64_t far = table->TakeTokens(1);
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(left.TakeTokens(1) > far); });
}

void AFormatIsNotUndone(const std::string& path) {
  for (const bool ended : {false, true}) {
    const std::string mine = path + (ended ? "ended" : "sent");
    StoppingDisk disk(mine);
    auto table = OpenTable(mine, kGeometry);
    (void)WriteDurably(*table, 5);
    CHECK(table->Sync().ok());
    table->AnnounceClear();
    if (ended) table->Clear();
    disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, Sector(kLbaBytes)) == SectorState::kUnknown); });
  }
}

// A command of which nobody knows what it writes: from when it is sent on, not only once it has ended.
void AnUnknownCommandIsNotUndone(const std::string& path) {
  StoppingDisk disk(path);
  auto table = OpenTable(path, kGeometry);
  const Sector before = WriteDurably(*table, 5);
  CHECK(table->Sync().ok());
  Namespace ns(nullptr, {.lba_bytes = kLbaBytes, .lba_count = kLbas});
  ns.SetTable(table);
  Request request;
  request.command.sqe.opc = 0x81;  // vendor specific, host to controller
  request.command.sqe.nsid = 1;
  request.command.direction = Direction::kToDevice;
  TrackRequest(ns, &request);
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, before) == SectorState::kRight); });
  CHECK(request.admit(request));
  disk.AfterAStop(kGeometry, [&](VerifyTable& left) { CHECK(Reads(left, 5, Sector(kLbaBytes)) == SectorState::kUnknown); });
}

// Regions are noted in blocks after a while; the last block may be shorter than the others.
void OnlyRegionsOfTheTableAreNoted(const std::string& path) {
  constexpr uint64_t kRegions = 20;
  auto table = OpenTable(path, GeometryOf(kRegions * kRegion));
  for (uint64_t region = 0; region < kRegions; region++) (void)WriteDurably(*table, region * kRegion);
  std::vector<char> notes(kMostRegions);
  CHECK(std::ifstream(path, std::ios::binary).seekg(kTableHeaderBytes).read(notes.data(), kMostRegions).good());
  for (uint64_t region = 0; region < kMostRegions; region++) CHECK((notes[region] != 0) == (region < kRegions));
}

// Not once for each write, wherever it goes.
void WritersSeldomWaitForTheDisk(const std::string& path) {
  TableGeometry large = kGeometry;
  large.lba_count = 4096 * kRegion;
  StoppingDisk disk(path);
  auto table = OpenTable(path, large);
  const auto waits = [&](auto work) {
    const uint32_t before = disk.waits();
    work();
    return disk.waits() - before;
  };
  (void)table->TakeTokens(1);
  for (int round = 0; round < 2; round++) {
    CHECK(waits([&] { table->Announce(2 * kRegion, 3 * kRegion); }) == 1);
    CHECK(waits([&] { for (uint64_t lba = 2 * kRegion; lba < 5 * kRegion; lba++) (void)WriteDurably(*table, lba); }) == 0);
    CHECK(waits([&] { (void)WriteDurably(*table, 9 * kRegion); }) == 1);
    // So few mark nothing but themselves.
    CHECK(waits([&] { (void)WriteDurably(*table, 10 * kRegion); }) == 1);
    Random random(7);
    CHECK(waits([&] {
            for (int i = 0; i < 20'000; i++) (void)WriteDurably(*table, random.Next() % large.lba_count);
          }) <= 64);
    CHECK(table->Sync().ok());
  }
}

}  // namespace

void TestUncleanStop() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number) + "-"; };
  WhatDoesNotChangeAfterASyncStaysKnown(next());
  ASyncOfWhatRestsLeavesWritersAlone(next());
  AWriteAcrossASyncIsNotBelieved(next());
  AWriteDuringASyncIsNotBelieved(next());
  AfterASyncThatFailedNothingIsBelieved(next());
  AfterANoteThatDidNotReachTheDiskNothingIsBelieved(next());
  ATableWhoseHeadDoesNotReachTheDiskIsNotOpened(next());
  WhatADeadProcessLeftIsSyncedByTheNext(next());
  AReaderCostsNoKnowledge(next());
  NoTokenIsGivenTwice(next());
  AFormatIsNotUndone(next());
  AnUnknownCommandIsNotUndone(next());
  OnlyRegionsOfTheTableAreNoted(next());
  WritersSeldomWaitForTheDisk(next());
}
