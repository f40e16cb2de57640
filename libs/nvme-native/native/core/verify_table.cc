#include "verify_table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "clock.h"
#include "crc32c.h"

namespace assay {
namespace {

constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'V', 'F', 'Y'};
constexpr uint32_t kTableVersion = 1;
constexpr uint64_t kHeaderBytes = 4096;
constexpr uint32_t kMaxLosses = 32;

struct Loss {
  uint32_t from, to;
};

uint64_t RoundUp(uint64_t value) { return (value + 4095) / 4096 * 4096; }

bool IsToken(Version version) {
  return version != kVersionUnknown && version < kVersionZeroes;
}

// Tables that are open in this process, by path.
std::mutex registry_mutex;
std::map<std::string, std::weak_ptr<VerifyTable>>& Registry() {
  static auto* registry = new std::map<std::string, std::weak_ptr<VerifyTable>>;
  return *registry;
}

}  // namespace

struct VerifyTable::Header {
  char magic[8];
  uint32_t version;
  uint32_t lba_bytes;
  uint64_t lba_count;
  uint64_t seed;
  uint32_t volatile_cache;
  uint32_t session;  // number of the opening; lock bits of earlier ones are void
  uint64_t power_cycles;
  std::atomic<uint64_t> next_token;
  std::atomic<uint64_t> token_at_loss;  // tokens below were submitted before the last power loss
  std::atomic<uint32_t> submit_epoch;
  std::atomic<uint32_t> durable_epoch;  // acknowledged in an earlier epoch: durable
  std::atomic<uint32_t> loss_count;
  Loss losses[kMaxLosses];
};

Version CrcVersion(const uint8_t* sector, uint32_t bytes) { return Crc32c(sector, bytes) | kVersionCrcBit; }

VerifyTable::VerifyTable(std::string path, int fd, uint8_t* map, size_t bytes, const TableGeometry& geometry)
    : path_(std::move(path)), fd_(fd), map_(map), bytes_(bytes), geometry_(geometry), stamp_(geometry.seed) {
  header_ = reinterpret_cast<Header*>(map_);
  entries_ = reinterpret_cast<Word*>(map_ + kHeaderBytes);
  records_ = reinterpret_cast<Record*>(map_ + kHeaderBytes + RoundUp(geometry.lba_count * sizeof(Version)));
}

VerifyTable::~VerifyTable() {
  munmap(map_, bytes_);
  close(fd_);
}

Status VerifyTable::Open(const std::string& path, const TableGeometry& geometry, std::shared_ptr<VerifyTable>* out) {
  std::lock_guard lock(registry_mutex);
  auto& known = Registry()[path];
  if (auto table = known.lock()) {
    const TableGeometry& g = table->geometry_;
    if (g.lba_bytes == geometry.lba_bytes && g.lba_count == geometry.lba_count && g.seed == geometry.seed) {
      table->PowerCycles(geometry.power_cycles);
      *out = std::move(table);
      return Status::Ok();
    }
    // Whoever still uses the old table keeps its file, which has no name any more.
    unlink(path.c_str());
  }
  for (int attempt = 0; attempt < 2; attempt++) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Status::Error(Code::kFile, "cannot open the verify table " + path + ": " + std::strerror(errno));
    struct flock held {};
    held.l_type = F_WRLCK;
    held.l_whence = SEEK_SET;
    if (fcntl(fd, F_OFD_SETLK, &held) != 0) {
      close(fd);
      return Status::Error(Code::kLocked, "the verify table " + path + " is in use by another process");
    }
    Header header;
    const ssize_t got = pread(fd, &header, sizeof header, 0);
    const bool ours = got == static_cast<ssize_t>(sizeof header) && std::memcmp(header.magic, kMagic, 8) == 0;
    if (ours && header.version > kTableVersion) {
      close(fd);
      return Status::Error(Code::kFile, "the verify table " + path + " is of version " + std::to_string(header.version) + ", this driver knows " + std::to_string(kTableVersion));
    }
    if (got > 0 && !ours) {
      close(fd);
      return Status::Error(Code::kFile, path + " is not a verify table");
    }
    if (ours && header.loss_count.load() > kMaxLosses) {
      close(fd);
      return Status::Error(Code::kFile, "the verify table " + path + " has a damaged header");
    }
    const bool same = ours && header.version == kTableVersion && header.lba_bytes == geometry.lba_bytes &&
                      header.lba_count == geometry.lba_count && header.seed == geometry.seed;
    if (got > 0 && !same) {
      unlink(path.c_str());
      close(fd);
      continue;
    }
    std::shared_ptr<VerifyTable> table;
    if (Status s = Make(path, geometry, fd, got == 0, &table); !s.ok()) return s;
    known = table;
    *out = std::move(table);
    return Status::Ok();
  }
  return Status::Error(Code::kFile, "cannot replace the verify table " + path);
}

