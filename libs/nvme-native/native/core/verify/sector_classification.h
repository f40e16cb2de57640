// What is wrong with a sector, as a pure function of what it holds and what it could have held.
#pragma once
#include "atomic_writes.h"
#include "miscompare.h"
#include "stamp.h"

namespace assay {

struct Possibilities {
  uint64_t lba = 0;
  // Tokens of the newest version that may be there and of the oldest legal one, where a worker wrote them.
  std::optional<uint64_t> newest, oldest;
  // Tokens above were never given out.
  uint64_t newest_token = 0;
  // Written before the power went: an older version is then a lost write and not a stale read.
  bool lost = false;
};

std::string Hex(const uint8_t* data, uint32_t bytes);
bool AllZero(const uint8_t* sector, uint32_t bytes);
// A sector that is whole, of a write that a power loss had to leave whole.
Miscompare TornBetween(const Stamp& stamp, uint32_t bytes, const AtomicWrites::Torn& torn);
Miscompare Classify(const Stamp& stamp, const uint8_t* sector, uint32_t bytes, const Possibilities& possible);

}  // namespace assay
