// What the core has to know of an NVM command to send it from a worker and to keep the verify table true: one line an
// opcode (NVM Command Set 1.0, section 3).
#pragma once
#include <cstdint>

#include "host.h"

namespace assay {

// Where a command says which LBAs it means.
enum class Addressing : uint8_t {
  kNone,
  kCdw,    // SLBA in CDW10-11, NLB in CDW12
  kRange,  // one range in the data (Dataset Management)
};

// What becomes of the LBAs.
enum class Effect : uint8_t {
  kNone,
  kFlush,
  kWrites,         // our payload
  kZeroes,
  kUncorrectable,
  kUnknown,   // what the drive makes of it
  kAnywhere,  // data goes to the drive and nobody knows where to
};

struct NvmOperation {
  uint8_t opcode;
  Addressing addressing;
  Direction data;
  Effect effect;
};

// Null for an opcode without a line: what it is has to be told.
const NvmOperation* FindNvmOperation(uint8_t opcode);

}  // namespace assay
