// What a cut of the power leaves of the sectors of a software drive: by each policy, at its borders.
#include <set>
#include <string>
#include <vector>

#include "model/media/media.h"
#include "bench_drive.h"

using namespace assay;
using namespace assay::model;

namespace {

constexpr uint32_t kLbaBytes = 512;
constexpr uint64_t kLbas = 4096;
constexpr uint64_t kSeeds = 200;  // as many cuts as make every outcome of a few commands appear
using Contents = std::vector<uint8_t>;

// A drive whose sectors hold one byte over and over, 0 at first.
class Bench {
 public:
  explicit Bench(const std::string& path, uint32_t policy = kLoseAll, uint32_t lba_format = 0) {
    DriveSpec spec = BenchSpec(kLbas, kLbaBytes);
    spec.namespaces[0].lba_format = lba_format;
    spec.loss_policy = policy;
    spec.cache_bytes = 0;  // the smallest
    CHECK(CreateDrive(path, spec).ok());
    CHECK(DriveFile::OpenAsHolder(path, &file).ok());
    media = std::make_unique<Media>(file.get(), 1);
  }
  // As one command.
  void Write(uint64_t slba, uint64_t count, uint8_t fill) {
    file->header().smart.io_commands++;
    const std::vector<uint8_t> data(kLbaBytes, fill);
    for (uint64_t lba = slba; lba < slba + count; lba++) media->Write(lba, data.data(), kSectorWritten, data.data());
  }
  Contents Read(uint64_t slba, uint64_t count) const {
    Contents contents;
    for (uint64_t lba = slba; lba < slba + count; lba++) {
      const uint8_t* sector = media->Read(lba);
      CHECK(std::count(sector, sector + kLbaBytes, sector[0]) == kLbaBytes);
      CHECK(media->Written(lba) || sector[0] == 0);
      contents.push_back(sector[0]);
    }
    return contents;
  }
  uint64_t CacheSectors() const { return file->header().undo_bytes / kLbaBytes; }

  std::unique_ptr<DriveFile> file;
  std::unique_ptr<Media> media;
};

// Everything that `count` LBAs hold after a cut of what `write` wrote, over many seeds.
template <typename Write>
std::set<Contents> Outcomes(Bench& bench, uint64_t count, uint32_t atomic_lbas, Write write) {
  std::set<Contents> outcomes;
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    bench.Write(0, count, 0);
    bench.media->MakeAllDurable();
    write();
    bench.media->LosePower(seed, atomic_lbas);
    outcomes.insert(bench.Read(0, count));
  }
  return outcomes;
}

void WhatIsDurableStays(const std::string& path) {
  Bench bench(path);
  bench.Write(0, 4, 1);
  bench.media->MakeAllDurable();
  // The newest of what is made durable stays, however often the sector was written before.
  for (const uint8_t fill : {2, 3, 4}) bench.Write(1, 3, fill);
  bench.media->MakeDurable(1, 1);
  bench.Write(2, 1, 5);
  bench.Write(4, 1, 6);
  CHECK(bench.media->LosePower(1, 1) == 3 * 2 + 1 + 1);
  CHECK(bench.Read(0, 5) == (Contents{1, 4, 1, 1, 0}));
  CHECK(bench.media->Written(3) && !bench.media->Written(4));
  // What came back is what is there: the next cut has nothing to take.
  CHECK(bench.media->LosePower(2, 1) == 0);
  CHECK(bench.Read(0, 5) == (Contents{1, 4, 1, 1, 0}));
}

void MetadataComeBackWithTheirData(const std::string& path) {
  Bench bench(path, kLoseAll, 2);
  CHECK(bench.media->metadata_bytes() == 8);
  bench.Write(0, 4, 1);
  bench.media->MakeAllDurable();
  bench.Write(2, 2, 2);
  CHECK(bench.media->ReadMetadata(2)[7] == 2);
  bench.media->LosePower(1, 1);
  for (uint64_t lba = 0; lba < 4; lba++) CHECK(bench.media->ReadMetadata(lba)[0] == 1 && bench.media->ReadMetadata(lba)[7] == 1);
}

// A process that dies while it overwrites a sector: the sector is finished first, and lost after that.
void AHalfWrittenSectorIsNoSurvivor(const std::string& path) {
  Bench bench(path);
  bench.Write(3, 1, 1);
  bench.media->MakeAllDurable();
  bench.Write(3, 1, 2);
  bench.file->header().scratch.lba_plus_one = 3 + 1;
  bench.media->Raw(3)[100] = 1;
  bench.media->LosePower(1, 1);
  bench.media->FinishScratch();
  CHECK(bench.Read(3, 1) == Contents{1});
}

// The oldest command makes room, with all its sectors: what is atomic is not durable by halves.
void AFullCacheDestagesWholeCommands(const std::string& path) {
  Bench bench(path);
  const uint64_t sectors = bench.CacheSectors();
  bench.Write(0, 8, 1);
  bench.Write(8, sectors - 8, 2);
  bench.Write(sectors, 1, 3);
  bench.media->LosePower(1, 8);
  CHECK(bench.Read(0, 9) == (Contents{1, 1, 1, 1, 1, 1, 1, 1, 0}) && bench.Read(sectors, 1) == Contents{0});
}

