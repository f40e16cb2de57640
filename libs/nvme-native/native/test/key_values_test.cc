// The store of keys and values: what goes in comes out, the list is sorted, a power cut leaves whole values and all that was
// flushed, and what somebody else has written into the sectors does no harm.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/random.h"
#include "model/nvm/key_values.h"
#include "model/statuses.h"
#include "bench_drive.h"

using namespace assay;
using namespace assay::model;

namespace {

using Value = std::vector<uint8_t>;
constexpr uint32_t kPartBytes = kSmallestLba - 40;
constexpr uint64_t kCuts = 400;
constexpr int kDeaths = 40;

ValueKey Key(const std::string& text) {
  ValueKey key;
  key.bytes = static_cast<uint8_t>(text.size());
  std::memcpy(key.text, text.data(), text.size());
  return key;
}

class Bench {
 public:
  explicit Bench(const std::string& path, uint64_t sectors, uint32_t policy = kLoseAll, uint32_t max_keys = 0) : path(path) {
    DriveSpec spec = BenchSpec(sectors, kSmallestLba);
    spec.namespaces[0].command_set = kKeyValueCommandSet;
    spec.namespaces[0].max_key_bytes = kMaxKeyBytes;
    spec.namespaces[0].max_value_bytes = kMaxValueBytes;
    spec.namespaces[0].max_keys = max_keys;
    spec.loss_policy = policy;
    spec.cache_bytes = 0;  // the smallest
    CHECK(CreateDrive(path, spec).ok());
    Open();
  }
  void Open() {
    CHECK(DriveFile::OpenAsHolder(path, &file).ok());
    Find();
  }
  void Close() {
    media = nullptr;
    file = nullptr;
  }
  // As after another open: the sectors tell everything.
  void Find() { media = std::make_unique<Media>(file.get(), 1); }
  uint16_t Store(const std::string& key, const Value& value) {
    file->header().smart.io_commands++;
    return KeyValues(*media).Store(Key(key), value, nullptr);
  }
  void Delete(const std::string& key) {
    file->header().smart.io_commands++;
    KeyValues(*media).Delete(Key(key));
  }
  std::optional<Value> Read(const std::string& key) {
    const KeyValues values(*media);
    const StoredValue* stored = values.Find(Key(key));
    if (stored == nullptr) return std::nullopt;
    Value value(stored->bytes);
    CHECK(values.Read(*stored, stored->bytes, value.data()));
    return value;
  }
  std::vector<std::string> Listed(const std::string& from, uint64_t bytes) {
    const std::vector<uint8_t> list = KeyValues(*media).List(Key(from), bytes);
    CHECK(list.size() <= bytes && list.size() % 4 == 0);
    uint32_t count;
    std::memcpy(&count, list.data(), sizeof count);
    std::vector<std::string> keys;
    for (size_t at = 4; keys.size() < count; at += (2 + keys.back().size() + 3) / 4 * 4) {
      keys.emplace_back(reinterpret_cast<const char*>(list.data()) + at + 2, list[at]);
    }
    return keys;
  }
  void CutPower(uint64_t seed, uint32_t atomic_sectors) {
    media->LosePower(seed, atomic_sectors);
    Find();
  }
  uint64_t UsedBytes() { return KeyValues(*media).used_bytes(); }

