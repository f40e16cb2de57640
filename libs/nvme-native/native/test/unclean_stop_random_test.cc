// Machines that stop at random, while one writes and while several do: nothing that is right is ever called wrong afterwards.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <set>
#include <thread>

#include "bench_drive.h"
#include "check.h"
#include "stopping_disk.h"

using namespace assay;

namespace {

constexpr uint64_t kRegion = 1024, kLbas = 8 * kRegion - 100;
constexpr TableGeometry kGeometry = GeometryOf(kLbas);

// Writes, flushes, syncs, formats and stops at random. `drive`: what each LBA holds.
void NothingRightIsEverWrong(const std::string& path, uint64_t seed) {
  Random random(seed);
  const auto below = [&](uint64_t limit) { return random.Next() % limit; };
  std::vector<Sector> drive(kLbas, Sector(kLbaBytes, 0));
  std::set<uint64_t> changed;  // regions, since the last sync
  bool known[kLbas] = {};
  std::string name = path;
  for (int life = 0; life < 6; life++) {
    auto disk = std::make_unique<StoppingDisk>(name);
    auto table = OpenTable(name, kGeometry);
    for (uint64_t step = 0, steps = below(60); step < steps; step++) {
      const uint64_t kind = below(20), lba = below(20) * 17 + below(8) * kRegion;
      if (lba >= kLbas) continue;
      if (kind < 14) {
        Written write(*table, lba);
        write.Lock().Send();
        const WriteEnd end = kind < 11 ? WriteEnd::kAcknowledged : WriteEnd::kUncertain;
        write.End(end, below(2) == 0);
        if (end == WriteEnd::kAcknowledged || below(2) == 0) drive[lba] = write.sector();
        known[lba] = known[lba] || end == WriteEnd::kAcknowledged;
        changed.insert(lba / kRegion);
      } else if (kind < 16) {
        table->FlushAcknowledged(table->FlushSubmitted());
      } else if (kind < 17) {
        // Reading settles what was open.
        CHECK(Reads(*table, lba, drive[lba], Rule::kDurableOrNewer) != SectorState::kWrong);
        changed.insert(lba / kRegion);
      } else if (kind < 18) {
        CHECK(table->Sync(SyncScope::kResting).ok());
      } else if (kind < 19) {
        CHECK(table->Sync().ok());
        changed.clear();
      } else {
        table->Clear();
        std::fill(drive.begin(), drive.end(), Sector(kLbaBytes, 0));
        std::fill(std::begin(known), std::end(known), false);
        for (uint64_t region = 0; region < 8; region++) changed.insert(region);
      }
    }
    const std::string next = path + "-" + std::to_string(life);
    disk->Stop(next, [&] { return below(2) == 0; });
    disk.reset();
    table.reset();
    name = next;
    auto left = OpenTable(name, kGeometry);
    for (uint64_t lba = 0; lba < kLbas; lba++) {
      for (const Rule rule : {Rule::kExact, Rule::kDurableOrNewer}) CHECK(Reads(*left, lba, drive[lba], rule) != SectorState::kWrong);
      if (changed.contains(lba / kRegion)) known[lba] = false;
      if (known[lba]) CHECK(Reads(*left, lba, drive[lba]) == SectorState::kRight && Reads(*left, lba, Sector(kLbaBytes, 1)) == SectorState::kWrong);
      CHECK(!known[lba] || left->Concerns(lba));
    }
    changed.clear();
  }
}

// Several write while the table goes to the disk.
void WritersAndASyncMeet(const std::string& path) {
  std::vector<Sector> drive(4 * kRegion);
  for (uint32_t round = 0; round < 40; round++) {
    const std::string mine = path + std::to_string(round);
    auto disk = std::make_unique<StoppingDisk>(mine);
    auto table = OpenTable(mine, kGeometry);
    std::atomic<uint32_t> written{0};
    const auto writer = [&](uint64_t number) {
      Random random(round * 2 + number);
      for (int i = 0; i < 400; i++) {
        const uint64_t lba = random.Next() % (2 * kRegion) * 2 + number;
        // While a page of settled LBAs is given back, nobody writes there.
        while (!table->TryLock(lba, 1)) std::this_thread::yield();
        drive[lba] = Written(*table, lba).Send().End();
        written++;
      }
    };
    std::fill(drive.begin(), drive.end(), Sector());
    std::thread one(writer, 0), two(writer, 1);
    for (uint32_t sync = 0; sync < 3; sync++) {
      while (written < sync * 200 + round) std::this_thread::yield();
      CHECK(table->Sync(round % 4 < 2 ? SyncScope::kAll : SyncScope::kResting).ok());
    }
    one.join();
    two.join();
    disk->Stop(mine + ".left", [&] { return round % 2 == 0; });
    disk.reset();
    auto left = OpenTable(mine + ".left", kGeometry);
    for (uint64_t lba = 0; lba < drive.size(); lba++) {
      if (!drive[lba].empty()) CHECK(Reads(*left, lba, drive[lba]) != SectorState::kWrong);
    }
  }
}

}  // namespace

void TestUncleanStopAtRandom() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number) + "-"; };
  for (uint64_t seed = 1; seed <= 20; seed++) NothingRightIsEverWrong(next(), seed);
  WritersAndASyncMeet(next());
}
