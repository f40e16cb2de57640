// What is durable, and what a power loss may have taken: epochs of submission between flushes.
#include <algorithm>
#include <cstring>

#include "verify_header.h"

namespace assay {

// ---- flush ----

uint32_t VerifyTable::FlushSubmitted() { return header_->submit_epoch.fetch_add(1, std::memory_order_acq_rel) + 1; }

void VerifyTable::FlushAcknowledged(uint32_t epoch) {
  uint32_t current = header_->durable_epoch.load();
  while (current < epoch && !header_->durable_epoch.compare_exchange_weak(current, epoch)) {
  }
}

// ---- power ----

void VerifyTable::PowerCycles(uint64_t now) {
  if (now > header_->power_cycles) PowerLost(now);
}

void VerifyTable::PowerLost(uint64_t power_cycles_now) {
  recent_.ForgetAll();
  const uint32_t from = header_->durable_epoch.load();
  const uint32_t to = header_->submit_epoch.load();
  uint32_t count = header_->loss_count.load();
  if (count == kMaxLosses) {
    // The two oldest become one: less sharp, never wrong.
    header_->losses[0].to = header_->losses[1].to;
    std::memmove(&header_->losses[1], &header_->losses[2], (kMaxLosses - 2) * sizeof(Loss));
    count--;
  }
  header_->losses[count] = {from, to};
  header_->loss_count = count + 1;
  header_->token_at_loss = header_->next_token.load();
  header_->submit_epoch = to + 1;
  header_->durable_epoch = to + 1;
  header_->power_cycles = std::max<uint64_t>(header_->power_cycles, power_cycles_now);
}

std::vector<LoggedWrite> VerifyTable::WritesBeforeLoss() const {
  std::vector<LoggedWrite> writes = log_->All();
  std::erase_if(writes, [this](const LoggedWrite& write) { return !write.token || *write.token >= TokenAtLoss(); });
  return writes;
}

bool VerifyTable::InLoss(uint32_t epoch) const {
  if (epoch == 0) return false;
  const uint32_t count = header_->loss_count.load(std::memory_order_relaxed);
  for (uint32_t i = count; i > 0; i--) {
    if (epoch >= header_->losses[i - 1].from && epoch <= header_->losses[i - 1].to) return true;
  }
  return false;
}

bool VerifyTable::IsDurable(uint32_t epoch) const {
  return epoch == 0 || (epoch < header_->durable_epoch.load(std::memory_order_relaxed) && !InLoss(epoch));
}

}  // namespace assay
