// Flexible Data Placement (NVMe Base 2.1, 8.1.10): which placement identifiers a namespace has, where a write goes, what is
// told of it in log 23h. Reclaim units themselves: reclaim_units.h. Pure: no queue, no clock.
#pragma once
#include <optional>

#include "reclaim_units.h"

namespace assay::model {

// Figure 289 (ETYP).
enum PlacementEventType : uint8_t {
  kNotFullyWritten = 0x00,
  kTimeLimitExceeded = 0x01,
  kInvalidPlacementIdentifier = 0x03,
  kMediaReallocated = 0x80,
};
// What the drive can tell of, in ascending order; the place is the bit in PlacementRecord::events.
constexpr PlacementEventType kPlacementEvents[] = {kNotFullyWritten, kTimeLimitExceeded, kInvalidPlacementIdentifier, kMediaReallocated};

constexpr uint8_t kPlacementFeature = 0x1d, kPlacementEventsFeature = 0x1e;
constexpr uint32_t kPlacementFeatureEnabled = 1;
// Dword 0 of Get Features 1Dh.
inline uint32_t PlacementFeatureValue(const PlacementRecord& record) { return record.enabled ? record.index << 8 | kPlacementFeatureEnabled : 0; }

struct PlacementTime {
  uint64_t seconds;
  uint64_t timestamp;  // as feature 0Eh has it
};

// Of a namespace.
struct PlacementTarget {
  uint32_t group;
  uint32_t placement_handle;
  uint32_t handle;  // reclaim unit handle
};

class Placement {
 public:
  // `record` null: the drive knows nothing of it.
  Placement(PlacementRecord* record, std::span<uint16_t> map) : r_(record), map_(map) {}

  bool Supported() const { return r_ != nullptr; }
  bool Enabled() const { return r_ != nullptr && r_->enabled; }
  PlacementRecord& record() { return *r_; }
  const PlacementRecord& record() const { return *r_; }
  // Of the enabled configuration.
  const PlacementConfiguration& Configuration() const { return r_->configurations[r_->index]; }

  // Feature 1Dh: sums, events and reclaim units begin anew. The map is the caller's to clear.
  void Enable(bool enabled, uint32_t index, uint64_t capacity_bytes);
  // The placement handle list of a namespace that is to be made in that format; a status without phase. `count` 0: the
  // controller chooses.
  uint16_t ChooseHandles(const uint16_t* list, uint32_t count, uint32_t lba_format, const NamespaceRecord* namespaces, PlacementHandles* out) const;
  // 01/0a where a namespace of another format writes to the same handles.
  uint16_t MayHaveFormat(uint32_t nsid, uint32_t lba_format, const NamespaceRecord* namespaces) const;
  const PlacementHandles& Of(uint32_t nsid) const { return r_->namespaces[nsid - 1]; }
  PlacementHandles& Of(uint32_t nsid) { return r_->namespaces[nsid - 1]; }
  bool Directed(uint32_t nsid) const { return Enabled() && Of(nsid).directive; }
  // Log 21h: 0 unused, 1 named by a host, 2 chosen by the controller.
  uint8_t Usage(uint32_t handle) const;

  // RGIF upper bits are the reclaim group, the others the placement handle (figures 282 and 283).
  std::optional<PlacementTarget> Find(uint32_t nsid, uint16_t identifier) const;
  uint16_t Identifier(uint32_t group, uint32_t placement_handle) const;
  // Of a placement handle in a reclaim group. Seconds 0: no time is reported.
  uint64_t Available(const PlacementTarget& target) const;
  uint32_t SecondsLeft(const PlacementTarget& target, const PlacementTime& now) const;

  // `identifier` not set: placement handle 0, and the reclaim group is the drive's choice. So is that of an invalid one.
  void Write(uint32_t nsid, std::optional<uint16_t> identifier, const PlacedBlocks& blocks, const PlacementTime& now);
  // Reclaim Unit Handle Update.
  void Renew(uint32_t nsid, const PlacementTarget& target, const PlacementTime& now);

  // Feature 1Eh.
  static std::optional<uint32_t> BitOf(uint8_t event_type);
  // After a reset of the controller.
  void RestoreSaved();

 private:
  struct EventPlace {
    std::optional<uint16_t> identifier;
    uint32_t nsid = 0;  // 0: not told
    uint32_t group = 0, handle = 0;
  };
  ReclaimUnits Units() const { return ReclaimUnits(r_, map_); }
  bool Overdue(const PlacementTarget& target, const PlacementTime& now) const;
  void Tell(PlacementEventType type, const EventPlace& place, const PlacementTime& now, uint64_t blocks = 0);

  PlacementRecord* r_;
  std::span<uint16_t> map_;
};

}  // namespace assay::model
