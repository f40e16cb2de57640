// The generator of an ioworker's commands: pure and seeded, the same seed gives the same sequence on every host.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/nvme_spec.h"
#include "core/random.h"

namespace assay {

constexpr size_t kSections = 100;
constexpr uint32_t kDistributionTotal = 10'000;

struct IoSize {
  uint32_t lbas;
  uint32_t weight;
  uint32_t align_lbas = 0;  // 0: PatternOptions::align_lbas
};

struct OperationShare {
  uint8_t opcode;
  uint32_t percent;
  bool placed = true;  // false: has no place and no size
};

struct PatternOptions {
  std::vector<IoSize> sizes;      // not empty, weights > 0, every size at most region_lbas
  uint32_t random_percent = 100;  // share of commands at a random place; the others follow the cursor
  uint32_t read_percent = 100;    // reads, the others write; when `operations` is empty
  std::vector<OperationShare> operations;  // percents add up to 100
  uint64_t region_start = 0;
  uint64_t region_lbas = 1;
  uint32_t align_lbas = 0;        // random places are multiples of this from the region's start; 0: of the command's size
  // From one sequential command's place to the next; not set: the command's size. 0: always the same place. Below 0: from
  // the region's end downwards, the mirror image of going upwards. With a step, alignment holds for sequential places too.
  std::optional<int64_t> step_lbas;
  // Where the first sequential command begins, inside the region; not set: at its start, or its end when the step is negative.
  std::optional<uint64_t> start_lba;
  // 100 shares of 10 000 for as many equal sections of the region, for random places; empty: uniform.
  std::vector<uint32_t> distribution;
  uint32_t flush_every = 0;       // a flush after that many writes; 0: none
  uint64_t seed = 0;
};

struct IoStep {
  uint8_t opcode;
  uint64_t slba;
  uint32_t lbas;  // 0: no place and no size (flush)
};

class IoPattern {
 public:
  explicit IoPattern(const PatternOptions& options);
  IoStep Next();

 private:
  // A size with what follows from it for random places.
  struct Choice {
    IoSize size;
    uint64_t align;
    uint64_t places;  // in the region, on the alignment
  };

  const Choice& PickSize();
  const OperationShare& PickOperation();
  uint64_t RandomPlace(const Choice& choice);
  uint64_t PlaceInSection(const Choice& choice);
  void Follow(IoStep* step);
  void Stride(IoStep* step, uint64_t align);

  PatternOptions options_;
  Random random_;
  std::vector<Choice> choices_;
  uint64_t total_weight_ = 0;
  bool equal_weights_ = true;
  uint64_t cursor_ = 0;  // relative to the region's start, or to its end when the step is negative
  uint32_t writes_since_flush_ = 0;
  std::vector<uint32_t> sections_below_;  // the running sum of `distribution`
};

}  // namespace assay
