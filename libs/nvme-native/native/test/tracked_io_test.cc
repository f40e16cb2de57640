// What commands of scripts leave in the verify table: requests as a pump admits and ends them, and no drive.
#include "core/verify/tracked_io.h"

#include <cstring>

#include "bench_drive.h"
#include "check.h"
#include "verify_bench.h"

using namespace assay;

namespace {

constexpr TableGeometry kGeometry = GeometryOf(32);
constexpr uint32_t kEveryNamespace = UINT32_MAX;
constexpr Cqe kFailed = {.cdw0 = 0, .cdw1 = 0, .sqhd = 0, .sqid = 0, .cid = 0, .status = MakeStatus(2, 0x80)};

struct Script {
  explicit Script(const std::string& path) : ns(nullptr, {.lba_bytes = kLbaBytes, .lba_count = kGeometry.lba_count, .deallocated_zeroes = true}), table(OpenTable(path, kGeometry)) {
    ns.SetTable(table);
  }

  // Of LBA 3 what a read finds, as the table sees it.
  SectorState Reads(const Sector& sector, uint64_t lba = 3) { return ::assay::Reads(*table, lba, sector, Rule::kDurableOrNewer); }

  Namespace ns;
  std::shared_ptr<VerifyTable> table;
};

// One command on its way.
class Sent {
 public:
  Sent(Script& script, uint8_t opcode, uint64_t slba, uint64_t lbas, Sector data = {}, uint32_t bits = 0, uint32_t nsid = 1) : data_(std::move(data)) {
    request_.command.sqe.nsid = nsid;
    request_.command.sqe.opc = opcode;
    request_.command.sqe.SetSlba(slba);
    request_.command.sqe.cdw12 = static_cast<uint32_t>(lbas - 1) | bits;
    Track(script);
  }
  // Dataset Management.
  Sent(Script& script, const std::vector<std::pair<uint64_t, uint32_t>>& ranges, uint32_t attributes) : data_(ranges.size() * 16) {
    for (size_t i = 0; i < ranges.size(); i++) {
      std::memcpy(&data_[i * 16 + 4], &ranges[i].second, 4);
      std::memcpy(&data_[i * 16 + 8], &ranges[i].first, 8);
    }
    request_.command.sqe.nsid = 1;
    request_.command.sqe.opc = nvm_opcode::kDatasetManagement;
    request_.command.sqe.cdw10 = static_cast<uint32_t>(ranges.size() - 1);
    request_.command.sqe.cdw11 = attributes;
    Track(script);
  }

  bool Admit() {
    if (request_.admit && !request_.admit(request_)) return false;
    request_.admit = nullptr;
    return true;
  }
  Done End(const Cqe& cqe = {}, bool released = true) {
    Done done;
    done.cqe = cqe;
    done.completed = true;
    done.local = cqe.Sct() == kLocalSct;
    done.released = released;
    request_.finish(Status::Ok(), done, request_);
    return told_;
  }
  Done Do(const Cqe& cqe = {}) {
    CHECK(Admit());
    return End(cqe);
  }

 private:
  void Track(Script& script) {
    request_.command.data = data_.data();
    request_.command.data_bytes = static_cast<uint32_t>(data_.size());
    if (!data_.empty()) request_.command.direction = Direction::kToDevice;
    request_.finish = [this](const Status&, const Done& done, Request&) { told_ = done; };
    TrackRequest(script.ns, &request_);
  }

  Sector data_;
  Request request_;
  Done told_;
};

void Flush(Script& script, uint32_t nsid, const Cqe& cqe = {}) { Sent(script, nvm_opcode::kFlush, 0, 1, {}, 0, nsid).Do(cqe); }

// NVMe Base 2.0, 7.1: a flush may be of every namespace.
void AFlushIsOfThisNamespaceOrOfAll(const std::string& path) {
  for (const uint32_t nsid : {1u, kEveryNamespace, 2u}) {
    for (const bool failed : {false, true}) {
      Script script(path + std::to_string(nsid) + (failed ? "failed" : ""));
      Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(1)).Do();
      Flush(script, nsid, failed ? kFailed : Cqe{});
      script.table->PowerLost(2);
      CHECK(script.Reads(kZeroes) == (nsid == 2 || failed ? SectorState::kRight : SectorState::kWrong));
    }
  }
}

void FuaIsDurableAtOnce(const std::string& path) {
  for (const uint8_t opcode : {nvm_opcode::kWrite, nvm_opcode::kWriteZeroes}) {
    for (const bool fua : {false, true}) {
      Script script(path + std::to_string(opcode) + (fua ? "fua" : ""));
      Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(7), kCdw12Fua).Do();
      Sent(script, opcode, 3, 1, opcode == nvm_opcode::kWrite ? Foreign(1) : Sector(), fua ? kCdw12Fua : 0).Do();
      script.table->PowerLost(2);
      CHECK(script.Reads(Foreign(7)) == (fua ? SectorState::kWrong : SectorState::kRight));
    }
  }
}

