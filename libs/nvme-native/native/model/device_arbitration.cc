// Which queue is served when (NVMe Base 2.0, 3.4.4): round robin, or weighted round robin with an urgent class.
#include "device.h"

namespace assay::model {
namespace {

constexpr uint32_t kAms = 7u << 11;  // of CC
constexpr uint32_t kWeighted = 1u << 11;
constexpr uint8_t kUrgent = 0;

}  // namespace

bool Device::FetchClass(uint8_t priority, uint32_t most, uint64_t now_ns) {
  bool progress = false;
  for (uint16_t qid = 1; qid < sq_.size(); qid++) {
    if (sq_[qid].ring.present() && sq_[qid].priority == priority && Fetch(qid, most, now_ns)) progress = true;
  }
  return progress;
}

bool Device::FetchAll(uint64_t now_ns) {
  bool progress = sq_[0].ring.present() && Fetch(0, kCommandsPerTurn, now_ns);
  if ((cc_seen_ & kAms) != kWeighted) {
    for (uint16_t qid = 1; qid < sq_.size(); qid++) {
      if (sq_[qid].ring.present() && Fetch(qid, kCommandsPerTurn, now_ns)) progress = true;
    }
    return progress;
  }
  // While an urgent queue has commands, no other is served.
  if (FetchClass(kUrgent, kCommandsPerTurn, now_ns)) return true;
  // Feature 01h: weights of high, medium and low, 0-based, in commands of a turn.
  const uint32_t weights = features_[0x01];
  for (uint8_t priority = 1; priority <= 3; priority++) {
    if (FetchClass(priority, (weights >> (32 - 8 * priority) & 0xff) + 1, now_ns)) progress = true;
  }
  return progress;
}

}  // namespace assay::model
