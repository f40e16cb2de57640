// Reclaim units: what fits, what moves, and that the sums are right whatever is written.
#include "model/placement/reclaim_units.h"

#include <map>

#include "core/random.h"
#include "placement_bench.h"

using namespace assay;
using namespace assay::model;

namespace {

const ReclaimUnits::Moved kNobody = [](const ReclaimUnit&, uint64_t) {};

struct Units : PlacementBench {
  explicit Units(const PlacementConfiguration& configuration) : PlacementBench(configuration), units(record.get(), map) {}
  void Write(uint32_t handle, uint64_t lba, uint64_t count, const ReclaimUnits::Moved& moved = kNobody) { units.Write(0, handle, Blocks(lba, count), 0, moved); }
  // Bytes that live in each reclaim unit, by what the map says.
  std::map<uint32_t, uint64_t> Held() const {
    std::map<uint32_t, uint64_t> held;
    for (const uint16_t entry : map) held[entry & 0xfff] += entry != 0 ? kBenchLba : 0;
    held.erase(0);
    return held;
  }
  void CheckSums() const {
    CHECK(record->media_bytes >= record->host_bytes);
    uint64_t written = record->erased_bytes;
    uint32_t moving = 0;
    for (const auto& [number, bytes] : Held()) {
      const ReclaimUnit& unit = record->units[number - 1];
      CHECK(unit.state != kUnitFree && bytes <= unit.written && unit.written <= kBenchUnit);
    }
    for (uint32_t i = 0; i < record->unit_count; i++) {
      moving += record->units[i].state == kUnitOpen;
      if (record->units[i].used) written += record->units[i].state == kUnitFree ? kBenchUnit : record->units[i].written;
    }
    // All that went to the medium is there or was erased; units are erased whole, so what was left open in them is too.
    CHECK(record->media_bytes <= written);
    CHECK(moving <= record->configurations[0].groups * (2 * record->configurations[0].handles + 1));
  }
  ReclaimUnits units;
};

void AWriteTakesWhatItWrites() {
  Units bench(BenchConfiguration(2));
  CHECK(bench.units.Available(0, 0) == kBenchUnit && bench.units.Empty(0, 0));
  bench.Write(0, 10, 3);
  CHECK(bench.units.Available(0, 0) == kBenchUnit - 3 * kBenchLba && bench.units.Available(0, 1) == kBenchUnit);
  CHECK(bench.record->host_bytes == 3 * kBenchLba && bench.record->media_bytes == 3 * kBenchLba && bench.record->erased_bytes == 0);
  bench.units.Renew(0, 0);
  CHECK(bench.units.Empty(0, 0));
}

void AFullOneIsFollowedByAnEmptyOne() {
  Units bench(BenchConfiguration(1));
  bench.Write(0, 0, kUnitBlocks);
  CHECK(bench.units.Empty(0, 0) && bench.Held().size() == 1);
  bench.Write(0, kUnitBlocks, 2 * kUnitBlocks + 5);
  CHECK(bench.units.Available(0, 0) == kBenchUnit - 5 * kBenchLba && bench.Held().size() == 4);
}

void MetadataTakeRoomToo() {
  Units bench(BenchConfiguration(1));
  bench.units.Write(0, 0, {0, 8, 10, 4}, 0, kNobody);  // 4096 + 64
  CHECK(bench.units.Available(0, 0) == kBenchUnit - 10 * 4160 && bench.record->host_bytes == 10 * 4160);
}

// Whatever is written, in whatever order, to whatever handle, for many times the capacity.
void TheSumsHold() {
  for (const ReclaimIsolation isolation : {kInitiallyIsolated, kPersistentlyIsolated}) {
    Units bench(BenchConfiguration(3, isolation));
    Random random(11);
    uint64_t host = 0;
    for (uint32_t i = 0; i < 4000; i++) {
      const uint64_t count = 1 + random.Below(12), lba = random.Below(kBenchBlocks - count + 1);
      bench.Write(static_cast<uint32_t>(random.Below(3)), lba, count);
      host += count * kBenchLba;
      if (random.Below(50) == 0) bench.units.Renew(0, static_cast<uint32_t>(random.Below(3)));
      if (i % 100 == 0) bench.CheckSums();
    }
    CHECK(bench.record->host_bytes == host && bench.record->media_bytes > host && bench.record->erased_bytes > 0);
    uint64_t held = 0;
    for (const auto& [_, bytes] : bench.Held()) held += bytes;
    CHECK(held <= kBenchCapacity);
  }
}

// Data that die together cost nothing when they lie together, and much when they do not.
uint64_t MovedBytes(bool apart) {
  Units bench(BenchConfiguration(2));
  const uint64_t cold = kBenchBlocks * 3 / 4;
  uint64_t next_cold = 0, hot = 0;
  for (uint32_t round = 0; round < 40 * kBenchBlocks; round++) {
    if (round % 50 == 0 && next_cold < cold) bench.Write(apart ? 1 : 0, next_cold++, 1);
    bench.Write(0, cold + hot++ % (kBenchBlocks - cold), 1);
  }
  return bench.record->media_bytes - bench.record->host_bytes;
}

void PlacingApartSavesMoves() {
  CHECK(MovedBytes(false) > 0);
  CHECK(MovedBytes(true) == 0);
}

void PersistentlyIsolatedDataNeverMix() {
  Units bench(BenchConfiguration(2, kPersistentlyIsolated));
  Random random(3);
  uint64_t moves = 0;
  // Handle 0 has the lower half, handle 1 the upper one.
  for (uint32_t i = 0; i < 12 * kBenchBlocks; i++) {
    const uint32_t handle = i % 2;
    bench.Write(handle, handle * kBenchBlocks / 2 + random.Below(kBenchBlocks / 2), 1, [&](const ReclaimUnit&, uint64_t blocks) { moves += blocks; });
  }
  CHECK(moves > 0);
  std::map<uint32_t, uint32_t> halves;
  for (size_t at = 0; at < bench.map.size(); at++) {
    if (bench.map[at] != 0) halves[bench.map[at] & 0xfff] |= at < bench.map.size() / 2 ? 1 : 2;
  }
  for (const auto& [_, both] : halves) CHECK(both != 3);
}

// What another program has written into the file must not be believed.
void AMapFromAnywhereIsSurvived() {
  Units bench(BenchConfiguration(2));
  Random random(5);
  for (uint32_t i = 0; i < 6 * kBenchBlocks; i++) {
    if (i % 16 == 0) bench.map[random.Below(bench.map.size())] = static_cast<uint16_t>(random.Next());
    bench.Write(i % 2, random.Below(kBenchBlocks), 1);
  }
  CHECK(bench.record->media_bytes >= bench.record->host_bytes);
}

}  // namespace

void TestReclaimUnits() {
  AWriteTakesWhatItWrites();
  AFullOneIsFollowedByAnEmptyOne();
  MetadataTakeRoomToo();
  TheSumsHold();
  PlacingApartSavesMoves();
  PersistentlyIsolatedDataNeverMix();
  AMapFromAnywhereIsSurvived();
}