Status VerifyTable::Make(const std::string& path, const TableGeometry& geometry, int fd, bool fresh, std::shared_ptr<VerifyTable>* out) {
  const uint64_t bytes = kHeaderBytes + RoundUp(geometry.lba_count * sizeof(Version)) + RoundUp(geometry.lba_count * sizeof(Record));
  auto fail = [&](const std::string& why) {
    close(fd);
    return Status::Error(Code::kFile, "cannot make the verify table " + path + ": " + why);
  };
  if (fresh) {
    struct statvfs fs;
    if (fstatvfs(fd, &fs) == 0 && fs.f_bavail * fs.f_frsize < bytes) {
      unlink(path.c_str());
      return fail("it can come to need " + std::to_string(bytes) + " bytes, the file system has " + std::to_string(fs.f_bavail * fs.f_frsize) + " free");
    }
  }
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0) return fail(std::strerror(errno));
  void* map = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return fail(std::strerror(errno));
  std::shared_ptr<VerifyTable> table(new VerifyTable(path, fd, static_cast<uint8_t*>(map), bytes, geometry));
  Header* h = table->header_;
  if (fresh) {
    h->version = kTableVersion;
    h->lba_bytes = geometry.lba_bytes;
    h->lba_count = geometry.lba_count;
    h->seed = geometry.seed;
    h->power_cycles = geometry.power_cycles;
    // Above every token of an earlier table of the same drive, whose sectors may still be there.
    h->next_token = RealtimeNs() / 64;
    h->submit_epoch = 1;
    h->durable_epoch = 1;
    std::memcpy(h->magic, kMagic, 8);
  }
  h->session = (h->session + 1) & 0xffffff;
  h->volatile_cache = geometry.volatile_cache;
  table->PowerCycles(geometry.power_cycles);
  *out = std::move(table);
  return Status::Ok();
}

uint64_t VerifyTable::NewestToken() const { return header_->next_token.load(std::memory_order_relaxed) - 1; }
uint64_t VerifyTable::TokenAtLoss() const { return header_->token_at_loss.load(std::memory_order_relaxed); }
uint32_t VerifyTable::Session() const { return header_->session; }
uint32_t VerifyTable::SubmitEpoch() const { return header_->submit_epoch.load(std::memory_order_relaxed); }

// ---- writers ----

bool VerifyTable::TryLock(uint64_t slba, uint64_t count) {
  assert(slba + count <= geometry_.lba_count);
  const uint32_t session = header_->session << kSessionShift;
  for (uint64_t i = 0; i < count; i++) {
    std::atomic_ref<uint32_t> state(records_[slba + i].state);
    uint32_t seen = state.load(std::memory_order_relaxed);
    bool taken = false;
    while (!taken) {
      const bool current = (seen >> kSessionShift) == header_->session;
      if (current && (seen & kLocked)) break;
      // Only the lock is void after a restart; what else is noted stays true.
      const uint32_t flags = seen & (kMixed | kUntracked);
      taken = state.compare_exchange_weak(seen, session | flags | kLocked, std::memory_order_acquire);
    }
    if (taken) continue;
    while (i > 0) {
      i--;
      std::atomic_ref<uint32_t>(records_[slba + i].state).fetch_and(~kLocked, std::memory_order_release);
    }
    return false;
  }
  return true;
}

uint64_t VerifyTable::TakeTokens(uint64_t count) {
  for (;;) {
    const uint64_t first = header_->next_token.fetch_add(count, std::memory_order_relaxed);
    const uint64_t low = first & 0x7fffffff;
    // None of them may look like one of the special words.
    if (low != 0 && low + count <= kVersionZeroes) return first;
  }
}

