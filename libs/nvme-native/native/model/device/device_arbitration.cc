// Which queue is served when (NVMe Base 2.0, 3.4.4): round robin, or weighted round robin with an urgent class.
#include <algorithm>

#include "device.h"

namespace assay::model {
namespace {

constexpr uint32_t kAms = 7u << 11;  // of CC
constexpr uint32_t kWeighted = 1u << 11;
constexpr uint8_t kUrgent = 0;
constexpr uint32_t kNoBurstLimit = 7;

}  // namespace

// Queues of one class take turns, a burst each, until the class has used its credits or has nothing left.
bool Device::FetchClass(uint8_t priority, uint32_t credits, uint64_t now_ns) {
  const uint32_t burst_exponent = features_[0x01] & 7;
  const uint32_t burst = burst_exponent == kNoBurstLimit ? credits : 1u << burst_exponent;
  const uint32_t queues = static_cast<uint32_t>(sq_.size()) - 1;
  uint32_t taken = 0;
  for (bool more = true; more;) {
    more = false;
    const uint32_t last = served_last_[priority];
    for (uint32_t i = 0; i < queues; i++) {
      const auto qid = static_cast<uint16_t>((last + i) % queues + 1);
      if (!sq_[qid].ring.present() || sq_[qid].priority != priority) continue;
      const uint32_t got = Fetch(qid, std::min(burst, credits - taken), now_ns);
      if (got == 0) continue;
      taken += got;
      served_last_[priority] = qid;
      more = true;
      if (taken == credits || stalled_until_ns_ != 0 || removed_ || Fatal()) return true;
    }
  }
  return taken != 0;
}

bool Device::FetchAll(uint64_t now_ns) {
  bool progress = sq_[0].ring.present() && Fetch(0, kCommandsPerTurn, now_ns) != 0;
  if ((cc_seen_ & kAms) != kWeighted) {
    for (uint16_t qid = 1; qid < sq_.size(); qid++) {
      if (sq_[qid].ring.present() && Fetch(qid, kCommandsPerTurn, now_ns) != 0) progress = true;
    }
    return progress;
  }
  // While an urgent queue has commands, no other is served.
  if (FetchClass(kUrgent, kCommandsPerTurn, now_ns)) return true;
  // Feature 01h: weights of high, medium and low, 0-based, in commands of a round.
  const uint32_t weights = features_[0x01];
  for (uint8_t priority = 1; priority <= 3 && stalled_until_ns_ == 0; priority++) {
    if (FetchClass(priority, (weights >> (32 - 8 * priority) & 0xff) + 1, now_ns)) progress = true;
  }
  return progress;
}

}  // namespace assay::model
