#include "cmdlog.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "clock.h"

namespace assay {
namespace {
constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'C', 'L', 'G'};
// Two readings of boot time and wall clock of one boot differ by less, unless the clock was set.
constexpr uint64_t kSameBootNs = 10 * kNsPerSecond;
constexpr char kUnfinished[] = ".new";

// Null where there is none of this size.
std::unique_ptr<MappedFile> MapWhatIsThere(const std::string& path, size_t bytes) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat info {};
  const bool fits = fstat(fd, &info) == 0 && static_cast<size_t>(info.st_size) == bytes;
  std::unique_ptr<MappedFile> file = fits ? MappedFile::Map(fd, bytes) : nullptr;
  close(fd);
  return file;
}

// Null where it cannot be made, and then it is not there.
std::unique_ptr<MappedFile> MakeFile(const std::string& path, size_t bytes, int* why) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    *why = errno;
    return nullptr;
  }
  // Reserved, not only sized: a full tmpfs must be an error here and not a SIGBUS later.
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  std::unique_ptr<MappedFile> file = error == 0 ? MappedFile::Map(fd, bytes) : nullptr;
  if (file == nullptr) {
    *why = error != 0 ? error : errno;
    unlink(path.c_str());
  }
  close(fd);
  return file;
}

std::string Earlier(const std::string& path, int queues_ago) { return path + "." + std::to_string(queues_ago); }

// Whoever looks finds a ring under the name of the newest at any moment, where the file system has links.
void PutInPlace(const std::string& path, bool keep) {
  struct stat info {};
  if (keep && stat(path.c_str(), &info) == 0 && info.st_size != 0) {
    for (int ago = kCmdlogsKept; ago > 1; ago--) rename(Earlier(path, ago - 1).c_str(), Earlier(path, ago).c_str());
    const std::string aside = Earlier(path, 1);
    unlink(aside.c_str());
    if (link(path.c_str(), aside.c_str()) != 0) rename(path.c_str(), aside.c_str());
  }
  rename((path + kUnfinished).c_str(), path.c_str());
}
}  // namespace

Cmdlog::Cmdlog(std::string path, std::unique_ptr<MappedFile> file, uint32_t entries)
    : path_(std::move(path)),
      file_(std::move(file)),
      header_(reinterpret_cast<Header*>(file_->data())),
      ring_(reinterpret_cast<Entry*>(file_->data() + kCmdlogHeaderBytes)),
      mask_(entries - 1) {}

bool Cmdlog::Fits(uint32_t entries, uint16_t qid) const {
  const uint64_t wall_now = RealtimeNs() - BoottimeNs();
  const uint64_t wall_then = header_->realtime_ns - header_->boottime_ns;
  const uint64_t apart = wall_now > wall_then ? wall_now - wall_then : wall_then - wall_now;
  return std::memcmp(header_->magic, kMagic, 8) == 0 && header_->version == kCmdlogVersion && header_->entry_bytes == sizeof(Entry) &&
         header_->capacity == entries && header_->qid == qid && apart < kSameBootNs;
}

void Cmdlog::Count() {
  for (uint64_t i = 0; i <= mask_; i++) newest_ = std::max(newest_, ring_[i].sequence);
}

void Cmdlog::Begin(uint32_t entries, uint16_t qid) {
  header_->version = kCmdlogVersion;
  header_->entry_bytes = sizeof(Entry);
  header_->capacity = entries;
  header_->qid = qid;
  header_->boottime_ns = BoottimeNs();
  header_->realtime_ns = RealtimeNs();
  std::memcpy(header_->magic, kMagic, 8);
}

void Cmdlog::GoOn(const Cmdlog& before) {
  std::memcpy(file_->data(), before.file_->data(), file_->bytes());
  Count();
}

Status Cmdlog::Open(const std::string& path, uint32_t entries, uint16_t qid, const std::string& label, std::unique_ptr<Cmdlog>* out) {
  const size_t bytes = kCmdlogHeaderBytes + size_t{entries} * sizeof(Entry);
  std::unique_ptr<Cmdlog> log, before;
  if (std::unique_ptr<MappedFile> left = path.empty() ? nullptr : MapWhatIsThere(path, bytes)) {
    before.reset(new Cmdlog(path, std::move(left), entries));
    if (before->Fits(entries, qid)) before->Count();
    else before.reset();
  }
  int why = ENOMEM;
  std::unique_ptr<MappedFile> file = path.empty() ? MappedFile::Map(-1, bytes) : MakeFile(path + kUnfinished, bytes, &why);
  if (file != nullptr) {
    log.reset(new Cmdlog(path, std::move(file), entries));
    if (before != nullptr) log->GoOn(*before);
    else log->Begin(entries, qid);
    const bool unused = before != nullptr && before->newest_ < before->header_->first;
    if (!path.empty()) PutInPlace(path, !unused);
  } else if (before != nullptr) {
    // Without room for both the newest commands are worth more than whose queue they were.
    log = std::move(before);
  } else if (why == ENOMEM) {
    return Status::Error(Code::kQpair, "no memory for a flight recorder of " + std::to_string(bytes) + " bytes");
  } else {
    return Status::Error(Code::kFile, "cannot make the flight recorder " + path + " of " + std::to_string(bytes) + " bytes: " + std::strerror(why));
  }
  Header* h = log->header_;
  h->pid = static_cast<uint32_t>(getpid());
  h->first = log->newest_ + 1;
  std::memset(h->label, 0, sizeof h->label);
  std::memcpy(h->label, label.data(), std::min(label.size(), sizeof h->label - 1));
  log->file_->KeepHead(kCmdlogHeaderBytes);
  *out = std::move(log);
  return Status::Ok();
}

}  // namespace assay
