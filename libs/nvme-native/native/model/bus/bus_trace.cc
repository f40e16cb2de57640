#include "bus_trace.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace assay::model {

BusTrace::BusTrace(const std::string& drive_path) {
  const int fd = open((drive_path + ".bus").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat info {};
  if (fstat(fd, &info) == 0 && info.st_size >= 2 * kBusRecordBytes && info.st_size % kBusRecordBytes == 0) {
    void* map = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
      map_ = static_cast<uint8_t*>(map);
      bytes_ = static_cast<size_t>(info.st_size);
    }
  }
  close(fd);
}

BusTrace::~BusTrace() {
  if (map_ != nullptr) munmap(map_, bytes_);
}

void BusTrace::Note(uint16_t kind, uint16_t qid, const void* entry, size_t bytes) {
  auto& newest = *reinterpret_cast<uint64_t*>(map_);
  const uint64_t number = newest + 1;
  uint8_t* record = map_ + (1 + (number - 1) % (bytes_ / kBusRecordBytes - 1)) * kBusRecordBytes;
  auto& sequence = *reinterpret_cast<uint64_t*>(record);
  std::atomic_ref(sequence).store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  std::memset(record + 8, 0, kBusRecordBytes - 8);
  std::memcpy(record + 8, &kind, sizeof kind);
  std::memcpy(record + 10, &qid, sizeof qid);
  std::memcpy(record + 32, entry, bytes);
  std::atomic_ref(sequence).store(number, std::memory_order_release);
  std::atomic_ref(newest).store(number, std::memory_order_release);
}

}  // namespace assay::model
