// The writing half of VerifyTable: locks, tokens, what each write has left behind.
#include "verify_table.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "clock.h"
#include "crc32c.h"
#include "nvme_spec.h"
#include "verify_header.h"

namespace assay {

Version CrcVersion(const uint8_t* sector, uint32_t bytes) { return Crc32c(sector, bytes) | kVersionCrcBit; }

uint64_t VerifyTable::NewestToken() const { return header_->next_token.load(std::memory_order_relaxed) - 1; }
uint64_t VerifyTable::TokenAtLoss() const { return header_->token_at_loss.load(std::memory_order_relaxed); }
uint32_t VerifyTable::Session() const { return header_->session; }
bool VerifyTable::Trusted(uint32_t state) const { return state >> kSessionShift >= header_->trusted_from; }
uint32_t VerifyTable::SubmitEpoch() const { return header_->submit_epoch.load(std::memory_order_relaxed); }

bool VerifyTable::TryLock(uint64_t slba, uint64_t lbas) {
  const uint64_t count = Clip(slba, lbas);
  if (!written_.load(std::memory_order_relaxed)) BeginWriting();
  const uint32_t session = header_->session << kSessionShift;
  for (uint64_t i = 0; i < count; i++) {
    std::atomic_ref<uint32_t> state(records_[slba + i].state);
    uint32_t seen = state.load(std::memory_order_relaxed);
    bool taken = false;
    while (!taken) {
      const bool current = (seen >> kSessionShift) == header_->session;
      if (current && (seen & kLocked)) break;
      // Only the lock is void after a restart; what else is noted stays true.
      const uint32_t flags = Trusted(seen) ? seen & (kMixed | kUntracked | kPassedOver) : 0;
      taken = state.compare_exchange_weak(seen, session | flags | kLocked, std::memory_order_acquire);
    }
    if (taken) {
      if (!Trusted(seen)) Distrust(slba + i);
      continue;
    }
    while (i > 0) {
      i--;
      std::atomic_ref<uint32_t>(records_[slba + i].state).fetch_and(~kLocked, std::memory_order_release);
    }
    return false;
  }
  return true;
}

uint64_t VerifyTable::TakeTokens(uint64_t count) {
  for (;;) {
    const uint64_t first = header_->next_token.fetch_add(count, std::memory_order_relaxed);
    const uint64_t low = first & 0x7fffffff;
    // None of them may look like one of the special words.
    if (low != 0 && low + count <= kVersionZeroes) return first;
  }
}

// Locked. What was noted here is no longer believed.
void VerifyTable::Distrust(uint64_t lba) {
  entries_[lba] = kVersionUnknown;
  records_[lba].durable = kVersionUnknown;
  records_[lba].submitted = kVersionUnknown;
  records_[lba].epoch = 0;
}

void VerifyTable::Submitted(uint64_t lba, Version version) {
  if (!Covers(lba)) return;
  const Version before = records_[lba].submitted;
  const bool uncertain = before != kVersionUnknown && before != Load(lba);
  if (uncertain && !IsToken(before)) std::atomic_ref<uint32_t>(records_[lba].state).fetch_or(kPassedOver, std::memory_order_relaxed);
  records_[lba].submitted = version;
}

void VerifyTable::Log(uint64_t slba, uint64_t count, WriteEnd end, const WriteOrigin& origin) {
  LoggedWrite write{slba, static_cast<uint32_t>(count), origin, end, {}, RealtimeNs() / kNsPerMs};
  if (Covers(slba) && IsToken(records_[slba].submitted)) write.token = Full(records_[slba].submitted);
  log_->Add(write);
}

void VerifyTable::Ended(uint64_t slba, uint64_t lbas, WriteEnd end, bool fua, const WriteOrigin& origin) {
  const uint64_t count = Clip(slba, lbas);
  if (file_->Broken()) Disown();
  if (end != WriteEnd::kNotSent) Log(slba, lbas, end, origin);
  const bool durable_now = fua || !geometry_.volatile_cache;
  const bool hint = end == WriteEnd::kAcknowledged && origin.opcode == nvm_opcode::kDatasetManagement;
  const uint32_t epoch = header_->submit_epoch.load(std::memory_order_acquire);
  for (uint64_t i = 0; i < count; i++) {
    Record& record = records_[slba + i];
    std::atomic_ref<uint32_t> state(record.state);
    const Version acknowledged = Load(slba + i);
    uint32_t set = 0, clear = kLocked;
    if (end == WriteEnd::kNotSent) {
      // Only the lock goes.
    } else if (record.submitted == kVersionUnknown && end != WriteEnd::kUnknown) {
      // An unverified write: whatever is there now or after a power loss is legal.
      entries_[slba + i] = kVersionUnknown;
      record.durable = kVersionUnknown;
      record.epoch = 0;
      clear |= kMixed | kPassedOver;
    } else if (end == WriteEnd::kAcknowledged && !hint) {
      const bool passed_over = (state.load(std::memory_order_relaxed) & kPassedOver) != 0;
      if (passed_over) {
        set |= kMixed;
        clear |= kPassedOver;
      }
      if (IsDurable(record.epoch)) {
        record.durable = acknowledged;
        if (!passed_over) clear |= kMixed;
      } else if (!IsToken(acknowledged)) {
        set |= kMixed;
      }
      entries_[slba + i] = record.submitted;
      if (durable_now) {
        record.durable = record.submitted;
        record.epoch = 0;
        set = 0;
        clear |= kMixed | kPassedOver;
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
}

void VerifyTable::Clear() {
  const uint64_t bytes = bytes_ - kTableHeaderBytes - WriteLog::kBytes;
  if (bytes == 0) return;
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(kTableHeaderBytes), static_cast<off_t>(bytes)) != 0 || file_->Broken()) {
    std::memset(map_ + kTableHeaderBytes, 0, bytes);
  }
}

}  // namespace assay
