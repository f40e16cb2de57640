// Which placement identifier each write of an ioworker names: pure and seeded, with random numbers of its own, so that places
// and opcodes are the same with and without it.
#pragma once
#include <cassert>
#include <vector>

#include "core/random.h"

namespace assay {

constexpr size_t kMaxPlacements = 512;
constexpr uint32_t kPlacementDirective = 2u << 20;  // DTYPE in CDW12
constexpr uint32_t kDspecShift = 16;                // DSPEC in CDW13

struct PlacementShare {
  uint16_t identifier;
  uint32_t weight;  // above 0
};

class PlacementPattern {
 public:
  // `shares` may be empty: then nothing is asked of it.
  PlacementPattern(const std::vector<PlacementShare>& shares, uint64_t seed) : shares_(shares), random_(SplitMix(seed ^ kOwnNumbers)) {
    for (const PlacementShare& share : shares_) total_ += share.weight;
  }

  uint16_t Next() {
    uint64_t at = random_.Below(total_);
    for (const PlacementShare& share : shares_) {
      if (at < share.weight) return share.identifier;
      at -= share.weight;
    }
    assert(false);
    return shares_[0].identifier;
  }

 private:
  static constexpr uint64_t kOwnNumbers = 0x706c6163656d656e;  // "placemen"

  std::vector<PlacementShare> shares_;
  uint64_t total_ = 0;
  Random random_;
};

}  // namespace assay
