// Fused operations (NVMe Base 2.0, 3.4.1): Compare and Write, one behind the other in a queue, as one.
#include <utility>

#include "device.h"
#include "model/nvm/nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

enum FusedState : uint8_t { kAlone = 0, kFirstDone = 1, kFirstFailed = 2 };
constexpr uint8_t kFirst = 1;
constexpr uint8_t kSecond = 2;

uint8_t HalfOf(const Sqe& sqe) { return sqe.fuse_psdt & 3; }

}  // namespace

bool Device::HalfIsMissing(const SubmissionQueue& queue, const Sqe& sqe, uint32_t tail) const {
  return HalfOf(sqe) == kFirst && (queue.head + 1) % queue.ring.entries() == tail;
}

// `queue.head` is behind `sqe` by now.
Device::Outcome Device::ExecuteIo(SubmissionQueue& queue, const Sqe& sqe, uint32_t tail) {
  const uint8_t before = std::exchange(queue.fused, uint8_t{kAlone});
  switch (HalfOf(sqe)) {
    case 0: return NvmCommands(*this).Execute(sqe);
    case kFirst: {
      Sqe next{};
      const uint8_t* entry = queue.head == tail ? nullptr : queue.ring.At(memory_, queue.head);
      if (entry != nullptr) std::memcpy(&next, entry, sizeof next);
      if (HalfOf(next) != kSecond) return model::Fail(status::kMissingFused);
      if (sqe.opc != nvm_opcode::kCompare || next.opc != nvm_opcode::kWrite) {
        queue.fused = kFirstFailed;
        return model::Fail(status::kInvalidField);
      }
      Outcome outcome = NvmCommands(*this).Execute(sqe);
      queue.fused = outcome.status == 0 ? kFirstDone : kFirstFailed;
      return outcome;
    }
    case kSecond:
      if (before == kAlone) return model::Fail(status::kMissingFused);
      return before == kFirstFailed ? model::Fail(status::kFailedFused) : NvmCommands(*this).Execute(sqe);
    default: return model::Fail(status::kInvalidField);
  }
}

}  // namespace assay::model
