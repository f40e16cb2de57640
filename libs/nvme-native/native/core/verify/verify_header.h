// The first page of a verify table's file. Behind it: a page of WriteIntent, a version (4 bytes) for each LBA, a record for
// each LBA, the log of the newest writes.
#pragma once
#include "verify_table.h"

namespace assay {

constexpr char kTableMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'V', 'F', 'Y'};
constexpr uint32_t kTableVersion = 3;
constexpr uint64_t kTableHeaderBytes = 4096;
// With the notes of WriteIntent.
constexpr uint64_t kTableHeadBytes = kTableHeaderBytes + kMostRegions;
// Tokens that are promised on the disk before they are given out; a few seconds of the fastest drive.
constexpr uint64_t kTokenLease = uint64_t{1} << 26;
constexpr uint32_t kMaxLosses = 32;

struct Loss {
  uint32_t from, to;
};

struct VerifyTable::Header {
  char magic[8];
  uint32_t version;
  uint32_t lba_bytes;
  uint64_t lba_count;
  uint64_t seed;
  uint32_t volatile_cache;
  uint32_t session;  // number of the opening; lock bits of earlier ones are void
  uint64_t power_cycles;
  std::atomic<uint64_t> next_token;
  std::atomic<uint64_t> token_at_loss;  // tokens below were submitted before the last power loss
  std::atomic<uint32_t> submit_epoch;
  std::atomic<uint32_t> durable_epoch;  // acknowledged in an earlier epoch: durable
  std::atomic<uint32_t> loss_count;
  Loss losses[kMaxLosses];
  // No token from here on was given out, whatever did not reach the disk.
  std::atomic<uint64_t> token_lease;
  char boot_id[40];  // of the machine, when the table was opened last
  uint32_t zero_percent;
  uint64_t namespace_id;  // 0: of a table that was made before this was noted
};

inline bool IsToken(Version version) { return version != kVersionUnknown && version < kVersionZeroes; }

}  // namespace assay
