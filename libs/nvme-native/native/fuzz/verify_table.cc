// A verify table outlives its process and may come back damaged: it may then say anything about the LBAs, but nothing else.
#include "core/verify/verify_table.h"

#include <unistd.h>

#include <cstdlib>

#include "fuzz.h"

using namespace assay;

namespace {
constexpr TableGeometry kGeometry = {.lba_count = 64, .lba_bytes = 512, .seed = 5, .volatile_cache = true, .power_cycles = 3};

void Write(VerifyTable& table, uint64_t slba, uint64_t count, WriteEnd end, bool fua) {
  if (!table.TryLock(slba, count)) return;
  const uint64_t token = table.TakeTokens(count);
  for (uint64_t i = 0; i < count; i++) table.Submitted(slba + i, VerifyTable::TokenVersion(token + i));
  table.Ended(slba, count, end, fua);
}

void Use(VerifyTable& table) {
  uint8_t sector[512] = {};
  Write(table, 0, 8, WriteEnd::kAcknowledged, false);
  const uint32_t epoch = table.FlushSubmitted();
  Write(table, 4, 8, WriteEnd::kUncertain, false);
  table.FlushAcknowledged(epoch);
  Write(table, 20, 1, WriteEnd::kUnknown, true);
  for (const Rule rule : {Rule::kExact, Rule::kDurableOrNewer}) {
    for (uint64_t lba = 0; lba < kGeometry.lba_count; lba++) {
      const ReadFloor floor = table.Floor(lba, rule);
      (void)table.Concerns(lba);
      (void)table.Check(lba, sector, floor, rule);
      (void)table.CheckUnreadable(lba, floor, rule);
    }
    table.PowerLost(4);
  }
  Write(table, 0, 64, WriteEnd::kAcknowledged, true);
  table.Clear();
}
}  // namespace

std::vector<Bytes> Seeds() {
  const std::string path = FuzzFolder() + "/seed";
  std::vector<Bytes> seeds;
  for (int rounds = 0; rounds < 3; rounds++) {
    std::shared_ptr<VerifyTable> table;
    if (!VerifyTable::Open(path, kGeometry, &table).ok()) std::abort();
    for (int i = 0; i < rounds; i++) Use(*table);
    Write(*table, 8, 16, WriteEnd::kAcknowledged, false);
    table.reset();
    seeds.push_back(ReadFile(path));
  }
  unlink(path.c_str());
  return seeds;
}

size_t HeadBytes() { return 512; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = FuzzFolder() + "/verify";
  WriteFile(path, data, size);
  std::shared_ptr<VerifyTable> table;
  if (VerifyTable::Open(path, kGeometry, &table).ok()) Use(*table);
  return 0;
}
