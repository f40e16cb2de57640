#include "stopping_disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/verify/verify_header.h"
#include "check.h"

// In front of the C library's. What the disk has is written down by StoppingDisk; the machine's own is not waited for.
extern "C" int msync(void* from, size_t bytes, int) {
  if (assay::StoppingDisk::Synced(static_cast<uint8_t*>(from), bytes)) return 0;
  errno = EIO;
  return -1;
}
extern "C" int fsync(int) { return 0; }

namespace assay {
namespace {

constexpr uint64_t kPage = 4096;
// All pages as they were synced, all as they are, and mixtures.
constexpr uint32_t kWaysToStop = 12;

}  // namespace

StoppingDisk::StoppingDisk(const std::string& path) : path_(path) {
  watching_ = this;
  if (std::filesystem::exists(path)) synced_ = ReadAll();
}

StoppingDisk::~StoppingDisk() { watching_ = nullptr; }

bool StoppingDisk::Synced(uint8_t* from, size_t bytes) { return watching_ == nullptr || watching_->Take(from, bytes); }

bool StoppingDisk::Take(uint8_t* from, size_t bytes) {
  std::lock_guard lock(mutex_);
  const bool whole_table = bytes > kTableHeadBytes;
  if (whole_table && fails) {
    failed_ = true;
    return false;
  }
  if (!whole_table && heads_refused > 0) {
    heads_refused--;
    failed_ = true;
    return false;
  }
  // A table begins with the head of its file.
  if (base_ == nullptr) base_ = from;
  synced_.resize(std::filesystem::file_size(path_));
  CHECK(from >= base_ && from - base_ + bytes <= synced_.size());
  const int fd = open(path_.c_str(), O_RDONLY);
  CHECK(pread(fd, synced_.data() + (from - base_), bytes, from - base_) == static_cast<ssize_t>(bytes));
  close(fd);
  waits_++;
  if (whole_table && meanwhile) std::exchange(meanwhile, nullptr)();
  return true;
}

void StoppingDisk::Stop(const std::string& to, const std::function<bool()>& pick) {
  const Bytes now = ReadAll();
  Bytes left = synced_;
  left.resize(now.size());
  for (size_t at = 0; at < now.size(); at += kPage) {
    if (pick()) std::memcpy(left.data() + at, now.data() + at, kPage);
  }
  std::ifstream boot("/proc/sys/kernel/random/boot_id");
  std::string id;
  boot >> id;
  const auto found = std::search(left.begin(), left.begin() + kPage, id.begin(), id.end());
  // A table that has seen its disk fail takes its name off.
  const bool named = found != left.begin() + kPage;
  CHECK(!id.empty() && (named || failed_));
  if (named) std::fill_n(found, id.size(), 'f');
  std::ofstream(to, std::ios::binary).write(reinterpret_cast<const char*>(left.data()), static_cast<std::streamsize>(left.size()));
}

void StoppingDisk::AfterAStop(const TableGeometry& geometry, const std::function<void(VerifyTable&)>& look) {
  const std::string left = path_ + ".left";
  for (uint32_t way = 0; way < kWaysToStop; way++) {
    Random random(way + 1);
    Stop(left, [&] { return way == 0 ? false : way == 1 ? true : random.Next() % 2 == 0; });
    watching_ = nullptr;
    look(*OpenTable(left, geometry));
    unlink(left.c_str());
    watching_ = this;
  }
}

StoppingDisk::Bytes StoppingDisk::ReadAll() const {
  std::ifstream file(path_, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace assay
