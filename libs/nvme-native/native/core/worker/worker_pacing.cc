#include "worker_pacing.h"

#include <algorithm>

namespace assay {
namespace {
constexpr uint64_t kLateNs = 100 * kNsPerMs;
}

WorkerPacing::WorkerPacing(const WorkerOptions& options) : options_(options), paced_(options.iops != 0 || !options.sequence.empty()) {
  if (options.io_count != 0) most_issued_ = options.io_count;
  if (!options.sequence.empty()) most_issued_ = std::min<uint64_t>(most_issued_, options.sequence.size());
  if (options.passes != 0) most_lbas_ = options.passes * options.pattern.region_lbas;
}

void WorkerPacing::Start(uint64_t now_ns) {
  start_ns_ = now_ns;
  if (options_.time_ns != 0) end_ns_ = now_ns + options_.time_ns;
  next_ns_ = NextNs();
}

// From the start each time: errors of rounding do not add up.
uint64_t WorkerPacing::NextNs() const {
  if (!options_.sequence.empty()) return issued_ < options_.sequence.size() ? start_ns_ + options_.sequence[issued_].at_ns : kNever;
  if (options_.iops == 0) return 0;
  return start_ns_ + static_cast<uint64_t>(static_cast<double>(issued_) * 1e9 / options_.iops);
}

bool WorkerPacing::Over(uint64_t now_ns) const { return !paced_ || next_ns_ >= end_ns_ || now_ns >= end_ns_ + kLateNs; }

uint64_t WorkerPacing::WakeNs(bool can_send) const {
  return paced_ && can_send ? std::min(end_ns_, next_ns_) : end_ns_;
}

}  // namespace assay
