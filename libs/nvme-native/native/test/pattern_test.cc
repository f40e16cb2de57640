// The generator's shares, so many steps that one percent more or less would be seen. The rest: test/pattern.spec.ts.
#include "core/worker/io_pattern.h"

#include <algorithm>
#include <map>

#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kSteps = 400'000;

PatternOptions Base() {
  PatternOptions options;
  options.sizes = {{1, 1}};
  options.region_lbas = uint64_t{1} << 40;
  options.seed = 7;
  return options;
}

// How many steps of each kind there are.
template <typename Kind>
std::map<uint64_t, uint32_t> Counts(const PatternOptions& options, Kind kind) {
  IoPattern pattern(options);
  std::map<uint64_t, uint32_t> counts;
  for (uint32_t i = 0; i < kSteps; i++) counts[kind(pattern.Next())]++;
  return counts;
}

// Four standard deviations at most.
bool Near(uint32_t count, double share) {
  const double expected = kSteps * share, off = count - expected;
  return off * off <= 16 * expected * (1 - share);
}

uint64_t OpcodeOf(const IoStep& step) { return step.opcode; }

void PercentsAreMetToOne() {
  for (const uint32_t percent : {0, 1, 50, 99, 100}) {
    PatternOptions options = Base();
    options.read_percent = percent;
    CHECK(Near(Counts(options, OpcodeOf)[nvm_opcode::kRead], percent / 100.0));
    options.random_percent = percent;
    uint64_t cursor = 0;
    CHECK(Near(Counts(options, [&](const IoStep& step) { return step.slba == cursor ? (cursor++, 0) : 1; })[1], percent / 100.0));
  }
  PatternOptions options = Base();
  options.operations = {{nvm_opcode::kRead, 1}, {nvm_opcode::kCompare, 0}, {nvm_opcode::kWrite, 66}, {nvm_opcode::kFlush, 33, false}};
  auto counts = Counts(options, OpcodeOf);
  CHECK(Near(counts[nvm_opcode::kRead], 0.01) && Near(counts[nvm_opcode::kWrite], 0.66) && Near(counts[nvm_opcode::kFlush], 0.33));
  CHECK(counts[nvm_opcode::kCompare] == 0);
}

void WeightsAreMet() {
  PatternOptions options = Base();
  const auto size = [](const IoStep& step) -> uint64_t { return step.lbas; };
  options.sizes = {{1, 1}, {2, 70}, {3, 29}};
  auto counts = Counts(options, size);
  CHECK(Near(counts[1], 0.01) && Near(counts[2], 0.70) && Near(counts[3], 0.29));
  options.sizes = {{1, 5}, {2, 5}, {3, 5}, {4, 5}};
  counts = Counts(options, size);
  for (uint64_t lbas = 1; lbas <= 4; lbas++) CHECK(Near(counts[lbas], 0.25));
}

// A section without a share gets nothing, the smallest share what it says.
void SectionsAreMet() {
  PatternOptions options = Base();
  options.region_lbas = 100'000;
  options.distribution.assign(kSections, 0);
  const uint32_t shares[] = {0, 1, 0, 4000, 5989, 10};
  std::copy(std::begin(shares), std::end(shares), options.distribution.begin() + 20);
  auto counts = Counts(options, [](const IoStep& step) { return step.slba / 1000; });
  for (uint64_t section = 0; section < kSections; section++) {
    if (options.distribution[section] == 0) CHECK(!counts.contains(section));
    CHECK(Near(counts[section], options.distribution[section] / 10'000.0));
  }
}

// A section in which no place begins gives the nearest below: of 30 LBAs one begins in every third section or fourth.
void SmallRegionsHaveSectionsToo() {
  for (const uint64_t section : {0, 1, 50, 99}) {
    PatternOptions options = Base();
    options.region_lbas = 30;
    options.distribution.assign(kSections, 0);
    options.distribution[section] = kDistributionTotal;
    const auto counts = Counts(options, [](const IoStep& step) { return step.slba; });
    CHECK(counts.size() == 1 && counts.begin()->first == std::max<uint64_t>((section + 1) * 30 / 100, 1) - 1);
  }
}

// What stands with a size goes before what stands for all.
void EachSizeHasItsOwnAlignment() {
  PatternOptions options = Base();
  options.align_lbas = 4;
  options.sizes = {{1, 1, 7}, {2, 1}};
  CHECK(Counts(options, [](const IoStep& step) { return step.slba % (step.lbas == 1 ? 7 : 4); }).size() == 1);
}

// Whatever step, size and alignment meet at the region's ends.
void StepsStayInTheRegion() {
  for (uint64_t region = 8; region < 24; region++) {
    for (int64_t stride = -25; stride <= 25; stride++) {
      for (uint32_t align = 1; align <= 8; align++) {
        PatternOptions options = Base();
        options.random_percent = 0;
        options.region_start = 1000;
        options.region_lbas = region;
        options.sizes = {{8, 1}};
        options.step_lbas = stride;
        options.align_lbas = align;
        IoPattern pattern(options);
        for (int i = 0; i < 40; i++) {
          const IoStep step = pattern.Next();
          CHECK(step.lbas > 0 && step.slba >= 1000 && step.slba + step.lbas <= 1000 + region && (step.slba - 1000) % align == 0);
        }
      }
    }
  }
}

}  // namespace

void TestPattern() {
  StepsStayInTheRegion();
  EachSizeHasItsOwnAlignment();
  PercentsAreMetToOne();
  WeightsAreMet();
  SectionsAreMet();
  SmallRegionsHaveSectionsToo();
}