// Of few sectors a deallocation is a write like others, of many it is durable at once.
void LongDeallocationsAreDurable(const std::string& path) {
  Bench bench(path);
  for (const uint64_t count : {bench.CacheSectors() / 8, bench.CacheSectors() / 2}) {
    bench.Write(0, 2, 1);
    bench.media->MakeAllDurable();
    bench.Write(0, 2, 2);
    bench.media->Deallocate(0, count);
    CHECK(bench.Read(0, 2) == (Contents{0, 0}) && !bench.media->Written(1));
    bench.media->LosePower(1, 1);
    const bool kept = count > bench.CacheSectors() / 4;
    CHECK(bench.Read(0, 2) == (kept ? Contents{0, 0} : Contents{1, 1}) && bench.media->Written(1) == !kept);
  }
}

// What was there before a write that is not durable; nobody knows it any more once it is.
void ThePreviousContentsAreThoseOfTheCache(const std::string& path) {
  Bench bench(path);
  bench.Write(1, 1, 1);
  bench.media->MakeAllDurable();
  bench.Write(2, 1, 1);
  CHECK(bench.media->Previous(1) == nullptr && bench.media->Previous(2)[0] == 0);
  bench.Write(1, 1, 2);
  bench.Write(1, 1, 3);
  CHECK(bench.media->Previous(1)[0] == 2);
}

void APrefixOfCommandsIsKept(const std::string& path) {
  Bench bench(path, kKeepPrefix);
  const auto write = [&] {
    bench.Write(0, 2, 1);
    bench.Write(2, 3, 2);
    bench.Write(4, 2, 3);
  };
  for (const uint32_t atomic_lbas : {1, 8}) {
    CHECK(Outcomes(bench, 6, atomic_lbas, write) == (std::set<Contents>{{0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0}, {1, 1, 2, 2, 2, 0}, {1, 1, 2, 2, 3, 3}}));
  }
}

void ATornCommandIsLongerThanTheAtomicUnit(const std::string& path) {
  Bench bench(path, kTorn);
  const auto write = [&] { bench.Write(0, 4, 1); };
  const std::set<Contents> whole{{0, 0, 0, 0}, {1, 1, 1, 1}};
  std::set<Contents> torn = whole;
  torn.insert({{1, 0, 0, 0}, {1, 1, 0, 0}, {1, 1, 1, 0}});
  CHECK(Outcomes(bench, 4, 4, write) == whole && Outcomes(bench, 4, 5, write) == whole);
  for (const uint32_t atomic_lbas : {1, 2, 3}) CHECK(Outcomes(bench, 4, atomic_lbas, write) == torn);
}

// Each command survives or does not, whatever becomes of the others; of two on one LBA the newer one is there if it survived.
void AnyOfTheCommandsSurvive(const std::string& path) {
  Bench bench(path, kReordered);
  const auto write = [&] {
    bench.Write(0, 2, 1);
    bench.Write(1, 2, 2);
  };
  const std::set<Contents> whole{{0, 0, 0}, {1, 1, 0}, {0, 2, 2}, {1, 2, 2}};
  for (const uint32_t atomic_lbas : {2, 3}) CHECK(Outcomes(bench, 3, atomic_lbas, write) == whole);
  // Sector by sector where they are longer than the unit.
  std::set<Contents> any;
  for (const uint8_t zero : {0, 1}) {
    for (const uint8_t one : {0, 1, 2}) {
      for (const uint8_t two : {0, 2}) any.insert({zero, one, two});
    }
  }
  CHECK(Outcomes(bench, 3, 1, write) == any);
}

void AnyPolicyIsEachOfThem(const std::string& path) {
  Bench bench(path, kAnyLoss);
  const auto write = [&] {
    bench.Write(0, 2, 1);
    bench.Write(2, 2, 2);
  };
  const std::set<Contents> outcomes = Outcomes(bench, 4, 2, write);
  CHECK(outcomes == (std::set<Contents>{{0, 0, 0, 0}, {1, 1, 0, 0}, {0, 0, 2, 2}, {1, 1, 2, 2}}));
  CHECK(Outcomes(bench, 4, 1, write).contains({1, 0, 0, 0}));
}

}  // namespace

void TestPowerLoss() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number); };
  WhatIsDurableStays(next());
  MetadataComeBackWithTheirData(next());
  AHalfWrittenSectorIsNoSurvivor(next());
  AFullCacheDestagesWholeCommands(next());
  LongDeallocationsAreDurable(next());
  ThePreviousContentsAreThoseOfTheCache(next());
  APrefixOfCommandsIsKept(next());
  ATornCommandIsLongerThanTheAtomicUnit(next());
  AnyOfTheCommandsSurvive(next());
  AnyPolicyIsEachOfThem(next());
}
