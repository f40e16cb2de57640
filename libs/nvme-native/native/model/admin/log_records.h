// What log pages tell, as the file of a software drive keeps it.
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint32_t kErrorLogEntries = 64;
constexpr uint32_t kSelfTestResults = 20;
constexpr uint32_t kFirmwareSlots = 3;
constexpr uint32_t kKeptEvents = 128;
constexpr uint32_t kEventDataBytes = 48;

// What the Lockdown command prohibits until the power goes: a bit for each opcode and each feature.
constexpr uint32_t kLockdownWords = 256 / 32;
struct LockdownRecord {
  uint32_t commands[kLockdownWords];
  uint32_t features[kLockdownWords];
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
  uint32_t cdw11;
  uint32_t reserved;
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

// See health.h.
struct HealthRecord {
  uint64_t retired_blocks;
  uint32_t told;  // critical warnings that an event has told
  uint32_t reserved;
};

// Log 0Dh: the newest kKeptEvents of `noted`.
struct EventRecord {
  uint64_t timestamp;  // as feature 0Eh has it
  uint8_t type;
  uint8_t bytes;
  uint8_t reserved[6];
  uint8_t data[kEventDataBytes];
};

struct EventHistory {
  uint64_t noted;
  EventRecord records[kKeptEvents];
};

}  // namespace assay::model
