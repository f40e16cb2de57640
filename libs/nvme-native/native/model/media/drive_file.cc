#include "drive_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "drive_check.h"
#include "media.h"

namespace assay::model {
namespace {

std::string Errno() { return std::strerror(errno); }

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
  std::string wrong = WhatIsWrong((*out)->header(), static_cast<uint64_t>(info.st_size));
  if (wrong.empty() && (*out)->placement() != nullptr) wrong = WhatIsWrong(*(*out)->placement(), (*out)->header().capacity_bytes);
  if (!wrong.empty()) {
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
