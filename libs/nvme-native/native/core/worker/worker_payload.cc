#include "worker_payload.h"

#include <cstring>

#include "core/random.h"

namespace assay {

WorkerPayload::WorkerPayload(const PayloadOptions& options, uint64_t seed, uint32_t lba_bytes)
    : options_(options), seed_(seed), lba_bytes_(lba_bytes), random_bytes_(lba_bytes - static_cast<uint32_t>(uint64_t{lba_bytes} * options.zero_percent / 100)) {
  if (options_.kind != PayloadKind::kRandom) return;
  Random random(SplitMix(seed_));
  block_.resize((random_bytes_ + 7) / 8);
  for (uint64_t& word : block_) word = random.Next();
}

void WorkerPayload::Prepare(uint8_t* memory, size_t bytes) {
  auto* words = reinterpret_cast<uint64_t*>(memory);
  if (options_.kind == PayloadKind::kConstant) {
    for (size_t i = 0; i < bytes / 8; i++) words[i] = uint64_t{options_.word} << 32 | options_.word;
  } else if (options_.kind == PayloadKind::kMarked) {
    Random random(SplitMix(seed_));
    for (size_t i = 0; i < bytes / 8; i++) words[i] = random.Next();
  } else {
    std::memset(memory, 0, bytes);
  }
}

void WorkerPayload::Fill(uint8_t* sector, uint64_t lba) {
  if (ready()) return;
  const uint64_t mark = SplitMix(seed_ ^ ++mark_);
  if (options_.kind == PayloadKind::kMarked) {
    std::memcpy(sector, &lba, 8);
    std::memcpy(sector + 8, &mark, 8);  // in the same cache line
    return;
  }
  // The zeroes behind the random part are there since Prepare.
  const uint32_t words = random_bytes_ / 8;
  for (uint32_t i = 0; i < words; i++) {
    const uint64_t word = block_[i] ^ mark;
    std::memcpy(sector + uint64_t{i} * 8, &word, 8);
  }
  const uint64_t last = block_.empty() ? 0 : block_.back() ^ mark;
  std::memcpy(sector + uint64_t{words} * 8, &last, random_bytes_ % 8);
}

}  // namespace assay