  const std::string path;
  std::unique_ptr<DriveFile> file;
  std::unique_ptr<Media> media;
};

Value Filled(size_t bytes, uint8_t fill) { return Value(bytes, fill); }

void WhatIsStoredIsThere(const std::string& path) {
  Bench bench(path, 512);
  const size_t sizes[] = {0, 1, kPartBytes, kPartBytes + 1, 8192, 3};
  uint8_t fill = 0;
  for (const size_t bytes : sizes) {
    CHECK(bench.Store("other", Filled(bytes, ++fill)) == 0);
    CHECK(bench.Store("key", Filled(bytes, ++fill)) == 0);
    CHECK(bench.Read("key") == Filled(bytes, fill) && bench.Read("other") == Filled(bytes, fill - 1));
    bench.Find();
    CHECK(bench.Read("key") == Filled(bytes, fill) && !bench.Read("keys") && !bench.Read("ke"));
  }
  bench.Delete("key");
  CHECK(!bench.Read("key") && bench.UsedBytes() == kSmallestLba);
  bench.Delete("key");
  bench.Delete("other");
  bench.Find();
  CHECK(bench.UsedBytes() == 0);
}

void TheBeginningOfAValueCanBeRead(const std::string& path) {
  Bench bench(path, 64);
  Value value(3 * kPartBytes);
  for (size_t i = 0; i < value.size(); i++) value[i] = static_cast<uint8_t>(i * 7);
  CHECK(bench.Store("k", value) == 0);
  for (const uint32_t bytes : {0u, 1u, kPartBytes, kPartBytes + 5, 2 * kPartBytes}) {
    Value begin(bytes + 1, 0xee);
    const KeyValues values(*bench.media);
    CHECK(values.Read(*values.Find(Key("k")), bytes, begin.data()));
    CHECK(std::memcmp(begin.data(), value.data(), bytes) == 0 && begin[bytes] == 0xee);
  }
  bench.media->Spoil(KeyValues(*bench.media).Find(Key("k"))->places[1].sector);
  const KeyValues values(*bench.media);
  Value all(value.size());
  CHECK(values.Read(*values.Find(Key("k")), kPartBytes, all.data()));
  CHECK(!values.Read(*values.Find(Key("k")), kPartBytes + 1, all.data()));
}

void TheListIsSortedAndGoesOn(const std::string& path) {
  Bench bench(path, 64);
  CHECK(bench.Listed("", 4).empty() && bench.Listed("", 4096).empty());
  const std::vector<std::string> sorted = {"a", "aa", "ab", "b", "bbbbbbbbbbbbbbbb", "c\xff", "d"};
  for (const size_t i : {3, 0, 6, 2, 4, 1, 5}) CHECK(bench.Store(sorted[i], {}) == 0);
  CHECK(bench.Listed("", 4096) == sorted);
  CHECK(bench.Listed("", 4).empty() && bench.Listed("", 7).empty());
  CHECK(bench.Listed("", 8) == (std::vector<std::string>{"a"}));
  CHECK(bench.Listed("ab", 4096) == std::vector<std::string>(sorted.begin() + 2, sorted.end()));
  // A key that does not exist: the next one.
  CHECK(bench.Listed("ac", 4096) == std::vector<std::string>(sorted.begin() + 3, sorted.end()));
  CHECK(bench.Listed("dd", 4096).empty());
  // With the last one as the first of the next.
  for (const uint64_t bytes : {28, 32, 40}) {
    std::vector<std::string> all = bench.Listed("", bytes);
    for (;;) {
      const std::vector<std::string> next = bench.Listed(all.back(), bytes);
      CHECK(!next.empty() && next[0] == all.back());
      if (next.size() == 1) break;
      all.insert(all.end(), next.begin() + 1, next.end());
    }
    CHECK(all == sorted);
  }
}

void ThereIsRoomForSoMuch(const std::string& path) {
  Bench bench(path, 16, kLoseAll, 8);
  for (int n = 0; n < 8; n++) CHECK(bench.Store(std::to_string(n), Filled(10, 1)) == 0);
  CHECK(bench.Store("8", Filled(10, 1)) == status::kCapacityExceeded);
  CHECK(bench.Store("7", Filled(10, 2)) == 0);
  // Room for the old value and the new one.
  CHECK(bench.Store("7", Filled(8 * kPartBytes, 3)) == 0);
  CHECK(bench.Store("7", Filled(2 * kPartBytes, 4)) == status::kCapacityExceeded);
  CHECK(bench.Read("7") == Filled(8 * kPartBytes, 3));
  // Sectors that were freed since the last flush count.
  bench.Delete("7");
  CHECK(bench.Store("9", Filled(9 * kPartBytes, 5)) == 0 && bench.UsedBytes() == 16 * kSmallestLba);
  CHECK(bench.Read("9") == Filled(9 * kPartBytes, 5));
}

// Few sectors, so that they are used again and again: each key has a value of those it may have, whole, after each cut.
void ACutLeavesWholeValuesAndAllThatWasFlushed(const std::string& path, uint32_t policy) {
  Bench bench(path, 96, policy);
  Random random(policy + 1);
  using Possible = std::set<std::optional<Value>>;
  std::map<std::string, Possible> possible;
  uint64_t lost = 0;
  for (uint64_t cut = 0; cut < kCuts; cut++) {
    for (auto& [key, values] : possible) values = {bench.Read(key)};
    std::map<std::string, std::optional<Value>> newest;
    for (uint64_t n = random.Below(24); n > 0; n--) {
      const std::string key(1, static_cast<char>('a' + random.Below(6)));
      if (possible[key].empty()) possible[key] = {std::nullopt};
      if (random.Below(10) == 0) {
        // From now on what is there is what may be there.
        bench.media->MakeAllDurable();
        for (auto& [each, values] : possible) values = {bench.Read(each)};
      } else if (random.Below(4) == 0) {
        bench.Delete(key);
        possible[key].insert(newest[key] = std::nullopt);
      } else {
        const Value value = Filled(random.Below(4 * kPartBytes), static_cast<uint8_t>(random.Next()));
        if (bench.Store(key, value) == 0) possible[key].insert(newest[key] = value);
      }
    }
    bench.CutPower(random.Next(), bench.media->atomic_sectors());
    for (const auto& [key, values] : possible) CHECK(values.contains(bench.Read(key)));
    for (const auto& [key, value] : newest) lost += bench.Read(key) != value;
  }
  CHECK(lost > 0);
}

void AValueLargerThanTheCacheIsWholeToo(const std::string& path) {
  Bench bench(path, 8192);
  CHECK(bench.Store("small", Filled(5, 1)) == 0);
  for (const uint8_t fill : {1, 2, 3}) {
    CHECK(bench.Store("large", Filled(kMaxValueBytes, fill)) == 0);
    bench.CutPower(fill, bench.media->atomic_sectors());
    CHECK(bench.Read("large") == Filled(kMaxValueBytes, fill) && bench.Read("small") == Filled(5, 1));
  }
  bench.Delete("large");
  bench.CutPower(4, bench.media->atomic_sectors());
  CHECK(!bench.Read("large") && bench.UsedBytes() == kSmallestLba);
}

// What the drive does not do as a whole any more (a planted defect): a value can miss parts, and is seen to.
void ADriveThatTearsIsFound(const std::string& path) {
  Bench bench(path, 64, kReordered);
  bool torn = false;
  for (uint64_t seed = 0; seed < kCuts && !torn; seed++) {
    CHECK(bench.Store("k", Filled(4 * kPartBytes, 1)) == 0);
    bench.CutPower(seed, 1);
    const std::optional<Value> value = bench.Read("k");
    torn = value && *value != Filled(4 * kPartBytes, 1);
    bench.Delete("k");
    bench.media->MakeAllDurable();
  }
  CHECK(torn);
}

// Wherever it dies.
void AProcessThatDiesLeavesTheOldValueOrTheNewOne(const std::string& path) {
  Bench bench(path, 4096);
  CHECK(bench.Store("k", Filled(1, 1)) == 0);
  Random random(11);
  std::set<uint8_t> seen;
  for (int death = 0; death < kDeaths; death++) {
    bench.Close();
    int ready[2];
    CHECK(pipe(ready) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      bench.Open();
      for (uint8_t fill = 1;; fill++) {
        bench.Store("k", Filled(1000 * size_t{fill}, fill));
        if (write(ready[1], &fill, 1) != 1) _exit(1);
      }
    }
    for (uint64_t stores = 1 + random.Below(60); stores > 0; stores--) {
      uint8_t fill;
      CHECK(read(ready[0], &fill, 1) == 1);
    }
    kill(child, SIGKILL);
    CHECK(waitpid(child, nullptr, 0) == child);
    close(ready[0]);
    close(ready[1]);
    bench.Open();
    const Value value = *bench.Read("k");
    CHECK(value == Filled(1000 * size_t{value[0]}, value[0]));
    CHECK(bench.UsedBytes() == (value.size() + kPartBytes - 1) / kPartBytes * kSmallestLba);
    seen.insert(value[0]);
  }
  CHECK(seen.size() > 1);
}

// A process that died in the middle of a store leaves parts without the first one.
void PartsWithoutTheirFirstAreSweptUp(const std::string& path) {
  Bench bench(path, 64);
  CHECK(bench.Store("k", Filled(3 * kPartBytes, 1)) == 0);
  const uint32_t part = KeyValues(*bench.media).Find(Key("k"))->places[1].sector;
  const Value left(bench.media->Read(part), bench.media->Read(part) + kSmallestLba);
  bench.Delete("k");
  for (const uint32_t sector : {0u, 63u}) bench.media->Write(sector, left.data(), kSectorWritten);
  bench.Find();
  CHECK(!bench.Read("k") && bench.UsedBytes() == 0);
  // Nor are they taken for parts of what is stored later.
  bench.media->Write(0, left.data(), kSectorWritten);
  bench.Find();
  CHECK(bench.Store("first", {}) == 0 && bench.Store("k", Filled(3 * kPartBytes, 2)) == 0);
  bench.Delete("first");
  bench.media->Write(0, left.data(), kSectorWritten);
  bench.Find();
  CHECK(bench.Read("k") == Filled(3 * kPartBytes, 2));
}

void SectorsOfAnybodyDoNoHarm(const std::string& path) {
  Bench bench(path, 64);
  Random random(7);
  for (int round = 0; round < 200; round++) {
    CHECK(bench.Store("k", Filled(5 * kPartBytes, 9)) == 0);
    for (uint32_t sector = 0; sector < 64; sector++) {
      uint8_t* raw = bench.media->Raw(sector);
      for (uint64_t n = random.Below(4); n > 0; n--) raw[random.Below(40)] = static_cast<uint8_t>(random.Below(3) == 0 ? random.Next() : random.Below(5));
    }
    bench.Find();
    for (const std::string& key : bench.Listed("", 4096)) (void)bench.Read(key);
    for (const std::string& key : bench.Listed("", 4096)) bench.Delete(key);
    CHECK(bench.UsedBytes() == 0);
  }
}

}  // namespace

void TestKeyValues() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number); };
  WhatIsStoredIsThere(next());
  TheBeginningOfAValueCanBeRead(next());
  TheListIsSortedAndGoesOn(next());
  ThereIsRoomForSoMuch(next());
  for (const uint32_t policy : {kAnyLoss, kLoseAll, kKeepPrefix, kReordered, kTorn}) ACutLeavesWholeValuesAndAllThatWasFlushed(next(), policy);
  AValueLargerThanTheCacheIsWholeToo(next());
  ADriveThatTearsIsFound(next());
  AProcessThatDiesLeavesTheOldValueOrTheNewOne(next());
  PartsWithoutTheirFirstAreSweptUp(next());
  SectorsOfAnybodyDoNoHarm(next());
}