void VerifyTable::Submitted(uint64_t lba, Version version) {
  records_[lba].submitted = version;
}

void VerifyTable::Ended(uint64_t slba, uint64_t count, WriteEnd end, bool fua) {
  const bool durable_now = fua || !geometry_.volatile_cache;
  const uint32_t epoch = header_->submit_epoch.load(std::memory_order_acquire);
  for (uint64_t i = 0; i < count; i++) {
    Record& record = records_[slba + i];
    std::atomic_ref<uint32_t> state(record.state);
    const Version acknowledged = Load(slba + i);
    uint32_t set = 0, clear = kLocked;
    if (end == WriteEnd::kNotSent) {
      // Only the lock goes.
    } else if (record.submitted == kVersionUnknown && end != WriteEnd::kUnknown) {
      // An unverified write: whatever is there now or after a power loss is legal.
      entries_[slba + i] = kVersionUnknown;
      record.durable = kVersionUnknown;
      record.epoch = 0;
      clear |= kMixed;
    } else if (end == WriteEnd::kAcknowledged) {
      if (IsDurable(record.epoch)) {
        record.durable = acknowledged;
        clear |= kMixed;
      } else if (!IsToken(acknowledged)) {
        set |= kMixed;
      }
      entries_[slba + i] = record.submitted;
      if (durable_now) {
        record.durable = record.submitted;
        record.epoch = 0;
        set = 0;
        clear |= kMixed;
      } else {
        record.epoch = epoch;
      }
    } else if (end == WriteEnd::kUnknown) {
      set |= kUntracked;
    }
    uint32_t seen = state.load(std::memory_order_relaxed);
    while (!state.compare_exchange_weak(seen, (seen & ~clear) | set, std::memory_order_release)) {
    }
  }
}

void VerifyTable::Clear() {
  const uint64_t bytes = bytes_ - kHeaderBytes;
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(kHeaderBytes), static_cast<off_t>(bytes)) != 0) {
    std::memset(map_ + kHeaderBytes, 0, bytes);
  }
}

// ---- flush ----

uint32_t VerifyTable::FlushSubmitted() { return header_->submit_epoch.fetch_add(1, std::memory_order_acq_rel) + 1; }

void VerifyTable::FlushAcknowledged(uint32_t epoch) {
  uint32_t current = header_->durable_epoch.load();
  while (current < epoch && !header_->durable_epoch.compare_exchange_weak(current, epoch)) {
  }
}

// ---- power ----

void VerifyTable::PowerCycles(uint64_t now) {
  if (now > header_->power_cycles) PowerLost(now);
}

void VerifyTable::PowerLost(uint64_t power_cycles_now) {
  const uint32_t from = header_->durable_epoch.load();
  const uint32_t to = header_->submit_epoch.load();
  uint32_t count = header_->loss_count.load();
  if (count == kMaxLosses) {
    // The two oldest become one: less sharp, never wrong.
    header_->losses[0].to = header_->losses[1].to;
    std::memmove(&header_->losses[1], &header_->losses[2], (kMaxLosses - 2) * sizeof(Loss));
    count--;
  }
  header_->losses[count] = {from, to};
  header_->loss_count = count + 1;
  header_->token_at_loss = header_->next_token.load();
  header_->submit_epoch = to + 1;
  header_->durable_epoch = to + 1;
  header_->power_cycles = std::max<uint64_t>(header_->power_cycles, power_cycles_now);
}

bool VerifyTable::InLoss(uint32_t epoch) const {
  if (epoch == 0) return false;
  const uint32_t count = header_->loss_count.load(std::memory_order_relaxed);
  for (uint32_t i = count; i > 0; i--) {
    if (epoch >= header_->losses[i - 1].from && epoch <= header_->losses[i - 1].to) return true;
  }
  return false;
}

bool VerifyTable::IsDurable(uint32_t epoch) const {
  return epoch == 0 || (epoch < header_->durable_epoch.load(std::memory_order_relaxed) && !InLoss(epoch));
}

}  // namespace assay
