// Zones of a zoned namespace (ZNS Command Set 1.1, section 2.1): states, write pointers, and the limits of open and active
// zones. Works on the records in the drive's file; made anew for each command. Device thread only.
#pragma once
#include "model/media/media.h"

namespace assay::model {

// Zone Management Send, figure 26.
enum class ZoneAction : uint8_t { kClose = 1, kFinish = 2, kOpen = 3, kReset = 4, kOffline = 5, kSetExtension = 0x10 };

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
  // Of its descriptor; 0: the namespace has none.
  uint32_t extension_bytes() const { return extension_bytes_; }
  // All zeroes while it is not valid.
  const uint8_t* Extension(uint64_t index) const { return extensions_ + index * kZoneExtensionBytes; }
  bool HasExtension(uint64_t index) const { return records_[index].attributes & kZoneExtensionValid; }
  // `data`: extension_bytes(). An empty zone becomes closed (ZNS Command Set 1.1, 3.4.3.2.6).
  uint16_t SetExtension(uint64_t index, const uint8_t* data);
  // After a reset or power loss no zone is open.
  void CloseAll();

 private:
  void Set(uint64_t index, ZoneState state) { records_[index].state = state; }
  bool Open(uint64_t index) const { return State(index) == kImplicitlyOpen || State(index) == kExplicitlyOpen; }
  uint16_t TakeResources(uint64_t index);
  bool NoMoreActive() const;
  void Close(uint64_t index);
  void DropExtension(uint64_t index);
  uint8_t* ExtensionPlace(uint64_t index) { return extensions_ + index * kZoneExtensionBytes; }
  uint16_t Forbids(uint64_t index) const;

  Media& media_;
  ZoneRecord* records_;
  uint8_t* extensions_;
  uint64_t zone_lbas_;
  uint64_t capacity_;
  uint32_t extension_bytes_;
};

}  // namespace assay::model
