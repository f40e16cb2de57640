// What a self-encrypting drive keeps (TCG Storage Opal SSC 2.01), as the file of a software drive keeps it.
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint32_t kOpalRanges = 8;  // beside the global one
constexpr uint32_t kOpalAdmins = 4;
constexpr uint32_t kOpalUsers = 8;
constexpr uint32_t kPinBytes = 32;
constexpr uint32_t kPinTries = 5;

struct OpalPin {
  uint32_t bytes;
  uint32_t failures;  // since the last power-on or success
  uint8_t value[kPinBytes];
};

enum OpalReset : uint32_t { kOpalPowerCycle = 1, kOpalHardwareReset = 2 };

// `lba_count` 0: not in use. The global range, place 0, has neither start nor length: it is what the others leave.
struct OpalRange {
  uint64_t start;
  uint64_t lba_count;
  uint32_t read_lock_enabled;
  uint32_t write_lock_enabled;
  uint32_t read_locked;
  uint32_t write_locked;
  uint32_t lock_on_reset;  // OpalReset
  uint32_t readers;        // users that may change read_locked, bit n - 1 for User n
  uint32_t writers;
  uint32_t keys_made;
};

struct OpalRecord {
  uint32_t supported;
  uint32_t activated;  // the Locking SP
  OpalPin msid, psid, sid;
  OpalPin admins[kOpalAdmins];
  OpalPin users[kOpalUsers];
  uint32_t enabled_admins;  // bit n - 1 for Admin n
  uint32_t enabled_users;
  OpalRange ranges[1 + kOpalRanges];
};

}  // namespace assay::model
