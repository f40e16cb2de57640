// Host memory buffer (NVMe Base 2.0, 5.27.1.11): memory of the host that the drive uses as its own. The software drive
// keeps a mark at the start of each range and counts its I/O commands in the first one, so that a host sees whether its
// memory is in use, and that nothing is touched once it was taken back. Device thread only.
#pragma once
#include <vector>

#include "core/nvme_spec.h"

namespace assay::model {

constexpr uint32_t kHostMemoryPreferredPages = 64;  // HMPRE, 4 KiB each
constexpr uint32_t kHostMemoryLeastPages = 16;      // HMMIN
constexpr uint32_t kHostMemoryDescriptors = 32;     // HMMAXD
constexpr char kHostMemoryMark[8] = {'A', 'S', 'S', 'A', 'Y', 'H', 'M', 'B'};
constexpr uint32_t kHostMemoryCounterAt = 16;       // of the first range, 8 bytes

class HostMemory {
 public:
  // A status without phase. `returned`: the same memory as before, with what it held.
  uint16_t Use(uint32_t pages, uint64_t list, uint32_t entries, bool returned);
  void Forget() { ranges_.clear(); }
  void CountCommand();
  // Host Memory Buffer Attributes, 4096 zeroes.
  void Describe(uint8_t* page) const;

 private:
  struct Range {
    uint64_t address;
    uint64_t pages;
  };
  std::vector<Range> ranges_;
  uint32_t pages_ = 0;
  uint64_t list_ = 0;
  uint32_t entries_ = 0;
};

}  // namespace assay::model
