// The writing half of VerifyTable: locks, tokens, what each write has left behind.
#include "verify_table.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/clock.h"
#include "core/crc32c.h"
#include "core/nvme_spec.h"
#include "verify_header.h"

namespace assay {
namespace {
constexpr uint64_t kAnnouncedRegions = 16;
}

Version CrcVersion(const uint8_t* sector, uint32_t bytes) { return Crc32c(sector, bytes) | kVersionCrcBit; }

uint64_t VerifyTable::NewestToken() const { return header_->next_token.load(std::memory_order_relaxed) - 1; }
uint64_t VerifyTable::TokenAtLoss() const { return header_->token_at_loss.load(std::memory_order_relaxed); }
uint32_t VerifyTable::Session() const { return header_->session; }
uint32_t VerifyTable::SubmitEpoch() const { return header_->submit_epoch.load(std::memory_order_relaxed); }

bool VerifyTable::TryLock(uint64_t slba, uint64_t lbas) {
  const uint64_t count = Clip(slba, lbas);
  if (count == 0) return true;
  intent_->Enter(slba, count);
  if (Take(slba, count, kLocked | kWriting)) return true;
  intent_->Leave(slba, count);
  return false;
}

void VerifyTable::Release(uint64_t slba, uint64_t lbas) {
  for (uint64_t lba = slba, end = slba + Clip(slba, lbas); lba < end; lba++) {
    std::atomic_ref<uint32_t>(records_[lba].state).fetch_and(~(kLocked | kWriting), std::memory_order_release);
  }
}

bool VerifyTable::Take(uint64_t slba, uint64_t lbas, uint32_t lock) {
  const uint64_t count = Clip(slba, lbas);
  const uint32_t session = header_->session << kSessionShift;
  for (uint64_t i = 0; i < count; i++) {
    std::atomic_ref<uint32_t> state(records_[slba + i].state);
    uint32_t seen = state.load(std::memory_order_relaxed);
    bool taken = false;
    while (!taken) {
      const bool current = (seen >> kSessionShift) == header_->session;
      if (current && (seen & kLocked)) break;
      // Only the lock is void after a restart; what else is noted stays true.
      const uint32_t flags = seen & (kPassed | kUntracked);
      taken = state.compare_exchange_weak(seen, session | flags | lock, std::memory_order_acquire);
    }
    if (taken) continue;
    Release(slba, i);
    return false;
  }
  return true;
}

uint64_t VerifyTable::TakeTokens(uint64_t count) {
  for (;;) {
    const uint64_t first = header_->next_token.fetch_add(count, std::memory_order_relaxed);
    const uint64_t low = first & 0x7fffffff;
    // None of them may look like one of the special words.
    if (low == 0 || low + count > kVersionZeroes) continue;
    if (first + count > header_->token_lease.load(std::memory_order_relaxed)) RenewLease(first + count);
    return first;
  }
}

// A token that a stop of the machine has forgotten must not be given out again.
void VerifyTable::RenewLease(uint64_t token) {
  std::lock_guard lock(lease_mutex_);
  if (token <= header_->token_lease.load(std::memory_order_relaxed)) return;
  header_->token_lease.store(token + kTokenLease, std::memory_order_relaxed);
  if (FlushHead()) return;
  intent_->MarkAll();
  (void)FlushHead();
}

void VerifyTable::Announce(uint64_t slba, uint64_t lbas) {
  const uint64_t count = Clip(slba, lbas);
  if (count != 0 && count <= kAnnouncedRegions * intent_->region_lbas()) intent_->Announce(slba, count);
}

void VerifyTable::AnnounceClear() {
  if (tracks()) intent_->Announce(0, geometry_.lba_count);
}

void VerifyTable::Submitted(uint64_t lba, Version version) {
  if (!Covers(lba)) return;
  const Version before = records_[lba].submitted;
  const bool uncertain = before != kVersionUnknown && before != Load(lba);
  if (uncertain && !IsToken(before)) {
    const uint32_t passed = kPassedOver | (before == kVersionUncorrectable ? kPassedUnreadable : 0);
    std::atomic_ref<uint32_t>(records_[lba].state).fetch_or(passed, std::memory_order_relaxed);
  }
  records_[lba].submitted = version;
}

void VerifyTable::Log(uint64_t slba, uint64_t count, WriteEnd end, const WriteOrigin& origin) {
  LoggedWrite write{slba, static_cast<uint32_t>(count), origin, end, {}, RealtimeNs() / kNsPerMs};
  if (Covers(slba) && IsToken(records_[slba].submitted)) write.token = Full(records_[slba].submitted);
  log_->Add(write);
}

void VerifyTable::Ended(uint64_t slba, uint64_t lbas, WriteEnd end, bool fua, const WriteOrigin& origin) {
  const uint64_t count = Clip(slba, lbas);
  if (file_->Broken()) Disown(ENOSPC);
  if (end != WriteEnd::kNotSent) Log(slba, lbas, end, origin);
  const bool durable_now = fua || !geometry_.volatile_cache;
  const bool hint = end == WriteEnd::kAcknowledged && origin.opcode == nvm_opcode::kDatasetManagement;
  const uint32_t epoch = header_->submit_epoch.load(std::memory_order_acquire);
  for (uint64_t i = 0; i < count; i++) {
    Record& record = records_[slba + i];
    std::atomic_ref<uint32_t> state(record.state);
    const Version acknowledged = Load(slba + i);
    uint32_t set = 0, clear = kLocked | kWriting;
    if (end == WriteEnd::kNotSent) {
      // Only the lock goes.
    } else if (record.submitted == kVersionUnknown && end != WriteEnd::kUnknown) {
      // An unverified write: whatever is there now or after a power loss is legal.
      entries_[slba + i] = kVersionUnknown;
      record.durable = kVersionUnknown;
      record.epoch = 0;
      clear |= kPassed;
    } else if (end == WriteEnd::kAcknowledged && !hint) {
      const bool passed_over = (state.load(std::memory_order_relaxed) & kPassedOver) != 0;
      if (passed_over) {
        set |= kMixed;
        clear |= kPassedOver;
      }
      if (IsDurable(record.epoch)) {
        record.durable = acknowledged;
        if (!passed_over) clear |= kMixed | kPassedUnreadable;
      } else if (!IsToken(acknowledged)) {
        set |= kMixed | (acknowledged == kVersionUncorrectable ? kPassedUnreadable : 0);
      }
      entries_[slba + i] = record.submitted;
      if (durable_now) {
        record.durable = record.submitted;
        record.epoch = 0;
        set = 0;
        clear |= kPassed;
      } else {
        record.epoch = epoch;
      }
    } else if (end == WriteEnd::kUnknown) {
      set |= kUntracked;
    }
    uint32_t seen = state.load(std::memory_order_relaxed);
    while (!state.compare_exchange_weak(seen, (seen & ~clear) | set, std::memory_order_release)) {
    }
  }
  if (count != 0) intent_->Leave(slba, count);
}

void VerifyTable::Erase(uint64_t offset, uint64_t bytes) {
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0 || file_->Broken()) {
    std::memset(map_ + offset, 0, bytes);
  }
}

void VerifyTable::Clear() {
  if (!tracks()) return;
  AnnounceClear();
  Erase(kTableHeadBytes, bytes_ - kTableHeadBytes - WriteLog::kBytes);
  intent_->ForgetLosses();
}

}  // namespace assay
