// Flexible Data Placement, as the file of a software drive keeps it (NVMe Base 2.1, 8.1.10). Of the one endurance group.
#pragma once
#include <cstdint>

#include "model/media/namespace_record.h"

namespace assay::model {

constexpr uint32_t kMaxPlacementConfigurations = 4;
constexpr uint32_t kMaxReclaimGroups = 16;
constexpr uint32_t kMaxReclaimUnitHandles = 32;
constexpr uint32_t kMaxReclaimGroupBits = 8;
constexpr uint64_t kMinReclaimUnitBytes = 64 * 1024;
constexpr uint32_t kMaxReclaimUnits = 4095;
constexpr uint32_t kKeptPlacementEvents = 63;  // of each kind: one page of log 23h
constexpr uint32_t kPlacementEventBytes = 64;
constexpr uint64_t kMaxPlacementCapacity = uint64_t{64} << 30;
// Room beyond the capacity, so that there is always a reclaim unit with something in it that nobody needs.
constexpr uint32_t kOverProvisionPercent = 7;

// Figure 281 (RUHT).
enum ReclaimIsolation : uint8_t { kInitiallyIsolated = 1, kPersistentlyIsolated = 2 };

struct PlacementConfiguration {
  uint32_t groups;
  uint32_t handles;
  uint32_t group_bits;    // RGIF
  uint32_t time_limit_s;  // ERUTL, 0: none
  uint64_t unit_bytes;    // RUNS
  uint8_t isolation[kMaxReclaimUnitHandles];
};

enum ReclaimUnitState : uint8_t { kUnitFree = 0, kUnitOpen = 1, kUnitClosed = 2 };

struct ReclaimUnit {
  uint64_t written;  // bytes with metadata
  uint16_t group;
  uint8_t handle;
  uint8_t state;
  uint8_t used;  // before: to be erased when it is taken again
  uint8_t reserved[3];
};

// What a reclaim unit handle writes to in one reclaim group. `number` 0: an empty reclaim unit that is still to be chosen.
struct OpenUnit {
  uint64_t since_s;
  uint32_t number;
  uint32_t reserved;
};

struct PlacementEventList {
  uint64_t noted;
  uint8_t kept[kKeptPlacementEvents][kPlacementEventBytes];  // as log 23h has them
};

// Of a namespace. `count` 0: it was not made with Flexible Data Placement.
struct PlacementHandles {
  uint32_t count;
  uint32_t chosen_by_controller;
  uint32_t directive;  // the data placement directive is enabled
  uint8_t handles[kMaxReclaimUnitHandles];
};

struct PlacementRecord {
  uint32_t configuration_count;
  uint32_t enabled;
  uint32_t index;  // of the configuration
  uint32_t unit_count;
  PlacementConfiguration configurations[kMaxPlacementConfigurations];
  // Log 22h, bytes with metadata.
  uint64_t host_bytes;
  uint64_t media_bytes;
  uint64_t erased_bytes;
  // Bit by kind of event, see placement_events.h.
  uint32_t events[kMaxReclaimUnitHandles];
  uint32_t saved_events[kMaxReclaimUnitHandles];
  PlacementEventList host_events;
  PlacementEventList controller_events;
  PlacementHandles namespaces[kMaxNamespaces];
  OpenUnit open[kMaxReclaimGroups][kMaxReclaimUnitHandles];
  // Where the drive moves what it keeps: of all initially isolated handles together, then of each persistently isolated one.
  uint32_t relocating[kMaxReclaimGroups][1 + kMaxReclaimUnitHandles];
  ReclaimUnit units[kMaxReclaimUnits];
};

// How many reclaim units a drive has under a configuration; more than kMaxReclaimUnits: it cannot have it.
constexpr uint64_t ReclaimUnitsNeeded(const PlacementConfiguration& c, uint64_t capacity_bytes) {
  uint64_t relocating = 1;
  for (uint32_t i = 0; i < c.handles && i < kMaxReclaimUnitHandles; i++) relocating += c.isolation[i] == kPersistentlyIsolated;
  const uint64_t media = capacity_bytes / 100 * (100 + kOverProvisionPercent) / c.unit_bytes + 1;
  return media + uint64_t{c.groups} * (c.handles + relocating) + 2;
}

}  // namespace assay::model
