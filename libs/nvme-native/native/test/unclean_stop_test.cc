// What a verify table says after its machine stopped. Until msync has come back a page of the file may be on the disk as it
// was or as it is; the stops here take either, page by page.
#include "../core/verify_header.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "../core/random.h"
#include "bench_drive.h"
#include "check.h"

using namespace assay;

namespace {

constexpr uint64_t kPage = 4096;
using Bytes = std::vector<uint8_t>;

// The file of the table under test as the disk has it for certain.
class Disk {
 public:
  static inline Disk* watching = nullptr;

  explicit Disk(const std::string& path) : path_(path) {
    watching = this;
    if (std::ifstream file(path, std::ios::binary); file) synced_ = ReadAll();
  }
  ~Disk() { watching = nullptr; }

  void Synced(uint8_t* from, size_t bytes) {
    std::lock_guard lock(mutex_);
    // A table begins with the head of its file.
    if (base_ == nullptr) base_ = from;
    synced_.resize(std::filesystem::file_size(path_));
    CHECK(from >= base_ && from - base_ + bytes <= synced_.size());
    const int fd = open(path_.c_str(), O_RDONLY);
    CHECK(pread(fd, synced_.data() + (from - base_), bytes, from - base_) == static_cast<ssize_t>(bytes));
    close(fd);
    waits_++;
    if (bytes > kTableHeadBytes && meanwhile) std::exchange(meanwhile, nullptr)();
  }
  // Once, when the whole table has reached the disk and nobody knows it yet.
  std::function<void()> meanwhile;
  uint32_t waits() const { return waits_; }

  // What is found in `to` after the next boot. `pick`: the page as it is, and not as it was synced last.
  template <typename Pick>
  void Stop(const std::string& to, Pick pick) {
    const Bytes now = ReadAll();
    Bytes left = synced_;
    left.resize(now.size());
    for (size_t at = 0; at < now.size(); at += kPage) {
      if (pick()) std::memcpy(left.data() + at, now.data() + at, kPage);
    }
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    std::string id;
    boot >> id;
    const auto found = std::search(left.begin(), left.begin() + kPage, id.begin(), id.end());
    CHECK(!id.empty() && found != left.begin() + kPage);
    std::fill_n(found, id.size(), 'f');
    std::ofstream(to, std::ios::binary).write(reinterpret_cast<const char*>(left.data()), static_cast<std::streamsize>(left.size()));
  }

 private:
  Bytes ReadAll() const {
    std::ifstream file(path_, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }

  std::string path_;
  std::mutex mutex_;
  uint8_t* base_ = nullptr;
  Bytes synced_;
  uint32_t waits_ = 0;
};

}  // namespace

// In front of the C library's. What the disk has is written down above; the machine's own is not waited for.
extern "C" int msync(void* from, size_t bytes, int) {
  if (Disk::watching != nullptr) Disk::watching->Synced(static_cast<uint8_t*>(from), bytes);
  return 0;
}
extern "C" int fsync(int) { return 0; }

namespace {

constexpr uint32_t kLbaBytes = 512;
constexpr uint64_t kRegion = 1024, kLbas = 8 * kRegion - 100;
constexpr TableGeometry kGeometry = {.lba_count = kLbas, .lba_bytes = kLbaBytes, .seed = 9, .volatile_cache = true, .power_cycles = 1};
using Sector = std::vector<uint8_t>;

std::shared_ptr<VerifyTable> Open(const std::string& path, const TableGeometry& geometry = kGeometry) {
  std::shared_ptr<VerifyTable> table;
  CHECK(VerifyTable::Open(path, geometry, &table).ok());
  return table;
}

SectorState Reads(VerifyTable& table, uint64_t lba, const Sector& sector, Rule rule = Rule::kExact) {
  return table.Check(lba, sector.data(), table.Floor(lba, rule), rule).state;
}

// A write as a worker does it, in its steps.
struct Written {
  Written(VerifyTable& to, uint64_t at) : table(to), lba(at), sector(kLbaBytes) {}
  Written& Lock() {
    CHECK(table.TryLock(lba, 1));
    return *this;
  }
  Written& Send() {
    token = table.TakeTokens(1);
    table.stamp().Fill(sector.data(), kLbaBytes, lba, token);
    table.Submitted(lba, VerifyTable::TokenVersion(token));
    return *this;
  }
  Sector End(WriteEnd end = WriteEnd::kAcknowledged, bool fua = true) {
    table.Ended(lba, 1, end, fua);
    return sector;
  }

