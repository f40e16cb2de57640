// A flight recorder that is there already is continued: whatever it holds, opening and writing must stay inside it.
#include "core/cmdlog.h"

#include "fuzz.h"

using namespace assay;

namespace {
constexpr uint32_t kEntries = kCmdlogMinEntries;

void Record(Cmdlog& log, uint32_t commands) {
  Sqe sqe{};
  Cqe cqe{};
  for (uint32_t i = 0; i < commands; i++) {
    sqe.cdw10 = i;
    const uint64_t number = log.Submit(sqe, i, 0, 1);
    log.Amend(number, sqe);
    if (i % 3 != 0) log.Complete(number, cqe, i, i % 2 == 0);
  }
}
}  // namespace

std::vector<Bytes> Seeds() {
  const std::string path = FuzzFolder() + "/seed";
  std::vector<Bytes> seeds;
  for (const uint32_t commands : {0u, 40u, kEntries + 40}) {
    std::unique_ptr<Cmdlog> log;
    if (!Cmdlog::Open(path, kEntries, 1, "seed", &log).ok()) std::abort();
    Record(*log, commands);
    log.reset();
    seeds.push_back(ReadFile(path));
    std::remove(path.c_str());
  }
  return seeds;
}

size_t HeadBytes() { return 256; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = FuzzFolder() + "/1.cmdlog";
  WriteFile(path, data, size);
  std::unique_ptr<Cmdlog> log;
  if (Cmdlog::Open(path, kEntries, 1, "fuzz", &log).ok()) Record(*log, 100);
  return 0;
}
