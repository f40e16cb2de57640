#include "health.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/clock.h"
#include "core/random.h"
#include "model/media/nand.h"

namespace assay::model {
namespace {

constexpr double kZeroCelsiusK = 273.15;
constexpr uint16_t kWarningTemperatureK = 343;
constexpr uint64_t kMsPerMinute = 60'000;

const FaultRule* WearRule(const DriveHeader& h) {
  for (uint32_t i = 0; i < h.fault_count; i++) {
    if (h.faults[i].kind == FaultKind::kWearOut) return &h.faults[i];
  }
  return nullptr;
}

// Of the rated number of writes: 1 is all of it.
double Used(const DriveHeader& h) {
  const FaultRule* rule = WearRule(h);
  const double rated = rule == nullptr ? kRatedDriveWrites : rule->amount;
  return static_cast<double>(h.smart.sectors_written) * 512 / static_cast<double>(std::max<uint64_t>(1, h.capacity_bytes)) / rated;
}

uint64_t SpareBlocks(const DriveHeader& h) { return std::max(kMinSpareBlocks, h.capacity_bytes / kLargestLba / kLbasPerSpareBlock); }

uint32_t SparePercent(const DriveHeader& h) {
  const uint64_t all = SpareBlocks(h);
  return static_cast<uint32_t>((all - std::min(all, h.health.retired_blocks)) * 100 / all);
}

template <typename T>
void Put(uint8_t* page, size_t at, T value) {
  std::memcpy(page + at, &value, sizeof value);
}

}  // namespace

uint16_t TemperatureK(const DriveHeader& h) {
  return static_cast<uint16_t>(std::lround(TemperatureC(h, RealtimeNs()) + kZeroCelsiusK));
}

bool Health::Changes() const { return WearRule(*header_) != nullptr || header_->nand.throttle_c != 0; }

void Health::Wear(Media* media, uint64_t slba, uint64_t lba_count) {
  const FaultRule* rule = WearRule(*header_);
  if (rule == nullptr) return;
  const double used = Used(*header_);
  if (used < kWeakFrom) return;
  const double beyond = (used - kWeakFrom) / (1 - kWeakFrom);
  const auto chance = static_cast<uint64_t>(std::min(1.0, kWeakChance * beyond * beyond) * 0x1p53);
  FaultRule& counted = const_cast<FaultRule&>(*rule);
  for (uint64_t i = 0; i < lba_count; i++) {
    counted.seen++;
    if (SplitMix(header_->seed ^ SplitMix(rule->seed ^ counted.seen)) >> 11 >= chance) continue;
    media->Spoil(slba + i);
    counted.acted++;
    header_->health.retired_blocks++;
  }
}

bool Health::ReadOnly() const { return WearRule(*header_) != nullptr && SparePercent(*header_) == 0; }

uint8_t Health::NewWarnings(uint16_t threshold_k) {
  const uint8_t now = Warnings(*header_, threshold_k);
  const uint8_t fresh = static_cast<uint8_t>(now & ~header_->health.told);
  header_->health.told = now;
  return fresh;
}

uint8_t Warnings(const DriveHeader& h, uint16_t threshold_k) {
  uint8_t warnings = 0;
  if (SparePercent(h) < kSpareThresholdPercent) warnings |= kWarnSpare;
  if (threshold_k != 0 && TemperatureK(h) >= threshold_k) warnings |= kWarnTemperature;
  if (WearRule(h) != nullptr && h.health.retired_blocks > 0 && Used(h) >= 1) warnings |= kWarnDegraded;
  if (WearRule(h) != nullptr && SparePercent(h) == 0) warnings |= kWarnReadOnly;
  return warnings;
}

void FillHealth(const DriveHeader& h, uint8_t* page) {
  page[0] = Warnings(h, kWarningTemperatureK);
  Put(page, 1, TemperatureK(h));
  page[3] = static_cast<uint8_t>(SparePercent(h));
  page[4] = kSpareThresholdPercent;
  page[5] = static_cast<uint8_t>(std::min(255.0, std::floor(Used(h) * 100)));
  Put(page, 192, static_cast<uint32_t>(h.nand.throttled_ns / kNsPerMs / kMsPerMinute));  // warning temperature time
  Put(page, 216, static_cast<uint32_t>(h.nand.throttle_count));                          // thermal management transitions
  Put(page, 224, static_cast<uint32_t>(h.nand.throttled_ns / kNsPerSecond));
}

}  // namespace assay::model