// NVM Command Set 1.0, 3.2.3: without AD the ranges are hints about future access, and change nothing.
void OnlyADeallocationDeallocates(const std::string& path) {
  for (const uint32_t attributes : {4u, 3u}) {
    Script script(path + std::to_string(attributes));
    Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(1)).Do();
    Sent(script, {{3, 1}}, attributes).Do();
    CHECK(script.Reads(kZeroes) == (attributes == 4 ? SectorState::kRight : SectorState::kWrong));
  }
}

// Ranges that overlap, touch, lie apart or behind the end: the command covers each LBA of them, and no other.
void EveryLbaOfADeallocationIsFollowed(const std::string& path) {
  Script script(path);
  const uint64_t end = kGeometry.lba_count;
  for (uint64_t lba = 0; lba < end; lba++) Sent(script, nvm_opcode::kWrite, lba, 1, Foreign(1)).Do();
  Sent ranges(script, {{9, 4}, {2, 8}, {3, 1}, {13, 1}, {20, 2}, {end - 1, 50}, {end, 1}, {5, 0}}, 4);
  CHECK(ranges.Admit());
  for (uint64_t lba = 0; lba < end; lba++) {
    const bool covered = (lba >= 2 && lba < 14) || lba == 20 || lba == 21 || lba == end - 1;
    // Nobody else writes there meanwhile.
    const bool free = script.table->TryLock(lba, 1);
    CHECK(free == !covered);
    if (free) script.table->Ended(lba, 1, WriteEnd::kNotSent, false);
  }
  ranges.End();
  for (uint64_t lba = 0; lba < end; lba++) {
    const bool covered = (lba >= 2 && lba < 14) || lba == 20 || lba == 21 || lba == end - 1;
    CHECK(script.Reads(kZeroes, lba) == (covered ? SectorState::kRight : SectorState::kWrong));
  }
}

// A range that somebody writes holds the whole command back, and none of its other ranges.
void WhoWaitsHoldsNothing(const std::string& path) {
  Script script(path);
  CHECK(script.table->TryLock(20, 1));
  Sent ranges(script, {{2, 8}, {20, 2}}, 4);
  CHECK(!ranges.Admit());
  CHECK(script.table->TryLock(2, 8) && !script.table->TryLock(20, 1) && script.table->TryLock(21, 1));
  for (const uint64_t lba : {2, 20, 21}) script.table->Ended(lba, lba == 2 ? 8 : 1, WriteEnd::kNotSent, false);
  CHECK(ranges.Admit());
}

void AWriteThatFailedIsOldOrNew(const std::string& path) {
  enum { kSaysSo, kLate, kReset };
  for (const int how : {kSaysSo, kLate, kReset}) {
    Script script(path + std::to_string(how));
    Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(1)).Do();
    Sent failed(script, nvm_opcode::kWrite, 3, 1, Foreign(2));
    CHECK(failed.Admit());
    Cqe cqe = kFailed;
    if (how != kSaysSo) cqe.status = MakeStatus(kLocalSct, how == kLate ? kLocalTimedOut : kLocalTerminated);
    failed.End(cqe, how != kLate);
    // What timed out may come true at any time.
    CHECK(script.Reads(kZeroes) == (how == kLate ? SectorState::kUnknown : SectorState::kWrong));
    CHECK(script.Reads(Foreign(2)) == (how == kLate ? SectorState::kUnknown : SectorState::kRight));
  }
}

// Sectors of the data as they lie there: alone or with metadata between them; otherwise nobody knows what was written.
void DataOfAnotherShapeAreUnknown(const std::string& path) {
  Script script(path);
  Sector two = Foreign(1), odd = Foreign(1);
  const Sector second = Foreign(2);
  two.insert(two.end(), second.begin(), second.end());
  Sent(script, nvm_opcode::kWrite, 3, 2, two).Do();
  CHECK(script.Reads(Foreign(1)) == SectorState::kRight && script.Reads(Foreign(2), 4) == SectorState::kRight && script.Reads(kZeroes, 4) == SectorState::kWrong);
  odd.resize(700);
  Sent(script, nvm_opcode::kWrite, 3, 1, odd).Do();
  CHECK(script.Reads(Foreign(9)) == SectorState::kUnknown && script.Reads(kZeroes, 4) == SectorState::kWrong);
}

void ACopyTakesItsVersionsAlong(const std::string& path) {
  Script script(path);
  Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(1), kCdw12Fua).Do();
  Sent(script, nvm_opcode::kWriteZeroes, 4, 1, {}, kCdw12Fua).Do();
  const Sector stamped = Write(*script.table, 9, WriteEnd::kAcknowledged, true);
  for (uint64_t lba = 16; lba < 20; lba++) Sent(script, nvm_opcode::kWrite, lba, 1, Foreign(7), kCdw12Fua).Do();
  // From 3 and 4, then from 9, to 16, 17 and 18.
  Sector ranges(64);
  const uint64_t from[] = {3, 9};
  const uint16_t last[] = {1, 0};
  for (size_t i = 0; i < 2; i++) {
    std::memcpy(&ranges[i * 32 + 8], &from[i], 8);
    std::memcpy(&ranges[i * 32 + 16], &last[i], 2);
  }
  Sent(script, nvm_opcode::kCopy, 16, 2, ranges).Do();
  CHECK(script.Reads(Foreign(1), 16) == SectorState::kRight && script.Reads(kZeroes, 17) == SectorState::kRight && script.Reads(stamped, 18) == SectorState::kRight);
  for (uint64_t lba = 16; lba < 19; lba++) CHECK(script.Reads(Foreign(7), lba) == SectorState::kWrong);
  CHECK(script.Reads(Foreign(7), 19) == SectorState::kRight);
}

