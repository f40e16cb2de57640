// What must be on the drive, LBA by LBA: 4 bytes each (the version that was acknowledged last), plus a sparse record for
// what is still open: the last durable version, the newest submitted one. Memory-mapped; outlives the process. What is settled
// gives its record back when the table is written out. What has not reached the disk when the machine stops is unknown
// afterwards (WriteIntent).
//
// A version is the low 31 bits of a token, or with the top bit the CRC of a sector that a script wrote, or one of the
// words below. After a power loss an LBA may hold any version from its last durable one to the newest submitted one:
// durable is what was acknowledged with FUA, or without volatile cache, or before a flush that succeeded was submitted.
//
// Writers of an LBA exclude one another (a lock bit in its record); readers do not: a read may see any version from the
// one acknowledged when it was submitted to the newest submitted when it completed.
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/mapped_file.h"
#include "miscompare.h"
#include "recent_writes.h"
#include "stamp.h"
#include "core/status.h"
#include "write_intent.h"
#include "write_log.h"

namespace assay {

using Version = uint32_t;
constexpr Version kVersionUnknown = 0;
constexpr Version kVersionUncorrectable = 0x7fffffff;
constexpr Version kVersionZeroes = 0x7ffffffe;
constexpr Version kVersionCrcBit = 0x80000000;

// Version of a sector with foreign content.
Version CrcVersion(const uint8_t* sector, uint32_t bytes);

struct TableGeometry {
  uint64_t lba_count = 0;
  uint32_t lba_bytes = 0;
  uint64_t seed = 0;
  uint32_t zero_percent = 0;  // of what verifying workers write, sector by sector
  // Which namespace of which drive it speaks of; 0: nobody said.
  uint64_t namespace_id = 0;
  bool volatile_cache = false;
  // SMART power cycles now: a table that remembers fewer has missed a power loss.
  uint64_t power_cycles = 0;
};

enum class Rule : uint8_t { kExact, kDurableOrNewer };

// What a sector may be when it is read, taken when the read is submitted.
struct ReadFloor {
  Version version = kVersionUnknown;
  Version submitted = kVersionUnknown;
  bool quiet = false;  // nobody was writing: what the read finds was there before every later write
  uint64_t writes = 0;  // of the log: later ones end after this
};

enum class SectorState : uint8_t { kRight, kUnknown, kWrong };

struct SectorCheck {
  SectorState state = SectorState::kUnknown;
  // Of a sector that was not durable when the power went: the newest submitted version is there, or an older legal one.
  bool was_open = false;
  bool newest = false;
  // Of a right sector that worker wrote last: what it proves to be, if that is one of ours, and what was sent last.
  std::optional<uint64_t> got_token, sent_token;
  Miscompare miscompare;  // when kWrong
};

class VerifyTable {
 public:
  // Opens or creates. A file of another geometry or seed is replaced. The same path opened again in this process with the
  // same geometry is the same table. kFile, kLocked.
  static Status Open(const std::string& path, const TableGeometry& geometry, std::shared_ptr<VerifyTable>* out);
  // For a namespace that is too large for a table: sectors that workers wrote prove themselves, and everything is found
  // but that a sector is older than it should be. kFile.
  static Status OpenWithout(const TableGeometry& geometry, std::shared_ptr<VerifyTable>* out);
  ~VerifyTable();
  VerifyTable(const VerifyTable&) = delete;

  // LBAs from 0 on that the table covers: what lies behind is written and read without being followed. 0: no table.
  uint64_t lba_count() const { return geometry_.lba_count; }
  bool tracks() const { return geometry_.lba_count != 0; }
  uint32_t lba_bytes() const { return geometry_.lba_bytes; }
  const Stamp& stamp() const { return stamp_; }
  // Of this process.
  RecentWrites& recent() { return recent_; }

  // Writes everything out: what does not change from here on is believed after any stop of the machine. kResting: that is
  // so of what has not changed since the last Sync, and nobody who goes on changing the rest waits for the disk. Any thread.
  // kFile: the disk did not take it, now or when something had to be noted there before; from then on nothing is believed
  // after a stop, and each call says so.
  Status Sync(SyncScope scope = SyncScope::kAll);
  // LBAs that a worker is about to write, so that none of its commands waits until that is noted on the disk. Of a large
  // part of the table it is noted as it comes.
  void Announce(uint64_t slba, uint64_t count);
  // Everything is about to become unknown (format, sanitize): directly before the command that does it.
  void AnnounceClear();

