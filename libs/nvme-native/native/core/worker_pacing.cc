#include "worker_pacing.h"

#include <algorithm>

namespace assay {
namespace {
constexpr uint64_t kLateNs = 100 * kNsPerMs;
}

void WorkerPacing::Start(uint64_t now_ns) {
  start_ns_ = now_ns;
  next_ns_ = NextNs();
}

// From the start each time: errors of rounding do not add up.
uint64_t WorkerPacing::NextNs() const {
  if (!options_.sequence.empty()) return issued_ < options_.sequence.size() ? start_ns_ + options_.sequence[issued_].at_ns : kNever;
  if (options_.iops == 0) return 0;
  return start_ns_ + static_cast<uint64_t>(static_cast<double>(issued_) * 1e9 / options_.iops);
}

bool WorkerPacing::Enough(uint64_t now_ns) const {
  if (options_.io_count != 0 && issued_ >= options_.io_count) return true;
  if (!options_.sequence.empty() && issued_ == options_.sequence.size()) return true;
  if (options_.passes != 0 && passed_lbas_ >= options_.passes * options_.pattern.region_lbas) return true;
  if (options_.time_ns == 0) return false;
  const uint64_t end_ns = start_ns_ + options_.time_ns;
  return now_ns >= (paced() && next_ns_ < end_ns ? end_ns + kLateNs : end_ns);
}

void WorkerPacing::Took() {
  issued_++;
  if (paced()) next_ns_ = NextNs();
}

uint64_t WorkerPacing::WakeNs(bool can_send) const {
  const uint64_t end_ns = options_.time_ns != 0 ? start_ns_ + options_.time_ns : kNever;
  return paced() && can_send ? std::min(end_ns, next_ns_) : end_ns;
}

}  // namespace assay
