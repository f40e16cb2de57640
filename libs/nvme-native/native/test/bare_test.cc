// A host that does everything wrong: random entries, pointers, doorbells and configuration writes, memory taken back at
// any moment. The device must stand it (the sanitizers say so) and work again after the next bring-up.
#include <sys/stat.h>
#include <unistd.h>

#include "../core/random.h"
#include "../model/drive_file.h"
#include "../model/model_host.h"
#include "bench_drive.h"
#include "check.h"

using namespace assay;
using namespace assay::model;

namespace {

constexpr uint32_t kRounds = 40;
constexpr uint32_t kStepsOfARound = 300;
constexpr uint32_t kEntries = 16;
constexpr size_t kRegions = 8;

// To write where the device reads is what this host does. ThreadSanitizer does not look at these stores (a memcpy to there
// it would look at), but at everything else.
__attribute__((no_sanitize("thread"))) void Scribble(void* at, const void* from, size_t bytes) {
  auto* to = static_cast<volatile uint64_t*>(at);
  for (size_t i = 0; i < bytes / sizeof *to; i++) {
    uint64_t word = 0;
    if (from != nullptr) std::memcpy(&word, static_cast<const uint8_t*>(from) + i * sizeof word, sizeof word);
    to[i] = word;
  }
}

bool WaitReady(ModelHost& host, uint32_t value) {
  const uint64_t until = BoottimeNs() + 30 * kNsPerSecond;
  while (BoottimeNs() < until) {
    uint64_t csts = 0;
    if (!host.ReadRegister(reg::kCsts, 4, &csts).ok()) return false;
    if ((csts & 1) == value) return true;
    usleep(100);
  }
  return false;
}

void BringUp(ModelHost& host, const DmaRegion& sq, const DmaRegion& cq) {
  CHECK(host.HotReset().ok());
  const uint8_t command[2] = {6, 0};
  CHECK(host.WriteConfig(4, command, 2).ok());
  CHECK(host.WriteRegister(reg::kCc, 4, 0).ok());
  CHECK(WaitReady(host, 0));
  Scribble(cq.memory.get(), nullptr, cq.bytes);
  CHECK(host.WriteRegister(reg::kAqa, 4, (kEntries - 1) << 16 | (kEntries - 1)).ok());
  CHECK(host.WriteRegister(reg::kAsq, 8, sq.pages[0]).ok());
  CHECK(host.WriteRegister(reg::kAcq, 8, cq.pages[0]).ok());
  CHECK(host.WriteRegister(reg::kCc, 4, 0x00460001).ok());
  CHECK(WaitReady(host, 1));
}

}  // namespace

void TestBare() {
  char folder[] = "/tmp/assay-bare-XXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/drive";
  CHECK(CreateDrive(path, BenchSpec(4096, 512)).ok());
  std::unique_ptr<DriveFile> file;
  CHECK(DriveFile::OpenAsHolder(path, &file).ok());
  {
    HostOptions options;
    options.bring_up = false;
    ModelHost host(std::move(file), options);
    DmaRegion sq, cq, regions[kRegions];
    CHECK(host.Lend(kEntries * sizeof(Sqe), false, &sq).ok() && host.Lend(kEntries * sizeof(Cqe), false, &cq).ok());
    for (DmaRegion& region : regions) CHECK(host.Lend(3 * kPageBytes, true, &region).ok());
    Random random(42);
    auto address = [&]() -> uint64_t {
      const DmaRegion& region = regions[random.Below(kRegions)];
      switch (random.Below(6)) {
        case 0: return 0;
        case 1: return random.Below(UINT64_MAX);
        case 2: return region.pages[random.Below(3)] + 8 * random.Below(512);
        case 3: return reinterpret_cast<uint64_t>(region.memory.get());
        default: return region.pages[random.Below(3)];
      }
    };
    for (uint32_t round = 0; round < kRounds; round++) {
      BringUp(host, sq, cq);
      for (uint32_t step = 0; step < kStepsOfARound; step++) {
        Sqe sqe{};
        sqe.opc = static_cast<uint8_t>(random.Below(3) == 0 ? random.Below(256) : random.Below(13));
        sqe.cid = static_cast<uint16_t>(step);
        sqe.nsid = static_cast<uint32_t>(random.Below(3));
        sqe.mptr = address();
        sqe.prp1 = address();
        sqe.prp2 = address();
        sqe.cdw10 = static_cast<uint32_t>(random.Below(2) == 0 ? random.Below(UINT32_MAX) : 15 << 16 | random.Below(5));
        sqe.cdw11 = static_cast<uint32_t>(random.Below(2) == 0 ? random.Below(UINT32_MAX) : 1 << 16 | random.Below(4));
        sqe.cdw12 = static_cast<uint32_t>(random.Below(64));
        Scribble(sq.memory.get() + random.Below(kEntries) * sizeof sqe, &sqe, sizeof sqe);
        // Lists and queue entries out of nowhere.
        uint64_t* words = reinterpret_cast<uint64_t*>(regions[random.Below(kRegions)].memory.get());
        const uint64_t word = address();
        Scribble(words + random.Below(3 * 512), &word, sizeof word);
        const uint32_t doorbell = reg::kDoorbells + 4 * static_cast<uint32_t>(random.Below(8));
        CHECK(host.WriteRegister(random.Below(4) == 0 ? reg::kDoorbells : doorbell, 4, random.Below(kEntries + 2)).ok());
        if (random.Below(20) == 0) {
          DmaRegion& region = regions[random.Below(kRegions)];
          host.TakeBack(region);
          region = {};
          CHECK(host.Lend(3 * kPageBytes, random.Below(2) == 0, &region).ok());
        }
        if (random.Below(50) == 0) {
          const auto value = static_cast<uint8_t>(random.Below(256));
          CHECK(host.WriteConfig(static_cast<uint32_t>(random.Below(4096)), &value, 1).ok());
        }
        if (random.Below(10) == 0) {
          CHECK(host.WriteRegister(kMsixTableOffset + 4 * static_cast<uint32_t>(random.Below(80)), 4, random.Below(UINT32_MAX)).ok());
        }
      }
    }
    BringUp(host, sq, cq);
    Sqe identify{};
    identify.opc = admin_opcode::kIdentify;
    identify.cdw10 = 1;
    identify.prp1 = regions[0].pages[0];
    Scribble(sq.memory.get(), &identify, sizeof identify);
    CHECK(host.WriteRegister(reg::kDoorbells, 4, 1).ok());
    const uint64_t until = BoottimeNs() + 30 * kNsPerSecond;
    auto* last = reinterpret_cast<uint32_t*>(cq.memory.get() + 12);
    while (std::atomic_ref<uint32_t>(*last).load() == 0 && BoottimeNs() < until) usleep(100);
    // The status of a sanitize that a random entry began is as good as success: the drive answers.
    CHECK((std::atomic_ref<uint32_t>(*last).load() >> 16 & 1) == 1);
    host.Stop(false);
  }
  unlink(path.c_str());
  rmdir(folder);
}
