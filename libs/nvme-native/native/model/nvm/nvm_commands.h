// The I/O commands of the software drive (NVM Command Set 1.0, section 3; ZNS Command Set 1.1, section 3; Key Value
// Command Set 1.0, section 3): one table of opcodes and the command sets they belong to, handlers by topic in nvm_*.cc and
// key_value_commands.cc. Device thread only.
#pragma once
#include "model/device/device.h"
#include "protection.h"

namespace assay::model {

class NvmCommands {
 public:
  explicit NvmCommands(Device& device) : d_(device) {}
  Device::Outcome Execute(const Sqe& sqe);
  // Log 05h, the half of the I/O commands of a command set: a dword for each opcode.
  static void FillEffects(const DriveHeader& header, uint32_t command_set, uint8_t* page);

 private:
  using Handler = Device::Outcome (NvmCommands::*)(const Sqe& sqe, Media& media);
  enum Kind : uint32_t {
    kRanged = 1,  // slba in dwords 10 and 11, number of LBAs in dword 12
    kMoves = 2,   // data in the size of the range
    kReads = 4,
    kWrites = 8,
    kKeyed = 16,  // a key in dwords 2, 3, 14 and 15, its length in dword 11
    kPlacement = 32,  // of Flexible Data Placement alone
  };
  enum Sets : uint32_t {
    kBlocks = 1 << kNvmCommandSet | 1 << kZonedCommandSet,
    kZones = 1 << kZonedCommandSet,
    kValues = 1 << kKeyValueCommandSet,
    kAll = kBlocks | kValues,
  };
  struct Entry {
    uint8_t opcode;
    uint32_t sets;
    Handler run;
    uint32_t kind;
    uint32_t effects;
  };
  static const Entry kTable[];
  static const Entry* Find(const DriveHeader& header, uint8_t opcode, uint32_t command_set);
  static bool Supported(const DriveHeader& header, const Entry& entry);

  uint16_t CheckRange(const Sqe& sqe, const Media& media, uint32_t kind) const;
  uint16_t CheckKey(const Sqe& sqe, const Media& media) const;
  // A host that does not know the namespace's LBA format has no business with its data.
  uint16_t CheckFormatKnown(const Media& media, uint32_t kind) const;
  // Opal ranges that are locked.
  uint16_t CheckLocks(const Sqe& sqe, const Media& media, uint32_t kind) const;
  Device::Outcome FlushAll();

  // nvm_data.cc
  Device::Outcome Read(const Sqe& sqe, Media& media);
  Device::Outcome Write(const Sqe& sqe, Media& media);
  Device::Outcome Compare(const Sqe& sqe, Media& media);
  Device::Outcome Verify(const Sqe& sqe, Media& media);
  Device::Outcome ZoneAppend(const Sqe& sqe, Media& media);
  // What stands in the way of reading a sector: 02/81, 02/87, protection information. A status without phase.
  uint16_t Readable(const Media& media, uint64_t slba, uint64_t count) const;
  uint16_t CheckStored(const Sqe& sqe, const Media& media) const;
  // The part of a read that a defect gives as it was before the write that is on its way there; equal: none.
  std::pair<uint64_t, uint64_t> TornPart(const Media& media, uint64_t slba, uint64_t count) const;
  Device::Outcome WritePlain(const Sqe& sqe, Media& media, uint64_t slba);
  uint16_t WriteWithMetadata(const Sqe& sqe, Media& media, uint64_t slba);
  uint16_t CheckDirective(const Sqe& sqe) const;
  Device::Outcome WriteAt(const Sqe& sqe, Media& media, uint64_t slba);
  // nvm_ranges.cc
  Device::Outcome WriteZeroes(const Sqe& sqe, Media& media);
  Device::Outcome WriteUncorrectable(const Sqe& sqe, Media& media);
  Device::Outcome DatasetManagement(const Sqe& sqe, Media& media);
  Device::Outcome Flush(const Sqe& sqe, Media& media);
  // nvm_copy.cc
  Device::Outcome Copy(const Sqe& sqe, Media& media);
  // nvm_reservations.cc
  Device::Outcome ReservationRegister(const Sqe& sqe, Media& media);
  Device::Outcome ReservationAcquire(const Sqe& sqe, Media& media);
  Device::Outcome ReservationRelease(const Sqe& sqe, Media& media);
  Device::Outcome ReservationReport(const Sqe& sqe, Media& media);
  // 00/83 where another host's reservation stands in the way.
  uint16_t CheckReservation(const Sqe& sqe, const Media& media, uint32_t kind) const;
  // nvm_placement.cc
  Device::Outcome IoManagementReceive(const Sqe& sqe, Media& media);
  Device::Outcome IoManagementSend(const Sqe& sqe, Media& media);
  // Where Flexible Data Placement is enabled: what was written belongs to a reclaim unit.
  void Place(const Sqe& sqe, const Media& media, uint64_t slba, uint64_t lba_count);
  // nvm_zones.cc
  Device::Outcome ZoneManagementSend(const Sqe& sqe, Media& media);
  Device::Outcome ZoneManagementReceive(const Sqe& sqe, Media& media);

  // key_value_commands.cc
  Device::Outcome Store(const Sqe& sqe, Media& media);
  Device::Outcome Retrieve(const Sqe& sqe, Media& media);
  Device::Outcome DeleteKey(const Sqe& sqe, Media& media);
  Device::Outcome Exist(const Sqe& sqe, Media& media);
  Device::Outcome ListKeys(const Sqe& sqe, Media& media);

  // What was written becomes durable when it completes, if FUA is set or there is no volatile cache.
  void Durable(const Sqe& sqe, const Media& media, uint64_t slba, uint64_t lba_count, Device::Outcome* outcome) const;
  // Zoned namespaces: before a write, what forbids it; after it, the write pointer moves. Nothing on others.
  uint16_t MayWrite(Media& media, uint64_t slba, uint64_t lba_count) const;
  void Wrote(Media& media, uint64_t slba, uint64_t lba_count) const;

  Device& d_;
};

inline uint64_t LbasOf(const Sqe& sqe) { return (sqe.cdw12 & 0xffff) + 1; }

inline NamespaceProtection ProtectionFormatOf(const Media& media) {
  const NamespaceRecord& ns = media.record();
  const LbaFormat& format = media.format();
  return {{ns.pi_type, ns.pi_first != 0, format.lba_bytes, format.metadata_bytes, format.guard, format.storage_bits}, ns.compared_storage};
}

// The controller makes or strips the tuple and the host gives no metadata (NVM Command Set 1.0, figure 110).
inline bool MetadataStaysInside(const Media& media, const ProtectionRequest& request) {
  return media.record().pi_type != 0 && request.action && media.metadata_bytes() == ProtectionFormatOf(media).TupleBytes();
}

}  // namespace assay::model
