#include "cmdlog.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "clock.h"

namespace assay {
namespace {
constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'C', 'L', 'G'};
// Two readings of boot time and wall clock of one boot differ by less, unless the clock was set.
constexpr uint64_t kSameBootNs = 10 * kNsPerSecond;
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

Status Cmdlog::Open(const std::string& path, uint32_t entries, uint16_t qid, const std::string& label, std::unique_ptr<Cmdlog>* out) {
  const size_t bytes = kCmdlogHeaderBytes + size_t{entries} * sizeof(Entry);
  std::unique_ptr<MappedFile> file;
  bool existing = false;
  if (path.empty()) {
    file = MappedFile::Map(-1, bytes);
    if (file == nullptr) return Status::Error(Code::kFile, "no memory for a flight recorder");
  } else {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Status::Error(Code::kFile, "cannot make the flight recorder " + path + ": " + std::strerror(errno));
    struct stat info {};
    fstat(fd, &info);
    existing = static_cast<size_t>(info.st_size) == bytes;
    // Reserved, not only sized: a full tmpfs must be an error here and not a SIGBUS later.
    const int error = existing ? 0 : (ftruncate(fd, 0), posix_fallocate(fd, 0, static_cast<off_t>(bytes)));
    if (error == 0) file = MappedFile::Map(fd, bytes);
    const int why = error != 0 ? error : errno;
    close(fd);
    // What was reserved of it goes back.
    if (error != 0) unlink(path.c_str());
    if (file == nullptr) return Status::Error(Code::kFile, "cannot make the flight recorder " + path + " of " + std::to_string(bytes) + " bytes: " + std::strerror(why));
  }
  std::unique_ptr<Cmdlog> log(new Cmdlog(path, std::move(file), entries));
  Header* h = log->header_;
  if (existing && log->Fits(entries, qid)) {
    for (uint32_t i = 0; i < entries; i++) log->newest_ = std::max(log->newest_, log->ring_[i].sequence);
  } else {
    if (existing) std::memset(log->file_->data(), 0, bytes);
    h->version = kCmdlogVersion;
    h->entry_bytes = sizeof(Entry);
    h->capacity = entries;
    h->qid = qid;
    h->boottime_ns = BoottimeNs();
    h->realtime_ns = RealtimeNs();
    std::memcpy(h->magic, kMagic, 8);
  }
  h->pid = static_cast<uint32_t>(getpid());
  std::memset(h->label, 0, sizeof h->label);
  std::memcpy(h->label, label.data(), std::min(label.size(), sizeof h->label - 1));
  log->file_->KeepHead(kCmdlogHeaderBytes);
  *out = std::move(log);
  return Status::Ok();
}

}  // namespace assay
