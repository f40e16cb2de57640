// A namespace and its zones, as the file of a software drive keeps them.
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint32_t kMaxNamespaces = 32;
constexpr uint32_t kMaxZones = 1024;  // of one namespace
constexpr uint32_t kZoneExtensionUnit = 64;  // bytes
constexpr uint32_t kMaxZoneExtensionUnits = 4;
constexpr uint32_t kZoneExtensionBytes = kZoneExtensionUnit * kMaxZoneExtensionUnits;  // kept for each zone
constexpr uint64_t kNamespaceGranularity = 4096;
constexpr uint32_t kMaxKeyBytes = 16;
constexpr uint32_t kMaxValueBytes = 1 << 20;
constexpr uint64_t kMaxKeyValueBytes = uint64_t{64} << 30;  // of one namespace

enum WriteProtection : uint32_t { kWritable = 0, kProtected = 1, kProtectedUntilPowerCycle = 2, kProtectedForEver = 3 };

enum CommandSet : uint32_t { kNvmCommandSet = 0, kKeyValueCommandSet = 1, kZonedCommandSet = 2 };

// `bytes` 0: this nsid is not allocated. Place i of the table is nsid i + 1.
struct NamespaceRecord {
  uint64_t start_bytes;  // in the media
  uint64_t bytes;
  uint64_t lba_count;
  uint32_t lba_format;  // of kLbaFormats
  uint32_t extended;    // metadata follows the data of each LBA in one buffer
  uint32_t pi_type;     // 0 to 3
  uint32_t pi_first;    // protection information in the first bytes of the metadata instead of the last
  uint32_t attached;
  uint32_t command_set;
  uint32_t write_protected;  // WriteProtection
  uint32_t has_nguid;
  uint8_t nguid[16];
  uint8_t eui64[8];  // zero: none
  uint8_t uuid[16];  // zero: none
  // Undo ring
  uint64_t undo_head;  // newest sequence number
  uint64_t undo_tail;  // everything up to here is durable
  // Zoned (ZNS Command Set 1.1), LBAs
  uint64_t zone_lbas;
  uint64_t zone_capacity;
  uint32_t max_open;    // 0: no limit
  uint32_t max_active;  // 0: no limit
  uint32_t zone_extension_units;  // ZDES: 64 bytes each, 0: none
  // Key value (Key Value Command Set 1.0, figure 40: KV format 0)
  uint32_t max_key_bytes;
  uint32_t max_value_bytes;
  uint32_t max_keys;  // 0: as many as there is room for
  uint64_t compared_storage;  // LBSTM: bits of the storage tag that checks compare
};

// ZNS Command Set 1.1, figure 37.
enum ZoneState : uint8_t { kEmpty = 1, kImplicitlyOpen = 2, kExplicitlyOpen = 3, kClosed = 4, kReadOnly = 0xd, kFull = 0xe, kOffline = 0xf };

// Zone attribute "zone descriptor extension valid" (ZNS Command Set 1.1, figure 37).
constexpr uint32_t kZoneExtensionValid = 0x80;

// State 0 is kEmpty: a fresh file has zeroes.
struct ZoneRecord {
  uint64_t written;  // write pointer, LBAs from the zone's start
  uint32_t state;
  uint32_t attributes;  // kZoneExtensionValid
};

}  // namespace assay::model
