// The generator of an ioworker's commands: pure and seeded, the same seed gives the same sequence on every host.
#pragma once
#include <cstdint>
#include <vector>

#include "random.h"

namespace assay {

enum class IoKind : uint8_t { kRead, kWrite, kFlush };

struct IoSize {
  uint32_t lbas;
  uint32_t weight;
};

struct PatternOptions {
  std::vector<IoSize> sizes;      // not empty, weights > 0, every size at most region_lbas
  uint32_t random_percent = 100;  // share of commands at a random place; the others follow the cursor
  uint32_t read_percent = 100;
  uint64_t region_start = 0;
  uint64_t region_lbas = 1;
  uint32_t align_lbas = 0;        // random places are multiples of this from the region's start; 0: of the command's size
  uint32_t flush_every = 0;       // a flush after that many writes; 0: none
  uint64_t seed = 0;
};

struct IoStep {
  IoKind kind;
  uint64_t slba;
  uint32_t lbas;  // 0 for a flush
};

class IoPattern {
 public:
  explicit IoPattern(const PatternOptions& options);
  IoStep Next();

 private:
  uint32_t PickSize();

  PatternOptions options_;
  Random random_;
  uint64_t total_weight_ = 0;
  uint64_t cursor_ = 0;  // relative to the region
  uint32_t writes_since_flush_ = 0;
};

}  // namespace assay