  VerifyTable& table;
  uint64_t lba, token = 0;
  Sector sector;
};

Sector Write(VerifyTable& table, uint64_t lba) { return Written(table, lba).Lock().Send().End(); }

// Stops the machine in each of the ways, and looks at what is left.
template <typename Look>
void AfterAStop(Disk& disk, const std::string& path, Look look) {
  for (uint32_t way = 0; way < 12; way++) {
    Random random(way + 1);
    const std::string left = path + ".left";
    disk.Stop(left, [&] { return way == 0 ? false : way == 1 ? true : random.Next() % 2 == 0; });
    Disk* const watching = std::exchange(Disk::watching, nullptr);
    look(*Open(left));
    unlink(left.c_str());
    Disk::watching = watching;
  }
}

void WhatDoesNotChangeAfterASyncStaysKnown(const std::string& path) {
  Disk disk(path);
  auto table = Open(path);
  std::vector<Sector> sectors(kLbas);
  for (uint64_t lba = 0; lba < kLbas; lba += 50) sectors[lba] = Write(*table, lba);
  table->Sync();
  const uint64_t changed = 3 * kRegion + 28;
  const Sector before = sectors[changed], after = Write(*table, changed);
  AfterAStop(disk, path, [&](VerifyTable& left) {
    for (uint64_t lba = 0; lba < kLbas; lba += 50) {
      const bool known = lba / kRegion != 3;
      if (lba != changed) CHECK(Reads(left, lba, sectors[lba]) == (known ? SectorState::kRight : SectorState::kUnknown));
      CHECK(Reads(left, lba, Sector(kLbaBytes, 1)) == (known ? SectorState::kWrong : SectorState::kUnknown));
    }
    CHECK(Reads(left, changed, before) == SectorState::kUnknown && Reads(left, changed, after) == SectorState::kUnknown);
    // What it has forgotten it owns to: also an LBA of which it never heard, which may have been written.
    CHECK(left.Concerns(changed) && left.Concerns(3 * kRegion + 1) && !left.Concerns(4 * kRegion + 1) && left.Concerns(50));
    CHECK(left.LastWrites(changed).empty() && left.LastWrites(0).empty());
    CHECK(left.CheckUnreadable(changed, left.Floor(changed, Rule::kExact)).state == SectorState::kUnknown);
    const Sector anew = Write(left, changed);
    CHECK(Reads(left, changed, anew) == SectorState::kRight && Reads(left, changed, after) == SectorState::kWrong);
    CHECK(Reads(left, changed + 1, after) == SectorState::kUnknown);
    left.Clear();
    CHECK(!left.Concerns(changed + 1));
  });
  table->Sync();
  AfterAStop(disk, path, [&](VerifyTable& left) {
    CHECK(Reads(left, changed, after) == SectorState::kRight && Reads(left, changed, before) == SectorState::kWrong);
  });
}

// Whatever a write is at when the table goes to the disk.
void AWriteAcrossASyncIsNotBelieved(const std::string& path) {
  for (int step = 0; step < 3; step++) {
    const std::string mine = path + std::to_string(step);
    Disk disk(mine);
    auto table = Open(mine);
    const Sector other = Write(*table, kRegion);
    const Sector before = Write(*table, 5);
    table->Sync();
    Written write(*table, 5);
    if (step == 0) table->Sync();
    write.Lock();
    if (step == 1) table->Sync();
    write.Send();
    if (step == 2) table->Sync();
    // The drive may have it by now.
    for (const bool ended : {false, true}) {
      if (ended) (void)write.End();
      AfterAStop(disk, mine, [&](VerifyTable& left) {
        CHECK(Reads(left, 5, write.sector) != SectorState::kWrong && (ended || Reads(left, 5, before) != SectorState::kWrong));
        CHECK(Reads(left, kRegion, other) == SectorState::kRight && Reads(left, kRegion, before) == SectorState::kWrong);
      });
    }
    table->Sync();
    AfterAStop(disk, mine, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector) == SectorState::kRight); });
  }
}

