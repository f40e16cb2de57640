// A host that does everything wrong: random entries, pointers, doorbells and configuration writes, memory taken back at
// any moment. The device must stand it (the sanitizers say so) and work again after the next bring-up.
#include <unistd.h>

#include "core/random.h"
#include "model/media/drive_file.h"
#include "model/host/model_host.h"
#include "bench_drive.h"
#include "check.h"

using namespace assay;
using namespace assay::model;

namespace {

constexpr uint32_t kRounds = 40;
constexpr uint32_t kStepsOfARound = 300;
constexpr uint32_t kEntries = 16;
constexpr size_t kRegions = 8;
constexpr uint64_t kAnswerNs = 30 * kNsPerSecond;

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

// A host, its admin queue and the memory that it lent, of which it makes nonsense.
class WildHost {
 public:
  explicit WildHost(std::unique_ptr<DriveFile> file) : host_(std::move(file), Bare()) {
    CHECK(host_.Lend(kEntries * sizeof(Sqe), false, &sq_).ok() && host_.Lend(kEntries * sizeof(Cqe), false, &cq_).ok());
    for (DmaRegion& region : regions_) Lend(region, true);
  }
  ~WildHost() { host_.Stop(false); }

  void BringUp() {
    CHECK(host_.HotReset().ok());
    const uint8_t command[2] = {6, 0};
    CHECK(host_.WriteConfig(4, command, 2).ok());
    Set(reg::kCc, 4, 0);
    CHECK(BecomesReady(0));
    Scribble(cq_.memory.get(), nullptr, cq_.bytes);
    Set(reg::kAqa, 4, (kEntries - 1) << 16 | (kEntries - 1));
    Set(reg::kAsq, 8, sq_.pages[0]);
    Set(reg::kAcq, 8, cq_.pages[0]);
    Set(reg::kCc, 4, 0x00460001);
    CHECK(BecomesReady(1));
  }

  void DoWrong(uint16_t cid) {
    WriteAnyEntry(cid);
    // Lists and queue entries out of nowhere.
    auto* words = reinterpret_cast<uint64_t*>(AnyRegion().memory.get());
    const uint64_t word = AnyAddress();
    Scribble(words + random_.Below(3 * 512), &word, sizeof word);
    const uint32_t doorbell = random_.Below(4) == 0 ? 0 : static_cast<uint32_t>(random_.Below(8));
    Set(reg::kDoorbells + 4 * doorbell, 4, random_.Below(kEntries + 2));
    if (random_.Below(20) == 0) TakeBackARegion();
    if (random_.Below(50) == 0) {
      const auto value = static_cast<uint8_t>(random_.Below(256));
      CHECK(host_.WriteConfig(static_cast<uint32_t>(random_.Below(4096)), &value, 1).ok());
    }
    if (random_.Below(10) == 0) Set(kMsixTableOffset + 4 * static_cast<uint32_t>(random_.Below(80)), 4, random_.Below(UINT32_MAX));
  }

  // The first entry of the queue after a bring-up. A status is as good as success (a random entry may have begun a sanitize).
  bool AnswersIdentify() {
    Sqe identify{};
    identify.opc = admin_opcode::kIdentify;
    identify.cdw10 = 1;
    identify.prp1 = regions_[0].pages[0];
    Scribble(sq_.memory.get(), &identify, sizeof identify);
    Set(reg::kDoorbells, 4, 1);
    const std::atomic_ref<uint32_t> last(*reinterpret_cast<uint32_t*>(cq_.memory.get() + 12));
    const uint64_t until = BoottimeNs() + kAnswerNs;
    while (last.load() == 0 && BoottimeNs() < until) usleep(100);
    return (last.load() >> 16 & 1) == 1;
  }

 private:
  static HostOptions Bare() {
    HostOptions options;
    options.bring_up = false;
    return options;
  }

  void Set(uint32_t offset, uint32_t bytes, uint64_t value) { CHECK(host_.WriteRegister(offset, bytes, value).ok()); }

  void Lend(DmaRegion& region, bool scattered) { CHECK(host_.Lend(3 * kPageBytes, scattered, &region).ok()); }

  void TakeBackARegion() {
    DmaRegion& region = AnyRegion();
    host_.TakeBack(region);
    region = {};
    Lend(region, random_.Below(2) == 0);
  }

  bool BecomesReady(uint32_t value) {
    const uint64_t until = BoottimeNs() + kAnswerNs;
    while (BoottimeNs() < until) {
      uint64_t csts = 0;
      if (!host_.ReadRegister(reg::kCsts, 4, &csts).ok()) return false;
      if ((csts & 1) == value) return true;
      usleep(100);
    }
    return false;
  }

  DmaRegion& AnyRegion() { return regions_[random_.Below(kRegions)]; }

  uint64_t AnyAddress() {
    const DmaRegion& region = AnyRegion();
    switch (random_.Below(6)) {
      case 0: return 0;
      case 1: return random_.Below(UINT64_MAX);
      case 2: return region.pages[random_.Below(3)] + 8 * random_.Below(512);
      case 3: return reinterpret_cast<uint64_t>(region.memory.get());
      default: return region.pages[random_.Below(3)];
    }
  }

  void WriteAnyEntry(uint16_t cid) {
    Sqe sqe{};
    sqe.opc = static_cast<uint8_t>(random_.Below(3) == 0 ? random_.Below(256) : random_.Below(13));
    sqe.cid = cid;
    sqe.nsid = static_cast<uint32_t>(random_.Below(3));
    sqe.mptr = AnyAddress();
    sqe.prp1 = AnyAddress();
    sqe.prp2 = AnyAddress();
    sqe.cdw10 = static_cast<uint32_t>(random_.Below(2) == 0 ? random_.Below(UINT32_MAX) : 15 << 16 | random_.Below(5));
    sqe.cdw11 = static_cast<uint32_t>(random_.Below(2) == 0 ? random_.Below(UINT32_MAX) : 1 << 16 | random_.Below(4));
    sqe.cdw12 = static_cast<uint32_t>(random_.Below(64));
    Scribble(sq_.memory.get() + random_.Below(kEntries) * sizeof sqe, &sqe, sizeof sqe);
  }

  Random random_{42};
  ModelHost host_;
  DmaRegion sq_, cq_, regions_[kRegions];
};

}  // namespace

void TestBare() {
  BenchFolder bench;
  const std::string path = bench.path + "/drive";
  CHECK(CreateDrive(path, BenchSpec(4096, 512)).ok());
  std::unique_ptr<DriveFile> file;
  CHECK(DriveFile::OpenAsHolder(path, &file).ok());
  WildHost host(std::move(file));
  for (uint32_t round = 0; round < kRounds; round++) {
    host.BringUp();
    for (uint32_t step = 0; step < kStepsOfARound; step++) host.DoWrong(static_cast<uint16_t>(step));
  }
  host.BringUp();
  CHECK(host.AnswersIdentify());
}
