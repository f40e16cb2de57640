#include "stamp.h"

#include <algorithm>
#include <cstring>

#include "random.h"

namespace assay {
namespace {
// Two words at a time; every x86-64 and aarch64 has registers for it.
typedef uint64_t Pair __attribute__((vector_size(16), aligned(16), may_alias));
constexpr uint32_t kBlockPairs = kStampBlockBytes / 16;
}  // namespace

Stamp::Stamp(uint64_t seed, uint32_t zero_percent) : seed_(seed), zero_percent_(zero_percent) {
  Random random(seed);
  for (uint64_t& word : block_) word = random.Next();
}

uint64_t Stamp::Base(uint64_t lba, uint64_t token) const { return SplitMix(seed_ ^ SplitMix(lba ^ SplitMix(token))); }

uint32_t Stamp::ZeroesFrom(uint32_t pairs) const {
  const auto zeroes = static_cast<uint32_t>(uint64_t{pairs} * zero_percent_ / 100);
  return pairs - 1 - std::min(zeroes, pairs - 2);
}

uint64_t Stamp::Lba(const uint8_t* sector) {
  uint64_t lba;
  std::memcpy(&lba, sector, 8);
  return lba;
}

uint64_t Stamp::Token(const uint8_t* sector, uint32_t bytes) {
  uint64_t token;
  std::memcpy(&token, sector + bytes - 8, 8);
  return token;
}

void Stamp::Fill(uint8_t* sector, uint32_t bytes, uint64_t lba, uint64_t token) const {
  const uint64_t base = Base(lba, token);
  const Pair mask = {base, base};
  const auto* from = reinterpret_cast<const Pair*>(block_);
  const uint32_t pairs = bytes / 16;
  const uint32_t zeroes = ZeroesFrom(pairs);
  const auto put = [&](uint32_t i) {
    const Pair value = from[i % kBlockPairs] ^ mask;
    std::memcpy(sector + i * 16, &value, 16);
  };
  for (uint32_t i = 0; i < zeroes; i++) put(i);
  std::memset(sector + uint64_t{zeroes} * 16, 0, uint64_t{pairs - 1 - zeroes} * 16);
  put(pairs - 1);
  std::memcpy(sector, &lba, 8);
  std::memcpy(sector + bytes - 8, &token, 8);
}

bool Stamp::Proves(const uint8_t* sector, uint32_t bytes) const {
  const uint64_t base = Base(Lba(sector), Token(sector, bytes));
  const Pair mask = {base, base};
  const auto* from = reinterpret_cast<const Pair*>(block_);
  const uint32_t pairs = bytes / 16;
  // The stamps themselves lie in the first and last pair; their other halves are compared alone.
  uint64_t word;
  std::memcpy(&word, sector + 8, 8);
  uint64_t wrong = word ^ block_[1] ^ base;
  std::memcpy(&word, sector + bytes - 16, 8);
  wrong |= word ^ block_[(pairs - 1) % kBlockPairs * 2] ^ base;
  Pair difference = {0, 0};
  const uint32_t zeroes = ZeroesFrom(pairs);
  Pair value;
  for (uint32_t i = 1; i < zeroes; i++) {
    std::memcpy(&value, sector + i * 16, 16);
    difference |= value ^ from[i % kBlockPairs] ^ mask;
  }
  for (uint32_t i = zeroes; i + 1 < pairs; i++) {
    std::memcpy(&value, sector + i * 16, 16);
    difference |= value;
  }
  return (wrong | difference[0] | difference[1]) == 0;
}

}  // namespace assay
