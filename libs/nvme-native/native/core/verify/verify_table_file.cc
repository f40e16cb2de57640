// The file of a verify table: opened, locked, made, given back.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "core/clock.h"
#include "verify_header.h"

namespace assay {
namespace {

uint64_t RoundUp(uint64_t value) { return (value + 4095) / 4096 * 4096; }

// Tables that are open in this process, by path.
std::mutex registry_mutex;
std::map<std::string, std::weak_ptr<VerifyTable>>& Registry() {
  static auto* registry = new std::map<std::string, std::weak_ptr<VerifyTable>>;
  return *registry;
}

std::string BootId() {
  char text[40] = {};
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t got = read(fd, text, 36);
  close(fd);
  return got == 36 ? std::string(text, 36) : "";
}

}  // namespace

VerifyTable::VerifyTable(std::string path, int fd, std::unique_ptr<MappedFile> file, const TableGeometry& geometry)
    : path_(std::move(path)), fd_(fd), file_(std::move(file)), map_(file_->data()), bytes_(file_->bytes()), geometry_(geometry), stamp_(geometry.seed, geometry.zero_percent) {
  header_ = reinterpret_cast<Header*>(map_);
  entries_ = reinterpret_cast<Word*>(map_ + kTableHeadBytes);
  records_ = reinterpret_cast<Record*>(map_ + kTableHeadBytes + RoundUp(geometry.lba_count * sizeof(Version)));
  log_.emplace(map_ + bytes_ - WriteLog::kBytes);
}

VerifyTable::~VerifyTable() {
  if (fd_ < 0) return;
  // Nobody takes tokens any more.
  if (!file_->Broken()) header_->token_lease = header_->next_token.load();
  (void)Sync();
  close(fd_);
}

Status VerifyTable::OpenWithout(const TableGeometry& geometry, std::shared_ptr<VerifyTable>* out) {
  TableGeometry bare = geometry;
  bare.lba_count = 0;
  const size_t bytes = kTableHeadBytes + WriteLog::kBytes;
  std::unique_ptr<MappedFile> memory = MappedFile::Map(-1, bytes);
  if (memory == nullptr) return Status::Error(Code::kFile, "no memory for the verification without a table");
  out->reset(new VerifyTable("", -1, std::move(memory), bare));
  (*out)->Begin(bare);
  (*out)->header_->token_lease = UINT64_MAX;
  return Status::Ok();
}

void VerifyTable::Begin(const TableGeometry& geometry) {
  header_->version = kTableVersion;
  header_->lba_bytes = geometry.lba_bytes;
  header_->lba_count = geometry.lba_count;
  header_->seed = geometry.seed;
  header_->zero_percent = geometry.zero_percent;
  header_->power_cycles = geometry.power_cycles;
  // Above every token of an earlier table of the same drive, whose sectors may still be there.
  header_->next_token = RealtimeNs() / 64;
  header_->token_lease = header_->next_token.load();
  header_->submit_epoch = 1;
  header_->durable_epoch = 1;
  std::memcpy(header_->magic, kTableMagic, 8);
}

// Notes of a machine that went down without writing them out may be older than what is on the drive.
Status VerifyTable::BeginSession() {
  Header* h = header_;
  h->session = (h->session + 1) & 0xffffff;
  const std::string boot = BootId();
  const bool same_boot = boot.size() < sizeof h->boot_id && std::memcmp(h->boot_id, boot.c_str(), boot.size() + 1) == 0;
  if (!same_boot) LoseUnsynced();
  intent_.emplace(map_ + kTableHeaderBytes, geometry_.lba_count, [this] { return FlushHead(); });
  std::memset(h->boot_id, 0, sizeof h->boot_id);
  std::memcpy(h->boot_id, boot.data(), std::min(boot.size(), sizeof h->boot_id - 1));
  if (!FlushHead()) intent_->MarkAll();
  return Written();
}

void VerifyTable::LoseUnsynced() {
  WriteIntent left(map_ + kTableHeaderBytes, geometry_.lba_count, [] { return true; });
  const uint64_t lbas = left.region_lbas();
  bool lost = false;
  for (uint64_t region = 0; region < left.regions(); region++) {
    if (!left.Marked(region)) continue;
    lost = true;
    left.Lose(region);
    const uint64_t first = region * lbas, count = Clip(first, lbas);
    Erase(reinterpret_cast<uint8_t*>(entries_ + first) - map_, RoundUp(count * sizeof(Version)));
    Erase(reinterpret_cast<uint8_t*>(records_ + first) - map_, RoundUp(count * sizeof(Record)));
  }
  // A write may have been noted in part.
  if (lost) Erase(bytes_ - WriteLog::kBytes, WriteLog::kBytes);
  header_->next_token = std::max(header_->next_token.load(), header_->token_lease.load());
}

bool VerifyTable::FlushHead() {
  if (fd_ < 0 || msync(map_, kTableHeadBytes, MS_SYNC) == 0) return true;
  NoteLoss(errno);
  return false;
}

bool VerifyTable::NoteLoss(int error) {
  int none = 0;
  if (!disk_error_.compare_exchange_strong(none, error)) return false;
  std::memset(header_->boot_id, 0, sizeof header_->boot_id);
  return true;
}

void VerifyTable::Disown(int error) {
  if (!NoteLoss(error)) return;
  intent_->MarkAll();
  (void)FlushHead();
}

Status VerifyTable::Written() const {
  const int error = disk_error_.load();
  if (error == 0) return Status::Ok();
  return Status::Error(Code::kFile, "the disk did not take what the verify table " + path_ + " notes (" + std::strerror(error) +
                                        "): it holds while this process has it open, and is not believed by whoever opens it later");
}

Status VerifyTable::Sync(SyncScope scope) {
  if (fd_ < 0) return Status::Ok();
  if (file_->Broken()) Disown(ENOSPC);
  std::lock_guard lock(sync_mutex_);
  if (disk_error_ != 0) return Written();
  // The pages that it would give back are in use.
  if (scope == SyncScope::kAll) Compact();
  if (!intent_->Settle(scope)) return Status::Ok();
  // Holes are the file's affair and not the mapping's.
  const bool taken = msync(map_, bytes_, MS_SYNC) == 0 && fsync(fd_) == 0;
  const int error = taken ? ENOSPC : errno;
  const bool there = taken && !file_->Broken();
  // Linux does not write again what it could not write: that a later sync succeeds says nothing about it.
  if (!there) Disown(error);
  intent_->Settled(there);
  return Written();
}

// What another drive holds would make this one look guilty.
static bool OneNamespace(uint64_t noted, uint64_t wanted) { return noted == 0 || wanted == 0 || noted == wanted; }

bool VerifyTable::SameTable(const TableGeometry& a, const TableGeometry& b) {
  return a.lba_bytes == b.lba_bytes && a.lba_count == b.lba_count && a.seed == b.seed && a.zero_percent == b.zero_percent && OneNamespace(a.namespace_id, b.namespace_id);
}

Status VerifyTable::TakeFile(const std::string& path, int* fd) {
  *fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (*fd < 0) return Status::Error(Code::kFile, "cannot open the verify table " + path + ": " + std::strerror(errno));
  struct flock held {};
  held.l_type = F_WRLCK;
  held.l_whence = SEEK_SET;
  if (fcntl(*fd, F_OFD_SETLK, &held) == 0) return Status::Ok();
  close(*fd);
  return Status::Error(Code::kLocked, "the verify table " + path + " is in use by another process");
}

Status VerifyTable::LookAt(const std::string& path, int fd, const TableGeometry& geometry, FileHolds* holds) {
  Header header;
  const ssize_t got = pread(fd, &header, sizeof header, 0);
  *holds = FileHolds::kNothing;
  if (got <= 0) return Status::Ok();
  if (got != static_cast<ssize_t>(sizeof header) || std::memcmp(header.magic, kTableMagic, 8) != 0) return Status::Error(Code::kFile, path + " is not a verify table");
  if (header.version > kTableVersion) {
    return Status::Error(Code::kFile, "the verify table " + path + " is of version " + std::to_string(header.version) + ", this driver knows " + std::to_string(kTableVersion));
  }
  if (header.loss_count.load() > kMaxLosses) return Status::Error(Code::kFile, "the verify table " + path + " has a damaged header");
  TableGeometry noted = geometry;
  noted.lba_count = header.lba_count;
  noted.lba_bytes = header.lba_bytes;
  noted.seed = header.seed;
  noted.zero_percent = header.zero_percent;
  noted.namespace_id = header.namespace_id;
  *holds = header.version == kTableVersion && SameTable(noted, geometry) ? FileHolds::kThisTable : FileHolds::kAnotherTable;
  return Status::Ok();
}

Status VerifyTable::Open(const std::string& path, const TableGeometry& geometry, std::shared_ptr<VerifyTable>* out) {
  std::lock_guard lock(registry_mutex);
  auto& known = Registry()[path];
  if (auto table = known.lock()) {
    if (SameTable(table->geometry_, geometry)) {
      table->PowerCycles(geometry.power_cycles);
      *out = std::move(table);
      return Status::Ok();
    }
    // Whoever still uses the old table keeps its file, which has no name any more.
    unlink(path.c_str());
  }
  for (int attempt = 0; attempt < 2; attempt++) {
    int fd = -1;
    FileHolds holds;
    if (Status s = TakeFile(path, &fd); !s.ok()) return s;
    if (Status s = LookAt(path, fd, geometry, &holds); !s.ok()) {
      close(fd);
      return s;
    }
    if (holds == FileHolds::kAnotherTable) {
      unlink(path.c_str());
      close(fd);
      continue;
    }
    std::shared_ptr<VerifyTable> table;
    if (Status s = Make(path, geometry, fd, holds == FileHolds::kNothing, &table); !s.ok()) return s;
    known = table;
    *out = std::move(table);
    return Status::Ok();
  }
  return Status::Error(Code::kFile, "cannot replace the verify table " + path);
}

Status VerifyTable::Make(const std::string& path, const TableGeometry& geometry, int fd, bool fresh, std::shared_ptr<VerifyTable>* out) {
  const uint64_t bytes = kTableHeadBytes + RoundUp(geometry.lba_count * sizeof(Version)) + RoundUp(geometry.lba_count * sizeof(Record)) + WriteLog::kBytes;
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
  // What is always written; entries and records take their pages when they are needed.
  if (const int error = fresh ? posix_fallocate(fd, 0, kTableHeadBytes) : 0; error != 0) return fail(std::strerror(error));
  std::unique_ptr<MappedFile> file = MappedFile::Map(fd, bytes);
  if (file == nullptr) return fail(std::strerror(errno));
  std::shared_ptr<VerifyTable> table(new VerifyTable(path, fd, std::move(file), geometry));
  if (fresh) table->Begin(geometry);
  if (Status s = table->BeginSession(); !s.ok()) return s;
  table->header_->volatile_cache = geometry.volatile_cache;
  if (geometry.namespace_id != 0) table->header_->namespace_id = geometry.namespace_id;
  table->PowerCycles(geometry.power_cycles);
  table->file_->KeepHead(kTableHeadBytes);
  *out = std::move(table);
  return Status::Ok();
}

}  // namespace assay
