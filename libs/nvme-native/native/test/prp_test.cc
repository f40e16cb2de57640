#include "model/bus/prp.h"

#include <algorithm>
#include <memory>
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
  AddressSpace space;
  device_memory = &space;
  auto lend = [&](uint64_t from, uint64_t to) { space.Map(from, reinterpret_cast<uint8_t*>(from), to - from, nullptr); };
  lend(0x10000, 0x40000);
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
  CHECK(!Runs(sqe, 514 * 4096ull, &runs) && space.TakeFault() && !space.TakeFault());
  lend(0x100000, 0xa00000);
  lend(reinterpret_cast<uint64_t>(first), reinterpret_cast<uint64_t>(first) + 4096);
  lend(reinterpret_cast<uint64_t>(second), reinterpret_cast<uint64_t>(second) + 4096);
  CHECK(Runs(sqe, 514 * 4096ull, &runs));
  CHECK(runs.size() == 514 && runs[512] == (Run{0x900000, 4096}) && runs[513] == (Run{0x902000, 4096}));
  second[1] = 1;
  CHECK(!Runs(sqe, 514 * 4096ull, &runs));

  // What is taken back in a turn is there until its end, what is lent in a turn is there at once.
  auto memory = std::make_shared<uint8_t>();
  space.BeginTurn();
  space.Map(0xb00000, memory.get(), 4096, memory);
  CHECK(space.Resolve(0xb00ff8, 8) == memory.get() + 0xff8);
  CHECK(space.Resolve(0xb00ffc, 8) == nullptr && space.TakeFault());
  space.Unmap(0xb00000);
  CHECK(space.Resolve(0xb00000, 8) == memory.get() && memory.use_count() == 2);
  space.EndTurn();
  CHECK(space.Resolve(0xb00000, 8) == nullptr && memory.use_count() == 1);
  device_memory = nullptr;
}
