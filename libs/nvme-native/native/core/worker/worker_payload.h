// What an ioworker writes when its sectors need not prove themselves. Patterns hold for each sector alone, whatever the
// size of a command or of the worker's memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {

enum class PayloadKind : uint8_t {
  kMarked,    // random bytes made once; each sector differs from all others by its LBA and a mark
  kConstant,  // a 32-bit word, little endian, over and over
  kRandom,    // new for each sector written, with a share of zeroes at its end
};

struct PayloadOptions {
  PayloadKind kind = PayloadKind::kMarked;
  uint32_t word = 0;
  uint32_t zero_percent = 0;  // of each sector, of kRandom
};

class WorkerPayload {
 public:
  WorkerPayload(const PayloadOptions& options, uint64_t seed, uint32_t lba_bytes);

  // Once, for all memory that Fill will be called for. `bytes` is a multiple of 8.
  void Prepare(uint8_t* memory, size_t bytes);
  // Every sector is what Prepare made of it: Fill has nothing to do.
  bool ready() const { return options_.kind == PayloadKind::kConstant; }
  // The next sector that goes out, to `lba`.
  void Fill(uint8_t* sector, uint64_t lba);
  uint32_t random_bytes() const { return random_bytes_; }

 private:
  PayloadOptions options_;
  uint64_t seed_;
  uint32_t lba_bytes_;
  uint32_t random_bytes_;
  uint64_t mark_ = 0;
  std::vector<uint64_t> block_;
};

}  // namespace assay
