// The file of a software drive. Header, flags, undo index and metadata (one entry for each 512 bytes of media), zone
// records and an undo ring for each namespace, media; all little endian, mapped shared by whoever holds the drive and by
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

#include "../core/event.h"

namespace assay::model {

constexpr char kDriveMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'D', 'R', 'V'};
constexpr uint32_t kDriveVersion = 2;
constexpr uint64_t kHeaderBytes = 64 * 1024;
constexpr uint32_t kMaxFaults = 16;
constexpr uint32_t kErrorLogEntries = 64;
constexpr uint32_t kSelfTestResults = 20;
constexpr uint32_t kFirmwareSlots = 3;
constexpr uint32_t kSmallestLba = 512;
constexpr uint32_t kLargestLba = 4096;
constexpr uint32_t kLargestMetadata = 64;
constexpr uint32_t kMetadataBytesPerUnit = 8;  // a unit is the smallest LBA
constexpr uint64_t kMaxCapacityBytes = uint64_t{16} << 40;
constexpr uint32_t kMaxNamespaces = 32;
constexpr uint32_t kMaxZones = 1024;  // of one namespace
constexpr uint64_t kNamespaceGranularity = 4096;

enum PowerState : uint32_t { kPowerOff = 0, kPowerOn = 1, kPowerChanging = 2 };

// The defects that a software drive can have; faults.h says what each does. src/model-faults.ts has the same table.
enum class FaultKind : uint32_t {
  kSilentCorruption = 1,
  kFlushLies,
  kBadStatus,
  kStall,
  kLostCompletion,
  kSlowReady,
  kFailedActivation,
  kBitFlip,
  kSwappedLbas,
  kStaleData,
  kTornWrite,
  kZeroedData,
  kLateCompletion,
  kDuplicateCompletion,
  kWrongCid,
  kControllerFatal,
  kSurpriseRemoval,
  kWearOut,
};
constexpr uint32_t kPerBillion = 1'000'000'000;
constexpr uint64_t kUnlimited = UINT64_MAX;

// When, where and how often a defect shows. A candidate is a command, for data defects a sector that was written, for
// slow-ready and failed-activation the bring-up. All conditions must hold.
struct FaultRule {
  FaultKind kind;
  uint32_t has_opcode;
  uint32_t opcode;
  uint32_t per_billion;     // chance of each candidate that the other conditions let through
  uint64_t after_commands;  // I/O commands since the drive was made
  uint64_t after_writes;    // write commands since the drive was made
  uint64_t slba;
  uint64_t lba_count;       // 0: everywhere
  uint64_t every_nth;       // of the candidates
  uint64_t seed;
  uint32_t sct;
  uint32_t sc;
  uint32_t ms;
  uint32_t amount;          // bits of a bit flip; rated drive writes of wear
  // State: how often it may still act, how many candidates it has seen, how often it acted.
  uint64_t left;
  uint64_t seen;
  uint64_t acted;
};

struct ErrorLogRecord {
  uint64_t number;
  uint64_t lba;
  uint32_t nsid;
  uint16_t sqid;
  uint16_t cid;
  uint16_t status;
  uint16_t reserved[3];
};

struct SmartCounters {
  uint64_t power_cycles;
  uint64_t unsafe_shutdowns;
  uint64_t media_errors;
  uint64_t error_log_entries;
  uint64_t sectors_read;     // 512-byte units
  uint64_t sectors_written;
  uint64_t read_commands;
  uint64_t write_commands;
  uint64_t powered_ms;       // up to the last power-off
  uint64_t powered_since_ns; // CLOCK_REALTIME
  uint64_t io_commands;
};

// Log 81h: SSTAT, command dword 10, how long it has been at work.
struct SanitizeRecord {
  uint32_t status;
  uint32_t cdw10;
  uint64_t done_ns;
};

struct SelfTestResult {
  uint8_t code_and_end;
  uint8_t reserved[3];
  uint32_t nsid;
  uint64_t power_on_hours;
};

// Log 06h. `code` 0: none runs.
struct SelfTestRecord {
  uint32_t code;
  uint32_t nsid;
  uint64_t done_ns;
  uint64_t ended;
  SelfTestResult results[kSelfTestResults];
};

// `active` 0: nothing was ever committed, slot 1 holds the firmware that the drive was made with.
struct FirmwareSlots {
  uint32_t active;
  uint32_t pending;
  char revisions[kFirmwareSlots][8];
};

enum WriteProtection : uint32_t { kWritable = 0, kProtected = 1, kProtectedUntilPowerCycle = 2, kProtectedForEver = 3 };

enum CommandSet : uint32_t { kNvmCommandSet = 0, kZonedCommandSet = 2 };

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
};

// ZNS Command Set 1.1, figure 37.
enum ZoneState : uint8_t { kEmpty = 1, kImplicitlyOpen = 2, kExplicitlyOpen = 3, kClosed = 4, kReadOnly = 0xd, kFull = 0xe, kOffline = 0xf };

// State 0 is kEmpty: a fresh file has zeroes.
struct ZoneRecord {
  uint64_t written;  // write pointer, LBAs from the zone's start
  uint32_t state;
  uint32_t attributes;
};

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

// See health.h.
struct HealthRecord {
  uint64_t retired_blocks;
  uint32_t told;  // critical warnings that an event has told
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
  uint64_t busy_ns;               // SMART: commands were at work
  uint32_t weighted_round_robin;  // CAP.AMS
};
constexpr uint64_t kScratchDataOffset = kHeaderBytes - kLargestLba;
constexpr uint64_t kScratchMetadataOffset = kScratchDataOffset - kLargestMetadata;
static_assert(sizeof(DriveHeader) <= kScratchMetadataOffset);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

}  // namespace assay::model
