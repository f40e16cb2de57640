// Zones of a zoned namespace (ZNS Command Set 1.1, section 2.1): states, write pointers, and the limits of open and active
// zones. Works on the records in the drive's file; made anew for each command. Device thread only.
#pragma once
#include "model/media/media.h"

namespace assay::model {

// Zone Management Send, figure 26.
enum class ZoneAction : uint8_t { kClose = 1, kFinish = 2, kOpen = 3, kReset = 4, kOffline = 5 };

// Chooses zones for a namespace whose maker cannot name them. False: its size is no multiple of them.
bool ZoneLayout(NamespaceRecord* ns);

class Zones {
 public:
  Zones(DriveFile& file, Media& media);

  uint64_t count() const { return media_.lba_count() / zone_lbas_; }
  uint64_t IndexOf(uint64_t lba) const { return lba / zone_lbas_; }
  uint64_t Start(uint64_t index) const { return index * zone_lbas_; }
  ZoneState State(uint64_t index) const;
  const ZoneRecord& record(uint64_t index) const { return records_[index]; }

  // Statuses without phase.
  uint16_t MayRead(uint64_t slba, uint64_t lba_count) const;
  // Opens the zone implicitly when nothing stands against it.
  uint16_t MayWrite(uint64_t slba, uint64_t lba_count);
  void Wrote(uint64_t slba, uint64_t lba_count);
  // Where an append to the zone that starts at `zslba` goes.
  uint16_t AppendPlace(uint64_t zslba, uint64_t lba_count, uint64_t* slba) const;
  uint16_t Act(uint64_t index, ZoneAction action);
  // All zones in a state that the action is meant for.
  uint16_t ActOnAll(ZoneAction action);
  // After a reset or power loss no zone is open.
  void CloseAll();

 private:
  void Set(uint64_t index, ZoneState state) { records_[index].state = state; }
  bool Open(uint64_t index) const { return State(index) == kImplicitlyOpen || State(index) == kExplicitlyOpen; }
  uint16_t TakeResources(uint64_t index);
  void Close(uint64_t index);
  uint16_t Forbids(uint64_t index) const;

  Media& media_;
  ZoneRecord* records_;
  uint64_t zone_lbas_;
  uint64_t capacity_;
};

}  // namespace assay::model
