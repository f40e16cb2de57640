// What the host reaches over the bus: BAR0 (registers, doorbells, MSI-X) and the configuration space. Any thread.
#include <algorithm>

#include "model/device/device.h"

namespace assay::model {
namespace {

constexpr uint32_t kCstsSubsystemReset = 1u << 4;
constexpr uint32_t kNssrKey = 0x4e564d65;  // "NVMe"
constexpr uint32_t kVersion = 0x00020000;
constexpr uint8_t kErrorLog = 1;
constexpr uint32_t kErrorEvent = 0, kInvalidDoorbellRegister = 0, kInvalidDoorbellValue = 1;
// A host that writes doorbells faster than the device looks at them loses the rest.
constexpr size_t kMaxDoorbells = 65'536;

constexpr uint64_t AllOnes(uint32_t bytes) { return bytes == 8 ? UINT64_MAX : UINT32_MAX; }

}  // namespace

uint64_t Device::ReadRegister(uint32_t offset, uint32_t bytes) const {
  if (Dark() || !decodes_) return AllOnes(bytes);
  if (offset >= kMsixTableOffset) {
    uint64_t value = interrupts_.Read(offset);
    if (bytes == 8) value |= uint64_t{interrupts_.Read(offset + 4)} << 32;
    return value;
  }
  // MQES, TO 10 s, one doorbell stride, subsystem reset, NVM command set, 4 KiB pages only, queues of any pages.
  const uint64_t cap = uint64_t{header_->max_queue_entries - 1} | uint64_t{20} << 24 | uint64_t{1} << 36 | uint64_t{1} << 37 | (header_->weighted_round_robin ? uint64_t{1} << 17 : 0);
  const uint32_t at = offset & ~7u;
  uint64_t quad = 0;
  switch (at) {
    case reg::kCap: quad = cap; break;
    case reg::kVs: quad = kVersion; break;
    case reg::kCc & ~7u: quad = uint64_t{cc_.load()} << 32; break;
    case reg::kCsts & ~7u: quad = uint64_t{csts_.load()} << 32; break;
    case reg::kNssr & ~7u: quad = uint64_t{aqa_.load()} << 32; break;
    case reg::kAsq: quad = asq_.load(); break;
    case reg::kAcq: quad = acq_.load(); break;
    default: break;
  }
  if (bytes == 8) return quad;
  return (offset & 4) ? quad >> 32 : quad & UINT32_MAX;
}

void Device::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (Dark() || !decodes_) return;
  auto half = [&](std::atomic<uint64_t>& target) {
    if (bytes == 8) {
      target = value;
    } else if (offset & 4) {
      target = (target.load() & UINT32_MAX) | value << 32;
    } else {
      target = (target.load() & ~uint64_t{UINT32_MAX}) | (value & UINT32_MAX);
    }
  };
  if (offset >= kMsixTableOffset) {
    interrupts_.Write(offset, static_cast<uint32_t>(value));
    if (bytes == 8) interrupts_.Write(offset + 4, static_cast<uint32_t>(value >> 32));
    wake_.Notify();
    return;
  }
  if (offset >= reg::kDoorbells) {
    const uint32_t index = (offset - reg::kDoorbells) / 4;
    std::lock_guard lock(doorbell_mutex_);
    if (doorbells_.size() + 2 > kMaxDoorbells) return;
    doorbells_.emplace_back(index, static_cast<uint32_t>(value));
    if (bytes == 8) doorbells_.emplace_back(index + 1, static_cast<uint32_t>(value >> 32));
    wake_.Notify();
    return;
  }
  switch (offset & ~7u) {
    case reg::kCc & ~7u: if (offset == reg::kCc) cc_ = static_cast<uint32_t>(value); break;
    case reg::kCsts & ~7u:
      if (offset == reg::kCsts) csts_.fetch_and(~(static_cast<uint32_t>(value) & kCstsSubsystemReset));
      break;
    case reg::kNssr & ~7u:
      if (offset == reg::kAqa) aqa_ = static_cast<uint32_t>(value);
      if (offset == reg::kNssr && static_cast<uint32_t>(value) == kNssrKey) ResetSubsystem();
      break;
    case reg::kAsq: half(asq_); break;
    case reg::kAcq: half(acq_); break;
    default: break;
  }
  wake_.Notify();
}

// ---- device thread ----

void Device::TakeDoorbells() {
  std::vector<std::pair<uint32_t, uint32_t>> doorbells;
  {
    std::lock_guard lock(doorbell_mutex_);
    doorbells.swap(doorbells_);
  }
  for (const auto& [index, value] : doorbells) TakeDoorbell(index, value);
}

// NVMe Base 2.0, 5.2.1.1: what a doorbell may not be told is an event and an entry of the error log, and has no effect.
void Device::TakeDoorbell(uint32_t index, uint32_t value) {
  const uint32_t qid = index / 2;
  const bool completion = index & 1;
  auto refuse = [&](uint32_t info) {
    Sqe sqe{};
    sqe.cid = 0xffff;
    RecordError(static_cast<uint16_t>(qid), sqe, 0);
    RaiseEvent(kErrorEvent, info, kErrorLog);
  };
  if (qid >= sq_.size()) return refuse(kInvalidDoorbellRegister);
  const Ring& ring = completion ? cq_[qid].ring : sq_[qid].ring;
  if (!ring.present()) return refuse(kInvalidDoorbellRegister);
  if (value >= ring.entries()) return refuse(kInvalidDoorbellValue);
  if (!completion) {
    sq_tail_[qid].store(value, std::memory_order_release);
    return;
  }
  // The head may not pass the tail: that would free entries that were never posted.
  const uint32_t head = cq_head_[qid].load();
  const uint32_t freed = (value + ring.entries() - head) % ring.entries();
  const uint32_t posted = (cq_[qid].tail + ring.entries() - head) % ring.entries();
  if (freed > posted) return refuse(kInvalidDoorbellValue);
  cq_head_[qid].store(value, std::memory_order_release);
}

// ---- configuration space ----

void Device::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) const {
  if (Dark()) {
    std::fill_n(to, bytes, uint8_t{0xff});
  } else {
    config_.Read(offset, to, bytes);
  }
}

void Device::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  if (Dark()) return;
  const ConfigSpace::Effect effect = config_.Write(offset, from, bytes);
  if (effect.function_reset) return ResetFunction();
  FollowConfigSpace(effect);
}

void Device::ResetFunction() {
  config_.Reset();
  interrupts_.Reset();
  FollowConfigSpace(config_.Now());
  ResetController(0);
}

void Device::Enumerate() {
  config_.Enumerate();
  FollowConfigSpace(config_.Now());
}

void Device::FollowConfigSpace(const ConfigSpace::Effect& effect) {
  decodes_ = effect.memory;
  bus_master_ = effect.bus_master;
  interrupts_.Configure(effect.msix_enabled, effect.msix_masked);
  wake_.Notify();
}

}  // namespace assay::model
