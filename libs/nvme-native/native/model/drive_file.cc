#include "drive_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "drive_check.h"
#include "media.h"
#include "opal.h"

namespace assay::model {
namespace {

uint64_t RoundUp(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

std::string Errno() { return std::strerror(errno); }

void Layout(const DriveSpec& spec, DriveHeader* h) {
  const uint64_t units = spec.capacity_bytes / kSmallestLba;
  const uint64_t undo_bytes = std::bit_ceil(std::max<uint64_t>(spec.cache_bytes, 64 * kLargestLba));
  const uint64_t undo_units = undo_bytes / kSmallestLba * spec.max_namespaces;
  h->capacity_bytes = spec.capacity_bytes;
  h->undo_bytes = undo_bytes;
  uint64_t at = kHeaderBytes;
  auto place = [&](uint64_t bytes) {
    const uint64_t offset = at;
    at += RoundUp(bytes, 4096);
    return offset;
  };
  h->flags_offset = place(units);
  h->index_offset = place(units * sizeof(uint32_t));
  h->metadata_offset = place(units * kMetadataBytesPerUnit);
  h->zones_offset = place(uint64_t{spec.max_namespaces} * kMaxZones * sizeof(ZoneRecord));
  h->undo_records_offset = place(undo_units * sizeof(UndoRecord));
  h->undo_data_offset = place(undo_units * kSmallestLba);
  h->undo_metadata_offset = place(undo_units * kMetadataBytesPerUnit);
  h->media_offset = at;
  h->file_bytes = h->media_offset + spec.capacity_bytes;
}

// The namespaces follow one another.
void PlaceNamespaces(const DriveSpec& spec, DriveHeader* h) {
  uint64_t at = 0;
  h->max_namespaces = spec.max_namespaces;
  for (size_t i = 0; i < spec.namespaces.size(); i++) {
    NamespaceRecord& record = h->namespaces[i];
    record = spec.namespaces[i];
    record.start_bytes = at;
    record.lba_count = record.bytes / kLbaFormats[record.lba_format].lba_bytes;
    if (record.zone_lbas != 0) record.lba_count -= record.lba_count % record.zone_lbas;
    at += record.bytes;
  }
}

void Pad(char* field, size_t bytes, const std::string& text) {
  std::memset(field, ' ', bytes);
  std::memcpy(field, text.data(), std::min(bytes, text.size()));
}

Status Lock(int fd, off_t byte, bool wait, const std::string& path) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0) return Status::Ok();
  if (errno == EAGAIN || errno == EACCES) return Status::Error(Code::kLocked, path + " is held by another process or controller");
  return Status::Error(Code::kOpen, path + ": cannot lock: " + Errno());
}

void FinishScratch(DriveFile* file) {
  const uint32_t nsid = file->header().scratch.nsid;
  if (nsid != 0 && nsid <= kMaxNamespaces && file->header().namespaces[nsid - 1].bytes != 0) Media(file, nsid).FinishScratch();
}

void Unlock(int fd, off_t byte) {
  struct flock lock {};
  lock.l_type = F_UNLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  fcntl(fd, F_OFD_SETLK, &lock);
}

}  // namespace

NamespaceRecord PlainNamespace(uint64_t bytes, uint32_t lba_bytes) {
  NamespaceRecord ns{};
  ns.bytes = bytes;
  ns.lba_format = lba_bytes == kSmallestLba ? 0 : 1;
  ns.attached = 1;
  return ns;
}

Status CreateDrive(const std::string& path, const DriveSpec& spec) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return Status::Error(Code::kFile, "cannot create " + path + ": " + Errno());
  auto fail = [&](const std::string& why) {
    close(fd);
    unlink(path.c_str());
    return Status::Error(Code::kFile, "cannot create " + path + ": " + why);
  };
  auto header = std::make_unique<DriveHeader>();
  DriveHeader* h = header.get();
  Layout(spec, h);
  PlaceNamespaces(spec, h);
  struct statvfs fs;
  if (fstatvfs(fd, &fs) == 0 && fs.f_bavail * fs.f_frsize < h->file_bytes) {
    return fail("the drive can come to need " + std::to_string(h->file_bytes) + " bytes, the file system has " +
                std::to_string(fs.f_bavail * fs.f_frsize) + " free");
  }
  h->version = kDriveVersion;
  h->header_bytes = kHeaderBytes;
  h->volatile_cache = spec.volatile_cache;
  Pad(h->model, sizeof h->model, spec.model);
  Pad(h->serial, sizeof h->serial, spec.serial);
  Pad(h->firmware, sizeof h->firmware, spec.firmware);
  h->seed = spec.seed;
  h->max_qpairs = spec.max_qpairs;
  h->max_queue_entries = spec.max_queue_entries;
  h->mdts_bytes = spec.mdts_bytes;
  h->ready_ms = spec.ready_ms;
  h->format_ms = spec.format_ms;
  h->weighted_round_robin = spec.weighted_round_robin;
  if (!spec.opal_msid.empty()) MakeOpal(spec.opal_msid, spec.opal_psid, &h->opal);
  h->has_latency = spec.has_latency;
  h->read_us = spec.read_us;
  h->write_us = spec.write_us;
  h->flush_us = spec.flush_us;
  h->jitter_percent = spec.jitter_percent;
  h->nand = spec.nand;
  h->loss_policy = spec.loss_policy;
  h->awupf = spec.awupf;
  h->fault_count = static_cast<uint32_t>(std::min<size_t>(spec.faults.size(), kMaxFaults));
  for (uint32_t i = 0; i < h->fault_count; i++) h->faults[i] = spec.faults[i];
  h->power = kPowerOn;
  h->clean = 1;
  h->smart.power_cycles = 1;
  h->smart.powered_since_ns = RealtimeNs();
  if (ftruncate(fd, static_cast<off_t>(h->file_bytes)) != 0) return fail(Errno());
  for (const WornZone& worn : spec.worn_zones) {
    const ZoneRecord record{.written = 0, .state = worn.state, .attributes = 0};
    const uint64_t at = h->zones_offset + (uint64_t{worn.nsid - 1} * kMaxZones + worn.index) * sizeof record;
    if (pwrite(fd, &record, sizeof record, static_cast<off_t>(at)) != static_cast<ssize_t>(sizeof record)) return fail(Errno());
  }
  // The magic goes in last, so that a half-made file is no drive.
  if (posix_fallocate(fd, 0, static_cast<off_t>(kHeaderBytes)) != 0) return fail("no space for the header");
  if (pwrite(fd, h, sizeof *h, 0) != static_cast<ssize_t>(sizeof *h)) return fail(Errno());
  if (pwrite(fd, kDriveMagic, sizeof kDriveMagic, 0) != sizeof kDriveMagic) return fail(Errno());
  if (fsync(fd) != 0) return fail(Errno());
  close(fd);
  return Status::Ok();
}