// The drive copies it before or after: only what stood still is known.
void ACopyOfWhatOthersWriteMeanwhileIsUnknown(const std::string& path) {
  Script script(path);
  for (uint64_t lba = 3; lba < 6; lba++) Sent(script, nvm_opcode::kWrite, lba, 1, Foreign(1), kCdw12Fua).Do();
  Sector range(32);
  const uint64_t from = 3;
  const uint16_t last = 2;
  std::memcpy(&range[8], &from, 8);
  std::memcpy(&range[16], &last, 2);
  Sent copy(script, nvm_opcode::kCopy, 16, 1, range, kCdw12Fua);
  CHECK(copy.Admit());
  Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(2), kCdw12Fua).Do();
  Sent later(script, nvm_opcode::kWrite, 4, 1, Foreign(2), kCdw12Fua);
  CHECK(later.Admit());
  copy.End();
  later.End();
  for (uint64_t lba : {16, 17}) CHECK(script.Reads(Foreign(2), lba) == SectorState::kUnknown && script.Reads(Foreign(1), lba) == SectorState::kUnknown);
  CHECK(script.Reads(Foreign(1), 18) == SectorState::kRight && script.Reads(Foreign(2), 18) == SectorState::kWrong);
}

// Where it went is what the drive says; one that failed wrote nothing, one of which nobody knows may be anywhere.
void AnAppendIsWhereTheDriveSays(const std::string& path) {
  Script script(path);
  Sent(script, nvm_opcode::kWrite, 3, 1, Foreign(1), kCdw12Fua).Do();
  Cqe at{};
  at.cdw0 = 12;
  Sent(script, nvm_opcode::kZoneAppend, 10, 1, Foreign(2)).Do(at);
  CHECK(script.Reads(Foreign(2), 12) == SectorState::kRight && script.Reads(kZeroes, 12) == SectorState::kWrong && script.Reads(kZeroes, 10) == SectorState::kUnknown);
  Sent(script, nvm_opcode::kZoneAppend, 10, 1, Foreign(3)).Do(kFailed);
  CHECK(script.Reads(kZeroes, 12) == SectorState::kWrong && script.Reads(kZeroes) == SectorState::kWrong);
  Sent late(script, nvm_opcode::kZoneAppend, 10, 1, Foreign(3));
  CHECK(late.Admit());
  Cqe timed_out{};
  timed_out.status = MakeStatus(kLocalSct, kLocalTimedOut);
  late.End(timed_out, false);
  CHECK(script.Reads(kZeroes, 12) == SectorState::kUnknown && script.Reads(kZeroes) == SectorState::kUnknown);
}

// A read that is checked ends with 07/81, and says what was wrong.
void ACheckedReadTellsWhatIsWrong(const std::string& path) {
  Script script(path);
  script.ns.SetVerifyReads(true);
  for (uint64_t lba = 3; lba < 6; lba++) Sent(script, nvm_opcode::kWrite, lba, 1, Foreign(static_cast<uint8_t>(lba))).Do();
  const auto reads = [&](uint8_t second) {
    Sector data;
    for (const uint8_t fill : {uint8_t{3}, second, uint8_t{5}}) data.insert(data.end(), kLbaBytes, fill);
    return Sent(script, nvm_opcode::kRead, 3, 3, data).Do().cqe;
  };
  CHECK(reads(4).Ok() && script.ns.miscompares()->Take().empty());
  const Cqe wrong = reads(9);
  CHECK(wrong.Sct() == kLocalSct && wrong.Sc() == kLocalMiscompare);
  const auto found = script.ns.miscompares()->Take();
  CHECK(found.size() == 1 && found[0].lba == 4 && found[0].nsid == 1 && found[0].last_writes.size() == 1);
  script.ns.SetVerifyReads(false);
  CHECK(reads(9).Ok());
}

}  // namespace

void TestTrackedIo() {
  BenchFolder bench;
  int number = 0;
  const auto next = [&] { return bench.path + "/" + std::to_string(++number) + "-"; };
  AFlushIsOfThisNamespaceOrOfAll(next());
  FuaIsDurableAtOnce(next());
  OnlyADeallocationDeallocates(next());
  EveryLbaOfADeallocationIsFollowed(next());
  WhoWaitsHoldsNothing(next());
  AWriteThatFailedIsOldOrNew(next());
  DataOfAnotherShapeAreUnknown(next());
  ACopyTakesItsVersionsAlong(next());
  ACopyOfWhatOthersWriteMeanwhileIsUnknown(next());
  AnAppendIsWhereTheDriveSays(next());
  ACheckedReadTellsWhatIsWrong(next());
}