// What changes behind the back of a sync that is on its way has not reached the disk.
void AWriteDuringASyncIsNotBelieved(const std::string& path) {
  for (const bool begun : {false, true}) {
    const std::string mine = path + (begun ? "begun" : "new");
    Disk disk(mine);
    auto table = Open(mine);
    (void)Write(*table, 5);
    Written write(*table, 5);
    if (begun) write.Lock().Send();
    disk.meanwhile = [&] {
      if (!begun) write.Lock().Send();
      (void)write.End();
    };
    table->Sync();
    CHECK(!disk.meanwhile);
    AfterAStop(disk, mine, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector) != SectorState::kWrong); });
    table->Sync();
    AfterAStop(disk, mine, [&](VerifyTable& left) { CHECK(Reads(left, 5, write.sector) == SectorState::kRight); });
  }
}

// A process dies, the next one writes the table out, then the machine stops.
void WhatADeadProcessLeftIsSyncedByTheNext(const std::string& path) {
  Sector sector;
  {
    auto dies = Open(path);
    sector = Write(*dies, 5);
    std::filesystem::copy_file(path, path + "next");
  }
  Disk disk(path + "next");
  auto table = Open(path + "next");
  CHECK(Reads(*table, 5, sector) == SectorState::kRight);
  table->Sync();
  AfterAStop(disk, path + "next", [&](VerifyTable& left) { CHECK(Reads(left, 5, sector) == SectorState::kRight); });
}

// Who only reads, or is refused, has changed nothing.
void AReaderCostsNoKnowledge(const std::string& path) {
  Disk disk(path);
  auto table = Open(path);
  const Sector sector = Write(*table, 5);
  table->Sync();
  CHECK(table->TryHold(0, 10) && !table->TryLock(5, 1) && !table->TryHold(9, 1));
  table->Release(0, 10);
  table->Sync();
  CHECK(table->TryHold(0, 10));
  AfterAStop(disk, path, [&](VerifyTable& left) { CHECK(Reads(left, 5, sector) == SectorState::kRight); });
}

void NoTokenIsGivenTwice(const std::string& path) {
  Disk disk(path);
  auto table = Open(path);
  Sector newest = Write(*table, 5);
  table->Sync();
  for (int i = 0; i < 10; i++) newest = Write(*table, 5);
  const uint64_t last = Stamp::Token(newest.data(), kLbaBytes);
  AfterAStop(disk, path, [&](VerifyTable& left) {
    CHECK(left.TakeTokens(1) > last);
    // An uncertain write in front of which nothing is known: what is there is one of ours, and older.
    (void)Written(left, 5).Lock().Send().End(WriteEnd::kUncertain);
    CHECK(Reads(left, 5, newest) != SectorState::kWrong);
  });
  // Also behind a promise that was used up.
  for (uint64_t taken = 0; taken < 3 * kTokenLease; taken += kTokenLease / 4) (void)table->TakeTokens(kTokenLease / 4);
  const uint64_t far = table->TakeTokens(1);
  AfterAStop(disk, path, [&](VerifyTable& left) { CHECK(left.TakeTokens(1) > far); });
}

void AFormatIsNotUndone(const std::string& path) {
  for (const bool ended : {false, true}) {
    const std::string mine = path + (ended ? "ended" : "sent");
    Disk disk(mine);
    auto table = Open(mine);
    (void)Write(*table, 5);
    table->Sync();
    table->AnnounceClear();
    if (ended) table->Clear();
    AfterAStop(disk, mine, [&](VerifyTable& left) { CHECK(Reads(left, 5, Sector(kLbaBytes)) == SectorState::kUnknown); });
  }
}

