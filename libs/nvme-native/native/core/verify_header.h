// The first page of a verify table's file. Behind it: a version (4 bytes) for each LBA, a record for each LBA, the log of
// the newest writes.
#pragma once
#include "verify_table.h"

namespace assay {

constexpr char kTableMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'V', 'F', 'Y'};
constexpr uint32_t kTableVersion = 2;
constexpr uint64_t kTableHeaderBytes = 4096;
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
  // The boot of the machine in which the table was opened last, and whether it was closed and written out since.
  char boot_id[40];
  uint32_t clean;
  uint32_t trusted_from;  // versions that were noted in an earlier session did not reach the disk for certain
  uint32_t zero_percent;
};

inline bool IsToken(Version version) { return version != kVersionUnknown && version < kVersionZeroes; }

}  // namespace assay
