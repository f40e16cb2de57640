// The caller's fault and the outside world's, as a value. Codes are those of NvmeErrorCode in src/nvme-error.ts.
// The DUT's fault is never a Status: it is a completion. Our own fault is an assert.
#pragma once
#include <string>
#include <utility>

namespace assay {

enum class Code {
  kOk, kArgument, kClosed, kOpen, kLocked, kGone, kUnsupported, kQpair, kTimeout, kDeadline, kPowerOff, kReady, kFile, kFrozen,
};

struct [[nodiscard]] Status {
  Code code = Code::kOk;
  // One sentence for a human: what was wrong, where, and the limit.
  std::string message;

  bool ok() const { return code == Code::kOk; }
  static Status Ok() { return {}; }
  static Status Error(Code code, std::string message) { return {code, std::move(message)}; }
};

// "ERR_ARGUMENT" and friends.
const char* CodeName(Code code);

}  // namespace assay