// Not once for each write, wherever it goes.
void WritersSeldomWaitForTheDisk(const std::string& path) {
  TableGeometry large = kGeometry;
  large.lba_count = 4096 * kRegion;
  Disk disk(path);
  auto table = Open(path, large);
  const auto waits = [&](auto work) {
    const uint32_t before = disk.waits();
    work();
    return disk.waits() - before;
  };
  (void)table->TakeTokens(1);
  for (int round = 0; round < 2; round++) {
    CHECK(waits([&] { table->Announce(2 * kRegion, 3 * kRegion); }) == 1);
    CHECK(waits([&] { for (uint64_t lba = 2 * kRegion; lba < 5 * kRegion; lba++) (void)Write(*table, lba); }) == 0);
    CHECK(waits([&] { (void)Write(*table, 9 * kRegion); }) == 1);
    // So few mark nothing but themselves.
    CHECK(waits([&] { (void)Write(*table, 10 * kRegion); }) == 1);
    Random random(7);
    CHECK(waits([&] {
            for (int i = 0; i < 20'000; i++) (void)Write(*table, random.Next() % large.lba_count);
          }) <= 64);
    table->Sync();
  }
}

// Writes, flushes, syncs, formats and stops at random. `drive`: what each LBA holds.
void NothingRightIsEverWrong(const std::string& path, uint64_t seed) {
  Random random(seed);
  const auto below = [&](uint64_t limit) { return random.Next() % limit; };
  std::vector<Sector> drive(kLbas, Sector(kLbaBytes, 0));
  std::set<uint64_t> changed;  // regions, since the last sync
  bool known[kLbas] = {};
  std::string name = path;
  for (int life = 0; life < 6; life++) {
    auto disk = std::make_unique<Disk>(name);
    auto table = Open(name);
    for (uint64_t step = 0, steps = below(60); step < steps; step++) {
      const uint64_t kind = below(20), lba = below(20) * 17 + below(8) * kRegion;
      if (lba >= kLbas) continue;
      if (kind < 14) {
        Written write(*table, lba);
        write.Lock().Send();
        const WriteEnd end = kind < 11 ? WriteEnd::kAcknowledged : WriteEnd::kUncertain;
        write.End(end, below(2) == 0);
        if (end == WriteEnd::kAcknowledged || below(2) == 0) drive[lba] = write.sector;
        known[lba] = known[lba] || end == WriteEnd::kAcknowledged;
        changed.insert(lba / kRegion);
      } else if (kind < 16) {
        table->FlushAcknowledged(table->FlushSubmitted());
      } else if (kind < 17) {
        // Reading settles what was open.
        CHECK(Reads(*table, lba, drive[lba], Rule::kDurableOrNewer) != SectorState::kWrong);
        changed.insert(lba / kRegion);
      } else if (kind < 19) {
        table->Sync();
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
    auto left = Open(name);
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
    Disk disk(mine);
    auto table = Open(mine);
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
      table->Sync();
    }
    one.join();
    two.join();
    disk.Stop(mine + ".left", [&] { return round % 2 == 0; });
    Disk::watching = nullptr;
    auto left = Open(mine + ".left");
    for (uint64_t lba = 0; lba < drive.size(); lba++) {
      if (!drive[lba].empty()) CHECK(Reads(*left, lba, drive[lba]) != SectorState::kWrong);
    }
  }
}

}  // namespace

void TestUncleanStop() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number) + "-"; };
  WhatDoesNotChangeAfterASyncStaysKnown(next());
  AWriteAcrossASyncIsNotBelieved(next());
  AWriteDuringASyncIsNotBelieved(next());
  WhatADeadProcessLeftIsSyncedByTheNext(next());
  AReaderCostsNoKnowledge(next());
  NoTokenIsGivenTwice(next());
  AFormatIsNotUndone(next());
  WritersSeldomWaitForTheDisk(next());
  for (uint64_t seed = 1; seed <= 20; seed++) NothingRightIsEverWrong(next(), seed);
  WritersAndASyncMeet(next());
}