Status DriveFile::Map(const std::string& path, std::unique_ptr<DriveFile>* out) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Status::Error(Code::kOpen, "cannot open " + path + ": " + Errno());
  auto refuse = [&](const std::string& why) {
    close(fd);
    return Status::Error(Code::kOpen, path + " " + why);
  };
  struct {
    char magic[8];
    uint32_t version;
    uint32_t header_bytes;
    uint64_t file_bytes;
  } head{};
  struct stat info;
  if (fstat(fd, &info) != 0) return refuse("cannot be examined: " + Errno());
  if (pread(fd, &head, sizeof head, 0) != static_cast<ssize_t>(sizeof head) || std::memcmp(head.magic, kDriveMagic, 8) != 0) {
    return refuse("is not a software drive");
  }
  if (head.version != kDriveVersion) {
    close(fd);
    return Status::Error(Code::kFile, path + " is a software drive of version " + std::to_string(head.version) + ", this driver knows version " +
                                          std::to_string(kDriveVersion) + " only: make a new one");
  }
  if (static_cast<uint64_t>(info.st_size) < head.file_bytes || head.file_bytes < kHeaderBytes) return refuse("is cut short");
  std::unique_ptr<MappedFile> file = MappedFile::Map(fd, head.file_bytes);
  if (file == nullptr) return refuse("cannot be mapped: " + Errno());
  out->reset(new DriveFile(path, fd, std::move(file)));
  if (const std::string wrong = WhatIsWrong((*out)->header(), static_cast<uint64_t>(info.st_size)); !wrong.empty()) {
    out->reset();
    return Status::Error(Code::kOpen, path + " has a damaged header: it " + wrong);
  }
  (*out)->file_->KeepHead(kHeaderBytes);
  return Status::Ok();
}

DriveFile::~DriveFile() {
  if (fd_ >= 0) close(fd_);
}

Status DriveFile::OpenAsHolder(const std::string& path, std::unique_ptr<DriveFile>* out) {
  std::unique_ptr<DriveFile> file;
  if (Status s = Map(path, &file); !s.ok()) return s;
  if (Status s = Lock(file->fd_, 0, false, path); !s.ok()) return s;
  // A switch may be at work on a file whose holder died; it finishes first.
  if (Status s = Lock(file->fd_, 1, true, path); !s.ok()) return s;
  FinishScratch(file.get());
  file->header().executing = 0;
  Unlock(file->fd_, 1);
  *out = std::move(file);
  return Status::Ok();
}

Status DriveFile::OpenAsSwitch(const std::string& path, std::unique_ptr<DriveFile>* out) {
  std::unique_ptr<DriveFile> file;
  if (Status s = Map(path, &file); !s.ok()) return s;
  if (Status s = Lock(file->fd_, 1, true, path); !s.ok()) return s;
  *out = std::move(file);
  return Status::Ok();
}

void DriveFile::ReleaseHold() {
  Unlock(fd_, 0);
  close(fd_);
  fd_ = -1;
  file_->DropPages();
}

bool DriveFile::HasHolder() const {
  struct flock query {};
  query.l_type = F_WRLCK;
  query.l_whence = SEEK_SET;
  query.l_start = 0;
  query.l_len = 1;
  // A holder in this process has its own open file description and is seen too.
  return fcntl(fd_, F_OFD_GETLK, &query) == 0 && query.l_type != F_UNLCK;
}

void DriveFile::Zero(uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return;
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0) return;
  std::memset(map_ + offset, 0, bytes);
}

}  // namespace assay::model
