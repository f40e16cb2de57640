// A small endurance group under Flexible Data Placement, without a drive around it.
#pragma once
#include <memory>

#include "check.h"
#include "model/placement/placement.h"

namespace assay::model {

constexpr uint64_t kBenchCapacity = 4 << 20;
constexpr uint64_t kBenchUnit = 256 * 1024;
constexpr uint32_t kBenchLba = 4096;
constexpr uint64_t kBenchBlocks = kBenchCapacity / kBenchLba;
constexpr uint64_t kUnitBlocks = kBenchUnit / kBenchLba;

inline PlacementConfiguration BenchConfiguration(uint32_t handles, ReclaimIsolation isolation = kInitiallyIsolated, uint32_t groups = 1) {
  PlacementConfiguration c{};
  c.groups = groups;
  c.group_bits = groups == 1 ? 0 : 4;
  c.handles = handles;
  c.unit_bytes = kBenchUnit;
  for (uint32_t i = 0; i < handles; i++) c.isolation[i] = isolation;
  return c;
}

struct PlacementBench {
  explicit PlacementBench(const PlacementConfiguration& configuration) : record(std::make_unique<PlacementRecord>()), map(kBenchCapacity / 512), placement(record.get(), map) {
    record->configuration_count = 1;
    record->configurations[0] = configuration;
    placement.Enable(true, 0, kBenchCapacity);
  }
  // 4 KiB blocks without metadata.
  static PlacedBlocks Blocks(uint64_t lba, uint64_t count) { return {lba * (kBenchLba / 512), kBenchLba / 512, count, 1}; }

  std::unique_ptr<PlacementRecord> record;
  std::vector<uint16_t> map;
  Placement placement;
};

}  // namespace assay::model
