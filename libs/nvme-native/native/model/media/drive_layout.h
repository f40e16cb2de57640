// The file of a software drive. Header, flags, undo index and metadata (one entry for each 512 bytes of media), zone
// records with their extensions and an undo ring for each namespace, data placement, media; all little endian, mapped shared by
// whoever holds the drive and by
// the simulated power switch. Version changes when the layout does; another version or magic is refused, never guessed at.
//
// A namespace is a contiguous part of the media, with the slices of flags, index and metadata that belong to it.
//
// The volatile cache is kept as an undo log: media always hold the newest data, the ring holds what each sector held
// when it was last durable. Flush forgets the ring; a power cut brings some of it back. So the death of a process
// loses nothing and a power cut loses what a drive may lose.
#pragma once
#include <atomic>
#include <cstdint>

#include "core/event.h"
#include "model/faults/fault_rule.h"
#include "model/admin/log_records.h"
#include "namespace_record.h"
#include "model/tcg/opal_record.h"
#include "model/nvm/reservation_record.h"
#include "model/placement/placement_record.h"

namespace assay::model {

constexpr char kDriveMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'D', 'R', 'V'};
constexpr uint32_t kDriveVersion = 4;
constexpr uint64_t kHeaderBytes = 64 * 1024;
constexpr uint32_t kSmallestLba = 512;
constexpr uint32_t kLargestLba = 4096;
constexpr uint32_t kLargestMetadata = 64;
constexpr uint32_t kMetadataBytesPerUnit = 8;  // a unit is the smallest LBA
constexpr uint64_t kMaxCapacityBytes = uint64_t{16} << 40;

enum PowerState : uint32_t { kPowerOff = 0, kPowerOn = 1, kPowerChanging = 2 };

// What a power cut leaves of the writes in the volatile cache. Flushed, FUA and completed writes without a cache stay.
enum LossPolicy : uint32_t {
  kAnyLoss,     // one of the others, by the seed, or nothing is lost
  kLoseAll,
  kKeepPrefix,  // the oldest commands, in their order
  kReordered,   // any of them
  kTorn,        // the oldest sectors: the command at the cut is torn, unless it is atomic (AWUPF)
};

// See nand.h. `dies` 0: none.
struct NandRecord {
  uint32_t dies;
  uint32_t steady_write_us;
  uint64_t slc_bytes;
  uint64_t fold_bytes_per_s;
  uint64_t collect_every_bytes;
  uint32_t collect_us;
  uint32_t throttle_percent;  // of the time that a page takes otherwise
  double ambient_c, throttle_c, degrees_per_gib, cool_s;  // throttle_c 0: no thermal model
  // State
  uint64_t slc_used_bytes;
  uint64_t collect_bytes;
  uint64_t collections;
  double heat_c;        // above the ambient temperature
  uint64_t heat_at_ns;  // CLOCK_REALTIME
  uint64_t throttle_count;
  uint64_t throttled_ns;
  uint32_t throttled;
  uint32_t reserved;
};

// The sector that is being overwritten. A process that dies in the middle leaves it behind; the next open finishes it.
struct Scratch {
  std::atomic<uint64_t> lba_plus_one;
  uint32_t flags;
  uint32_t nsid;
};

// What a sector held before one write. The newest record of an LBA stands in the index, `previous` leads to the older ones.
struct UndoRecord {
  uint64_t sequence;
  uint64_t lba;
  uint32_t valid;
  uint32_t flags;     // of the sector before
  uint32_t previous;  // low part of the sequence number of the LBA's record before this, 0: none
  uint32_t command;   // number of the write command, so that what is atomic stays together
};
static_assert(sizeof(UndoRecord) == 32);

struct DriveHeader {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  // Geometry
  uint64_t file_bytes;
  uint64_t capacity_bytes;
  uint64_t flags_offset;
  uint64_t index_offset;
  uint64_t metadata_offset;
  uint64_t zones_offset;
  uint64_t zone_extensions_offset;  // kZoneExtensionBytes for each place of a zone record
  uint64_t undo_records_offset;
  uint64_t undo_data_offset;
  uint64_t undo_metadata_offset;
  uint64_t media_offset;
  uint64_t undo_bytes;  // of data in each namespace's ring, a power of two of sectors at any LBA size
  uint32_t max_namespaces;
  uint32_t volatile_cache;
  // What it claims to be
  char model[40];
  char serial[20];
  char firmware[8];
  uint64_t seed;
  uint32_t max_qpairs;
  uint32_t max_queue_entries;
  uint32_t mdts_bytes;
  uint32_t ready_ms;
  uint32_t format_ms;
  uint32_t has_latency;
  uint32_t read_us;
  uint32_t write_us;
  uint32_t flush_us;
  uint32_t jitter_percent;
  uint32_t fault_count;
  FaultRule faults[kMaxFaults];
  // Power
  std::atomic<uint32_t> power;      // PowerState
  std::atomic<uint32_t> executing;  // the holder is inside a batch of commands
  std::atomic<uint64_t> generation; // number of power cuts
  uint32_t clean;                   // shut down by notification since it was last enabled
  EventWords wake;                  // the holder's device thread sleeps here
  // Sectors on the move
  Scratch scratch;
  NamespaceRecord namespaces[kMaxNamespaces];
  uint64_t namespaces_made;
  // Counters and logs
  SmartCounters smart;
  uint64_t error_count;
  ErrorLogRecord errors[kErrorLogEntries];
  uint32_t saved_features[256];
  uint32_t has_saved_feature[256];
  // Zero means "never asked".
  SanitizeRecord sanitize;
  SelfTestRecord self_test;
  FirmwareSlots firmware_slots;
  NandRecord nand;
  HealthRecord health;
  uint32_t loss_policy;  // LossPolicy
  uint32_t awupf;        // 0-based LBAs that a power cut leaves all old or all new
  uint32_t awun;         // the same of what reads find, at least as many
  uint64_t busy_ns;               // SMART: commands were at work
  uint32_t weighted_round_robin;  // CAP.AMS
  LockdownRecord lockdown;
  OpalRecord opal;
  EventHistory events;
  ReservationRecord reservations[kMaxNamespaces];
  // A PlacementRecord, and 16 bits for each 512 bytes of media (reclaim_units.h). 0: no Flexible Data Placement.
  uint64_t placement_offset;
  uint64_t reclaim_map_offset;
};
constexpr uint64_t kScratchDataOffset = kHeaderBytes - kLargestLba;
constexpr uint64_t kScratchMetadataOffset = kScratchDataOffset - kLargestMetadata;
static_assert(sizeof(DriveHeader) <= kScratchMetadataOffset);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

}  // namespace assay::model
