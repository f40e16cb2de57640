#include "status.h"

#include <cassert>

namespace assay {

const char* CodeName(Code code) {
  switch (code) {
    case Code::kOk: return "OK";
    case Code::kArgument: return "ERR_ARGUMENT";
    case Code::kClosed: return "ERR_CLOSED";
    case Code::kOpen: return "ERR_OPEN";
    case Code::kLocked: return "ERR_LOCKED";
    case Code::kGone: return "ERR_GONE";
    case Code::kUnsupported: return "ERR_UNSUPPORTED";
    case Code::kQpair: return "ERR_QPAIR";
    case Code::kTimeout: return "ERR_TIMEOUT";
    case Code::kDeadline: return "ERR_DEADLINE";
    case Code::kPowerOff: return "ERR_POWER_OFF";
    case Code::kReady: return "ERR_READY";
    case Code::kFile: return "ERR_FILE";
    case Code::kFrozen: return "ERR_FROZEN";
  }
  assert(false);
  return "ERR_ARGUMENT";
}

}  // namespace assay