  // ---- writers ----
  // Locks a range for one write; false when somebody else is writing an LBA of it.
  bool TryLock(uint64_t slba, uint64_t count);
  // Keeps writers away from a range that stays as it is, until Release.
  bool TryHold(uint64_t slba, uint64_t count) { return Take(slba, count, kLocked); }
  void Release(uint64_t slba, uint64_t count);
  // First of `count` tokens that nobody else gets.
  uint64_t TakeTokens(uint64_t count);
  static Version TokenVersion(uint64_t token) { return static_cast<Version>(token & 0x7fffffff); }
  // Locked, directly before the submission.
  void Submitted(uint64_t lba, Version version);
  // Locked, after the end of the write; unlocks. A deallocation is a hint: what was there before may still be there.
  void Ended(uint64_t slba, uint64_t count, WriteEnd end, bool fua, const WriteOrigin& origin = {});
  // Everything is unknown from now on (format, sanitize).
  void Clear();

  // ---- flush ----
  // Directly before a flush is submitted; pass the result on when it was acknowledged.
  uint32_t FlushSubmitted();
  void FlushAcknowledged(uint32_t epoch);

  // ---- power ----
  // More power cycles than the table remembers: a power loss.
  void PowerCycles(uint64_t now);
  void PowerLost(uint64_t power_cycles_now);

  // ---- readers ----
  ReadFloor Floor(uint64_t lba, Rule rule) const;
  // Read completed well. Under kDurableOrNewer what is found settles the question: it is the durable version from now on.
  // Without a table `written` says that a worker has written this LBA for certain, so that zeroes are wrong there.
  SectorCheck Check(uint64_t lba, const uint8_t* sector, ReadFloor floor, Rule rule, bool written = false);
  // The same for the common case, without a word about it: how many sectors from the first on, `stride` bytes apart, are
  // settled and hold the version that was acknowledged last. The one behind them is for Check.
  uint32_t PlainlyRight(uint64_t slba, uint64_t count, const uint8_t* data, uint32_t stride) const;
  // Read ended with an unrecovered read error; settles as Check does.
  SectorCheck CheckUnreadable(uint64_t lba, ReadFloor floor, Rule rule);
  // The table has something to say about this LBA, or had before the machine stopped.
  bool Concerns(uint64_t lba) const;
  // A command that found this LBA unreadable since `floor` may be right: it was written uncorrectable then, or can be again.
  bool MayBeUnreadable(uint64_t lba, const ReadFloor& floor, Rule rule) const;
  // Written uncorrectable, or about to be.
  bool Uncorrectable(uint64_t lba) const {
    return Covers(lba) && (Load(lba) == kVersionUncorrectable || records_[lba].submitted == kVersionUncorrectable);
  }
  // Locked: makes `sector` what must be on the drive. False when that is not known for certain or cannot be made from here.
  bool Expect(uint64_t lba, uint8_t* sector) const;
  // The version that another LBA gets when this one is copied there by the drive; kVersionUnknown when it is not certain.
  Version CopyOf(uint64_t lba) const;
  // The newest of the writes that were sent before the last power loss; none when there was none.
  std::vector<LoggedWrite> WritesBeforeLoss() const;
  // The newest writes that covered this LBA, newest first.
  std::vector<LoggedWrite> LastWrites(uint64_t lba) const { return log_->Covering(lba); }

 private:
  // Changed by whoever holds the lock bit, looked at by readers who do not.
  class Word {
   public:
    operator uint32_t() const { return std::atomic_ref(const_cast<uint32_t&>(value_)).load(std::memory_order_relaxed); }
    Word& operator=(uint32_t value) {
      std::atomic_ref(value_).store(value, std::memory_order_relaxed);
      return *this;
    }
    Word& operator=(const Word& other) { return *this = static_cast<uint32_t>(other); }

