// The accounting of reclaim units (NVMe Base 2.1, 8.1.10): what each handle writes to, when it gets another one, what the
// drive has to move to get an empty one, and the three sums of log 22h. Pure: no queue, no clock.
//
// The map says of each 512 bytes of media, where a logical block begins, which reclaim unit holds it. What a reclaim unit
// still holds of value is counted when one has to be emptied, so that nothing but the map has to be true.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "placement_record.h"

namespace assay::model {

// Logical blocks one behind the other, in units of the map.
struct PlacedBlocks {
  uint64_t first;
  uint32_t step;
  uint64_t count;
  uint32_t lba_format;
};

class ReclaimUnits {
 public:
  // Told of a reclaim unit whose content was moved, `blocks` of them.
  using Moved = std::function<void(const ReclaimUnit& from, uint64_t blocks)>;

  ReclaimUnits(PlacementRecord* record, std::span<uint16_t> map) : r_(*record), map_(map) {}

  // All empty, under the enabled configuration. The map is the caller's to clear.
  void Begin(uint64_t capacity_bytes);
  void Write(uint32_t group, uint32_t handle, const PlacedBlocks& blocks, uint64_t now_s, const Moved& moved);
  // Bytes with metadata that go into what the handle writes to.
  uint64_t Available(uint32_t group, uint32_t handle) const;
  bool Empty(uint32_t group, uint32_t handle) const { return Available(group, handle) == UnitBytes(); }
  // From now on the handle writes to an empty one.
  void Renew(uint32_t group, uint32_t handle);

 private:
  const PlacementConfiguration& Configuration() const { return r_.configurations[r_.index]; }
  uint64_t UnitBytes() const { return Configuration().unit_bytes; }
  // Null for what is no number of a reclaim unit.
  ReclaimUnit* Unit(uint32_t number) const;
  // A reclaim unit to write to, 0 when there is none. `reserved`: as many stay free.
  uint32_t Take(uint32_t group, uint32_t handle, uint32_t reserved, const Moved& moved);
  uint32_t FreeUnits() const;
  bool Collect(std::vector<uint64_t>* held, const Moved& moved);
  std::vector<uint64_t> CountHeld() const;
  uint32_t* Destination(const ReclaimUnit& from);

  PlacementRecord& r_;
  std::span<uint16_t> map_;
};

// Of one logical block.
uint32_t BytesWithMetadata(uint32_t lba_format);

}  // namespace assay::model
