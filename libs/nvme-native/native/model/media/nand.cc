#include "nand.h"

#include <algorithm>
#include <cmath>

#include "core/clock.h"

namespace assay::model {
namespace {

constexpr double kIdleC = 35;  // of a drive without a thermal model
constexpr double kGib = 1 << 30;

}  // namespace

Nand::Nand(DriveHeader* header) : header_(header), free_at_ns_(std::max<uint32_t>(1, std::min(header->nand.dies, kMaxDies))) {}

uint64_t Nand::Read(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t now_ns) {
  Heat(bytes, now_ns);
  return Occupy(offset, bytes, service_ns, now_ns);
}

uint64_t Nand::Write(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t steady_ns, uint64_t now_ns) {
  NandRecord& nand = header_->nand;
  Heat(bytes, now_ns);
  Fold(now_ns);
  const bool fits = nand.slc_used_bytes + bytes <= nand.slc_bytes;
  if (fits) {
    nand.slc_used_bytes += bytes;
  } else {
    Collect(bytes, now_ns);
  }
  return Occupy(offset, bytes, fits ? service_ns : steady_ns, now_ns);
}

// Pages are striped over the dies; the command ends with its last page.
uint64_t Nand::Occupy(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t now_ns) {
  const uint64_t slowed = header_->nand.throttled ? service_ns * header_->nand.throttle_percent / 100 : service_ns;
  uint64_t end_ns = now_ns;
  const uint64_t last = (offset + std::max<uint64_t>(bytes, 1) - 1) / kNandPageBytes;
  for (uint64_t page = offset / kNandPageBytes; page <= last; page++) {
    uint64_t& free_at = free_at_ns_[page % free_at_ns_.size()];
    free_at = std::max(free_at, now_ns) + slowed;
    end_ns = std::max(end_ns, free_at);
  }
  return end_ns - now_ns;
}

// In idle time the drive moves SLC data to where they stay.
void Nand::Fold(uint64_t now_ns) {
  NandRecord& nand = header_->nand;
  const uint64_t since = std::max(folded_at_ns_, *std::max_element(free_at_ns_.begin(), free_at_ns_.end()));
  if (nand.fold_bytes_per_s != 0 && folded_at_ns_ != 0 && now_ns > since) {
    const auto folded = static_cast<uint64_t>(static_cast<double>(now_ns - since) / 1e9 * static_cast<double>(nand.fold_bytes_per_s));
    nand.slc_used_bytes -= std::min(nand.slc_used_bytes, folded);
  }
  folded_at_ns_ = now_ns;
}

void Nand::Collect(uint64_t bytes, uint64_t now_ns) {
  NandRecord& nand = header_->nand;
  if (nand.collect_every_bytes == 0) return;
  nand.collect_bytes += bytes;
  while (nand.collect_bytes >= nand.collect_every_bytes) {
    nand.collect_bytes -= nand.collect_every_bytes;
    uint64_t& free_at = free_at_ns_[SplitMix(header_->seed ^ ++nand.collections) % free_at_ns_.size()];
    free_at = std::max(free_at, now_ns) + uint64_t{nand.collect_us} * 1000;
  }
}

void Nand::Heat(uint64_t bytes, uint64_t) {
  NandRecord& nand = header_->nand;
  if (nand.throttle_c == 0) return;
  const uint64_t now = RealtimeNs();
  const double above = TemperatureC(*header_, now) - nand.ambient_c + nand.degrees_per_gib * static_cast<double>(bytes) / kGib;
  nand.heat_c = above;
  if (nand.throttled) nand.throttled_ns += now - std::min(now, nand.heat_at_ns);
  nand.heat_at_ns = now;
  const double temperature = nand.ambient_c + above;
  if (!nand.throttled && temperature >= nand.throttle_c) {
    nand.throttled = 1;
    nand.throttle_count++;
  } else if (nand.throttled && temperature < nand.throttle_c - kThrottleHysteresisC) {
    nand.throttled = 0;
  }
}

double TemperatureC(const DriveHeader& header, uint64_t realtime_ns) {
  const NandRecord& nand = header.nand;
  if (nand.throttle_c == 0) return kIdleC;
  const double passed_s = static_cast<double>(realtime_ns - std::min(realtime_ns, nand.heat_at_ns)) / 1e9;
  return nand.ambient_c + nand.heat_c * std::exp(-passed_s / std::max(nand.cool_s, 1e-3));
}

}  // namespace assay::model
