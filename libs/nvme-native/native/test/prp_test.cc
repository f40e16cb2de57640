#include "../model/prp.h"

#include <algorithm>
#include <vector>

#include "check.h"

using namespace assay;
using namespace assay::model;

namespace {
struct Run {
  uint64_t at;
  uint64_t bytes;
  bool operator==(const Run&) const = default;
};

bool Runs(const Sqe& sqe, uint64_t bytes, std::vector<Run>* runs) {
  runs->clear();
  return ForEachRun(sqe, bytes, [&](uint8_t* at, uint64_t n) { runs->push_back({reinterpret_cast<uint64_t>(at), n}); });
}
}  // namespace

void TestPrp() {
  std::vector<Run> runs;
  Sqe sqe{};
  sqe.prp1 = 0x10000;
  CHECK(Runs(sqe, 512, &runs) && runs == std::vector<Run>({{0x10000, 512}}));
  // An offset in the first page, and the second page elsewhere.
  sqe.prp1 = 0x10800;
  sqe.prp2 = 0x30000;
  CHECK(Runs(sqe, 4096, &runs) && runs == std::vector<Run>({{0x10800, 2048}, {0x30000, 2048}}));
  // Neighbouring pages become one run.
  sqe.prp2 = 0x11000;
  CHECK(Runs(sqe, 4096, &runs) && runs == std::vector<Run>({{0x10800, 4096}}));
  sqe.prp2 = 0x11004;
  CHECK(!Runs(sqe, 4096, &runs));
  sqe.prp2 = 0;
  CHECK(!Runs(sqe, 8192, &runs));
  // A list that continues in a second list page.
  alignas(4096) static uint64_t first[512];
  alignas(4096) static uint64_t second[512];
  for (uint64_t i = 0; i < 511; i++) first[i] = 0x100000 + i * 0x2000;
  first[511] = reinterpret_cast<uint64_t>(second);
  second[0] = 0x900000;
  second[1] = 0x902000;
  sqe.prp1 = 0x10000;
  sqe.prp2 = reinterpret_cast<uint64_t>(first);
  CHECK(Runs(sqe, 514 * 4096ull, &runs));
  CHECK(runs.size() == 514 && runs[512] == (Run{0x900000, 4096}) && runs[513] == (Run{0x902000, 4096}));
  second[1] = 1;
  CHECK(!Runs(sqe, 514 * 4096ull, &runs));
}