   private:
    uint32_t value_;
  };
  struct Record {
    Word durable;
    Word submitted;
    Word epoch;      // of the acknowledged version; 0: durable
    uint32_t state;  // session << 8 | flags
  };
  struct Header;
  static constexpr uint32_t kSessionShift = 8;
  static constexpr uint32_t kLocked = 1;
  // A version was passed over that is neither a token nor one of the three we keep.
  static constexpr uint32_t kMixed = 2;
  // A write timed out; it may come true at any time.
  static constexpr uint32_t kUntracked = 4;
  // The same as kMixed, of a write whose end is not certain: it may still be what is there when the next one is durable.
  static constexpr uint32_t kPassedOver = 8;
  // With kLocked: whoever has it writes.
  static constexpr uint32_t kWriting = 16;
  // With kMixed or kPassedOver: "written uncorrectable" was passed over.
  static constexpr uint32_t kPassedUnreadable = 32;
  static constexpr uint32_t kPassed = kMixed | kPassedOver | kPassedUnreadable;

  VerifyTable(std::string path, int fd, std::unique_ptr<MappedFile> file, const TableGeometry& geometry);
  enum class FileHolds { kNothing, kThisTable, kAnotherTable };
  static bool SameTable(const TableGeometry& a, const TableGeometry& b);
  // Opened or made, and locked; closed on failure.
  static Status TakeFile(const std::string& path, int* fd);
  static Status LookAt(const std::string& path, int fd, const TableGeometry& geometry, FileHolds* holds);
  static Status Make(const std::string& path, const TableGeometry& geometry, int fd, bool fresh, std::shared_ptr<VerifyTable>* out);
  void Begin(const TableGeometry& geometry);
  Status BeginSession();
  void LoseUnsynced();
  void Erase(uint64_t offset, uint64_t bytes);
  void RenewLease(uint64_t token);
  bool FlushHead();
  // The file has lost notes: no later session believes it.
  void Disown(int error);
  // The part of it that needs no lock; false: it is known.
  bool NoteLoss(int error);
  Status Written() const;
  bool Covers(uint64_t lba) const { return lba < geometry_.lba_count; }
  uint64_t Clip(uint64_t slba, uint64_t count) const { return Covers(slba) ? std::min(count, geometry_.lba_count - slba) : 0; }
  bool Take(uint64_t slba, uint64_t count, uint32_t lock);
  bool Knows(uint64_t lba) const;
  bool Settled(uint64_t lba) const;
  void Compact();
  void CompactPage(uint64_t offset, uint64_t first);
  void Log(uint64_t slba, uint64_t count, WriteEnd end, const WriteOrigin& origin);
  // The version that is there for certain, or kVersionUnknown.
  Version Certain(uint64_t lba) const;
  bool InLoss(uint32_t epoch) const;
  bool IsDurable(uint32_t epoch) const;
  Version Load(uint64_t lba) const { return entries_[lba]; }
  uint64_t NewestToken() const;
  uint64_t TokenAtLoss() const;
  uint32_t SubmitEpoch() const;
  uint32_t Session() const;
  uint64_t Widen(Version version, uint64_t not_above) const;
  uint64_t Full(Version version) const;
  bool Allowed(uint64_t token, Version low, Version high) const;
  bool Lost(uint64_t lba, Version low, Version high) const;
  bool OneVersionOnly(uint64_t lba, const ReadFloor& floor, Rule rule) const;
  void Settle(uint64_t lba, Version found, const ReadFloor& floor);
  SectorCheck CheckAlone(uint64_t lba, const uint8_t* sector, bool written) const;
  SectorCheck Wrong(uint64_t lba, const uint8_t* sector, Version low, Version high, Rule rule) const;

  std::string path_;
  int fd_;
  std::unique_ptr<MappedFile> file_;
  uint8_t* map_;
  size_t bytes_;
  TableGeometry geometry_;
  Stamp stamp_;
  Header* header_;
  Word* entries_;
  Record* records_;
  std::optional<WriteLog> log_;
  RecentWrites recent_;
  std::optional<WriteIntent> intent_;
  std::atomic<int> disk_error_{0};  // the first
  std::mutex sync_mutex_, lease_mutex_;
};

}  // namespace assay
