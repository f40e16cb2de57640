// Placement identifiers and handles, the events of log 23h, and which identifier each write of a worker names.
#include "model/placement/placement.h"

#include <cstring>

#include "core/worker/placement_pattern.h"
#include "model/statuses.h"
#include "placement_bench.h"

using namespace assay;
using namespace assay::model;

namespace {

constexpr PlacementTime kNow{1000, 1'000'000};
const NamespaceRecord kNamespaces[kMaxNamespaces] = {};

uint16_t Choose(PlacementBench& bench, std::vector<uint16_t> list, PlacementHandles* out, uint32_t lba_format = 0) {
  return bench.placement.ChooseHandles(list.data(), static_cast<uint32_t>(list.size()), lba_format, kNamespaces, out);
}

void KeepAll(PlacementBench& bench) {
  for (uint32_t& events : bench.record->events) events = 0xf;
}

const uint8_t* Newest(const PlacementEventList& list) { return list.kept[(list.noted - 1) % kKeptPlacementEvents]; }

template <typename T>
T At(const uint8_t* event, size_t at) {
  T value;
  std::memcpy(&value, event + at, sizeof value);
  return value;
}

void IdentifiersAreAGroupAboveAHandle() {
  PlacementBench bench(BenchConfiguration(3, kInitiallyIsolated, 4));
  CHECK(Choose(bench, {2, 0}, &bench.placement.Of(1)) == 0);
  CHECK(bench.placement.Identifier(3, 1) == 0x3001);
  const auto found = bench.placement.Find(1, 0x3000);
  CHECK(found && found->group == 3 && found->placement_handle == 0 && found->handle == 2);
  CHECK(!bench.placement.Find(1, 0x4000) && !bench.placement.Find(1, 2) && !bench.placement.Find(2, 0));
  // One group needs no bits, and those that there are mean nothing.
  PlacementConfiguration one = BenchConfiguration(2);
  one.group_bits = 2;
  PlacementBench single(one);
  CHECK(Choose(single, {0, 1}, &single.placement.Of(1)) == 0);
  CHECK(single.placement.Find(1, 0xc001)->group == 0);
}

void HandlesAreNamedOrChosen() {
  PlacementBench bench(BenchConfiguration(3));
  PlacementHandles handles;
  CHECK(Choose(bench, {3}, &handles) == status::kInvalidPlacementHandles);
  CHECK(Choose(bench, {1, 1}, &handles) == status::kInvalidPlacementHandles);
  CHECK(Choose(bench, {0, 1, 2, 0}, &handles) == status::kInvalidPlacementHandles);
  CHECK(Choose(bench, {0, 2}, &bench.placement.Of(1)) == 0);
  CHECK(Choose(bench, {2}, &handles, 1) == status::kInvalidFormat);
  CHECK(Choose(bench, {2}, &bench.placement.Of(2)) == 0);
  // The one that is left is the drive's, for all that let it choose, and nobody may name it.
  CHECK(Choose(bench, {}, &bench.placement.Of(3)) == 0);
  CHECK(bench.placement.Of(3).handles[0] == 1 && bench.placement.Usage(0) == 1 && bench.placement.Usage(1) == 2);
  CHECK(Choose(bench, {1}, &handles) == status::kInvalidPlacementHandles);
  CHECK(Choose(bench, {}, &handles) == 0 && handles.handles[0] == 1);
  bench.placement.Of(3) = {};
  CHECK(bench.placement.Usage(1) == 0 && Choose(bench, {1}, &bench.placement.Of(4)) == 0);
  CHECK(Choose(bench, {}, &handles) == status::kInvalidPlacementHandles);
}

void AnInvalidIdentifierGoesToTheFirstHandle() {
  PlacementBench bench(BenchConfiguration(2, kInitiallyIsolated, 2));
  CHECK(Choose(bench, {1}, &bench.placement.Of(1)) == 0);
  const auto blocks = PlacementBench::Blocks(0, 1);
  bench.placement.Write(1, 0x0005, blocks, kNow);
  CHECK(bench.record->host_events.noted == 0);  // nobody wants to hear of it
  KeepAll(bench);
  bench.placement.Write(1, 0xf000, blocks, kNow);
  const uint8_t* event = Newest(bench.record->host_events);
  CHECK(event[0] == 3 && event[1] == 7 && At<uint16_t>(event, 2) == 0xf000 && At<uint64_t>(event, 4) == kNow.timestamp);
  CHECK(At<uint32_t>(event, 12) == 1 && At<uint16_t>(event, 32) == 0 && At<uint16_t>(event, 34) == 1);
  CHECK(bench.placement.Available({0, 0, 1}) == kBenchUnit - 2 * kBenchLba);
  bench.placement.Write(1, std::nullopt, blocks, kNow);
  CHECK(bench.record->host_events.noted == 1);
}

void LeavingOneThatIsNotFullIsTold() {
  PlacementBench bench(BenchConfiguration(1));
  CHECK(Choose(bench, {0}, &bench.placement.Of(1)) == 0);
  KeepAll(bench);
  const PlacementTarget target{0, 0, 0};
  bench.placement.Renew(1, target, kNow);  // an empty one may stay
  CHECK(bench.record->host_events.noted == 0);
  bench.placement.Write(1, 0, PlacementBench::Blocks(0, 1), kNow);
  bench.placement.Renew(1, target, kNow);
  CHECK(bench.record->host_events.noted == 1 && Newest(bench.record->host_events)[0] == 0);
  bench.placement.Write(1, 0, PlacementBench::Blocks(0, kUnitBlocks), kNow);
  bench.placement.Renew(1, target, kNow);
  CHECK(bench.record->host_events.noted == 1);
}

void TheTimeLimitEndsOne() {
  PlacementConfiguration limited = BenchConfiguration(1);
  limited.time_limit_s = 60;
  PlacementBench bench(limited);
  CHECK(Choose(bench, {0}, &bench.placement.Of(1)) == 0);
  KeepAll(bench);
  const PlacementTarget target{0, 0, 0};
  const auto block = PlacementBench::Blocks(0, 1);
  CHECK(bench.placement.SecondsLeft(target, kNow) == 60);
  bench.placement.Write(1, 0, block, kNow);
  CHECK(bench.placement.SecondsLeft(target, {kNow.seconds + 59, 0}) == 1 && bench.placement.SecondsLeft(target, {kNow.seconds + 600, 0}) == 1);
  bench.placement.Write(1, 0, block, {kNow.seconds + 59, 0});
  CHECK(bench.record->host_events.noted == 0 && bench.placement.Available(target) == kBenchUnit - 2 * kBenchLba);
  bench.placement.Write(1, 0, block, {kNow.seconds + 60, 0});
  CHECK(Newest(bench.record->host_events)[0] == 1 && bench.placement.Available(target) == kBenchUnit - kBenchLba);
}

void TheOldestEventGoesFirst() {
  PlacementBench bench(BenchConfiguration(1));
  CHECK(Choose(bench, {0}, &bench.placement.Of(1)) == 0);
  KeepAll(bench);
  for (uint16_t i = 0; i < 2 * kKeptPlacementEvents; i++) bench.placement.Write(1, static_cast<uint16_t>(100 + i), PlacementBench::Blocks(0, 1), kNow);
  CHECK(bench.record->host_events.noted == 2 * kKeptPlacementEvents);
  CHECK(At<uint16_t>(Newest(bench.record->host_events), 2) == 100 + 2 * kKeptPlacementEvents - 1);
}

void WhatIsMovedIsTold() {
  PlacementBench bench(BenchConfiguration(1));
  CHECK(Choose(bench, {0}, &bench.placement.Of(1)) == 0);
  KeepAll(bench);
  Random random(1);
  while (bench.record->controller_events.noted == 0) bench.placement.Write(1, 0, PlacementBench::Blocks(random.Below(kBenchBlocks), 1), kNow);
  uint64_t told = 0;
  for (uint64_t i = 0; i < bench.record->controller_events.noted; i++) {
    const uint8_t* event = bench.record->controller_events.kept[i];
    CHECK(event[0] == 0x80 && At<uint16_t>(event, 18) > 0);
    told += At<uint16_t>(event, 18);
  }
  CHECK(told * kBenchLba == bench.record->media_bytes - bench.record->host_bytes);
}

void PlacesOfAWorkerHaveTheirSharesAndTheirSeed() {
  const std::vector<PlacementShare> shares = {{7, 1}, {0x8001, 3}};
  PlacementPattern pattern(shares, 42), same(shares, 42), other(shares, 43);
  uint32_t first = 0, differ = 0;
  for (uint32_t i = 0; i < 40'000; i++) {
    const uint16_t identifier = pattern.Next();
    CHECK(identifier == same.Next() && (identifier == 7 || identifier == 0x8001));
    first += identifier == 7;
    differ += identifier != other.Next();
  }
  // Four standard deviations of 40 000 quarters are 346.
  CHECK(first > 9600 && first < 10'400 && differ > 0);
}

}  // namespace

void TestPlacement() {
  IdentifiersAreAGroupAboveAHandle();
  HandlesAreNamedOrChosen();
  AnInvalidIdentifierGoesToTheFirstHandle();
  LeavingOneThatIsNotFullIsTold();
  TheTimeLimitEndsOne();
  TheOldestEventGoesFirst();
  WhatIsMovedIsTold();
  PlacesOfAWorkerHaveTheirSharesAndTheirSeed();
}
