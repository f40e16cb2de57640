#include "stamp.h"

#include <algorithm>
#include <cstring>

#include "core/random.h"

namespace assay {
namespace {
// Two words at a time; every x86-64 and aarch64 has registers for it.
typedef uint64_t Pair __attribute__((vector_size(16), aligned(16), may_alias));
constexpr uint32_t kBlockPairs = kStampBlockBytes / 16;

Pair Load(const uint8_t* sector, uint32_t pair) {
  Pair value;
  std::memcpy(&value, sector + uint64_t{pair} * 16, 16);
  return value;
}
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
    std::memcpy(sector + uint64_t{i} * 16, &value, 16);
  };
  // Four at once: block and sector are both whole fours, but for the payload's end.
  uint32_t i = 0;
  for (; i + 4 <= zeroes; i += 4) {
    const Pair* const at = from + i % kBlockPairs;
    const Pair values[4] = {at[0] ^ mask, at[1] ^ mask, at[2] ^ mask, at[3] ^ mask};
    std::memcpy(sector + uint64_t{i} * 16, values, sizeof values);
  }
  for (; i < zeroes; i++) put(i);
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
  const auto payload = [&](uint32_t i) { return Load(sector, i) ^ from[i % kBlockPairs] ^ mask; };
  // The stamps themselves lie in the first and last pair; only their other halves are payload.
  constexpr Pair kSecond = {0, UINT64_MAX}, kFirst = {UINT64_MAX, 0};
  Pair difference = (payload(0) & kSecond) | (payload(pairs - 1) & kFirst);
  const uint32_t zeroes = ZeroesFrom(pairs);
  uint32_t i = 1;
  for (; i < zeroes && i < 4; i++) difference |= payload(i);
  Pair others[3] = {};
  for (; i + 4 <= zeroes; i += 4) {
    const Pair* const at = from + i % kBlockPairs;
    difference |= Load(sector, i) ^ at[0] ^ mask;
    others[0] |= Load(sector, i + 1) ^ at[1] ^ mask;
    others[1] |= Load(sector, i + 2) ^ at[2] ^ mask;
    others[2] |= Load(sector, i + 3) ^ at[3] ^ mask;
  }
  for (; i < zeroes; i++) difference |= payload(i);
  for (i = zeroes; i + 1 < pairs; i++) difference |= Load(sector, i);
  difference |= others[0] | others[1] | others[2];
  return (difference[0] | difference[1]) == 0;
}

}  // namespace assay
