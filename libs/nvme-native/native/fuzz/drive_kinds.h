// What a drive that is fuzzed has: a plain namespace, a zoned one, one with metadata and protection between its sectors, one
// of keys and values.
#pragma once
#include <vector>

#include "model/media/drive_file.h"

// Both types of reclaim unit handles in two reclaim groups.
inline assay::model::PlacementConfiguration SmallPlacement() {
  namespace model = assay::model;
  model::PlacementConfiguration c{};
  c.groups = 2;
  c.group_bits = 1;
  c.handles = 2;
  c.unit_bytes = model::kMinReclaimUnitBytes;
  c.isolation[0] = model::kInitiallyIsolated;
  c.isolation[1] = model::kPersistentlyIsolated;
  return c;
}

inline std::vector<assay::model::NamespaceRecord> NamespacesOfEachKind(uint64_t bytes, uint32_t lba_bytes, uint32_t zone_lbas) {
  namespace model = assay::model;
  auto plain = model::PlainNamespace(bytes, lba_bytes), zoned = plain, protect = plain, values = model::PlainNamespace(bytes, model::kSmallestLba);
  zoned.command_set = model::kZonedCommandSet;
  zoned.zone_lbas = zoned.zone_capacity = zone_lbas;
  zoned.max_open = zoned.max_active = 2;
  zoned.zone_extension_units = 1;
  protect.lba_format = 4;
  protect.extended = 1;
  protect.pi_type = 1;
  values.command_set = model::kKeyValueCommandSet;
  values.max_key_bytes = model::kMaxKeyBytes;
  values.max_value_bytes = 8192;
  return {plain, zoned, protect, values};
}
