// A file of ours that is mapped shared. Where the file system has no room for a page, or somebody cuts the file short, the
// process lives on: the page then is memory of this process alone, and Broken says so. It holds zeroes, or what KeepHead kept.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace assay {

class MappedFile {
 public:
  // Null when it cannot be mapped (errno). The file has at least `bytes`. `fd` -1: no file, memory of this process alone.
  static std::unique_ptr<MappedFile> Map(int fd, size_t bytes);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;

  uint8_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  // What the first bytes hold now is what they hold again where they are lost: what was checked once stays true. Once,
  // before another thread has the mapping.
  void KeepHead(size_t bytes);
  // The pages go back to the system, the file keeps what they hold, and each comes again when it is touched. Not where pages
  // are this process's own.
  void DropPages();
  // From the first page on that the file had no room for.
  bool Broken() const { return broken_.load(std::memory_order_acquire); }

 private:
  MappedFile(uint8_t* data, size_t bytes, bool shared);
  bool Mend(uintptr_t address);

  uint8_t* data_;
  size_t bytes_;
  const bool shared_;
  std::vector<uint8_t> head_;
  std::atomic<bool> broken_{false};
  // Two threads that meet at one page: the second finds it mended.
  static constexpr size_t kRemembered = 64;
  std::atomic_flag mending_ = ATOMIC_FLAG_INIT;
  uintptr_t mended_[kRemembered] = {};
  size_t mended_count_ = 0;
};

}  // namespace assay
