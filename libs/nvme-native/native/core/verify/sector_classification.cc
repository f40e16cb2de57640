#include "sector_classification.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace assay {
namespace {

constexpr uint32_t kShownBytes = 64;
// Fewer wrong bits than this in a sector that is otherwise right are bit errors: at most a sixteenth of what is no zeroes.
uint32_t BitErrorLimit(const Stamp& stamp, uint32_t bytes) { return std::clamp(stamp.PayloadBytes(bytes) / 2, 8u, 64u); }

// A head or a tail of ours of this many bytes goes beyond the bare stamp.
constexpr uint32_t kTornBytes = 32;
// Stamp and payload at either end of a sector.
constexpr uint32_t kProofBytes = 16;

uint32_t FirstDifference(const uint8_t* a, const uint8_t* b, uint32_t bytes) {
  return static_cast<uint32_t>(std::mismatch(a, a + bytes, b).first - a);
}

uint32_t WrongBits(const uint8_t* a, const uint8_t* b, uint32_t bytes) {
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < bytes; i++) wrong += static_cast<uint32_t>(std::popcount(static_cast<unsigned>(a[i] ^ b[i])));
  return wrong;
}

void Show(Miscompare* m, const uint8_t* expected, const uint8_t* got, uint32_t bytes) {
  const uint32_t at = expected == nullptr ? 0 : FirstDifference(expected, got, bytes);
  const uint32_t from = std::min(at / 16 * 16, bytes - std::min(bytes, kShownBytes));
  const uint32_t shown = std::min(bytes, kShownBytes);
  if (expected != nullptr) {
    m->expected = Hex(expected + from, shown);
    if (at < bytes) m->byte_offset = at;
  }
  m->got = Hex(got + from, shown);
}


// The token that a sector comes closest to, and how much of it is there.
struct Likeness {
  uint64_t token = 0;
  uint32_t wrong_bits = UINT32_MAX;
  uint32_t longest_head = 0, longest_tail = 0;
  bool torn = false;  // to the last byte the head of one version and the tail of another
};

Likeness Nearest(const Stamp& stamp, const uint8_t* sector, uint32_t bytes, const Possibilities& possible) {
  std::vector<uint64_t> candidates;
  if (possible.newest) candidates.push_back(*possible.newest);
  if (possible.oldest && possible.oldest != possible.newest) candidates.push_back(*possible.oldest);
  const uint64_t claimed = Stamp::Token(sector, bytes);
  if (claimed <= possible.newest_token) candidates.push_back(claimed);
  Likeness likeness;
  std::vector<uint64_t> storage(bytes / 8 + 1);
  std::vector<uint32_t> heads, tails;
  auto* candidate = reinterpret_cast<uint8_t*>(storage.data());
  for (uint64_t token : candidates) {
    stamp.Fill(candidate, bytes, possible.lba, token);
    const uint32_t wrong = WrongBits(candidate, sector, bytes);
    if (wrong < likeness.wrong_bits) {
      likeness.wrong_bits = wrong;
      likeness.token = token;
    }
    heads.push_back(FirstDifference(candidate, sector, bytes));
    likeness.longest_head = std::max(likeness.longest_head, heads.back());
    uint32_t tail = 0;
    while (tail < bytes && candidate[bytes - 1 - tail] == sector[bytes - 1 - tail]) tail++;
    tails.push_back(tail);
    likeness.longest_tail = std::max(likeness.longest_tail, tail);
  }
  // Zeroes between the two are of either; the ends are of more than the bare stamps.
  for (size_t i = 0; i < heads.size(); i++) {
    for (size_t k = 0; k < tails.size(); k++) {
      if (i != k && heads[i] >= kProofBytes && tails[k] >= kProofBytes && heads[i] + tails[k] >= bytes) likeness.torn = true;
    }
  }
  return likeness;
}

}  // namespace

std::string Hex(const uint8_t* data, uint32_t bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (uint32_t i = 0; i < bytes; i++) {
    text += digits[data[i] >> 4];
    text += digits[data[i] & 15];
  }
  return text;
}

bool AllZero(const uint8_t* sector, uint32_t bytes) { return sector[0] == 0 && std::memcmp(sector, sector + 1, bytes - 1) == 0; }

Miscompare Classify(const Stamp& stamp, const uint8_t* sector, uint32_t bytes, const Possibilities& possible) {
  Miscompare m;
  m.lba = possible.lba;
  m.expected_lba = possible.lba;
  m.expected_token = possible.newest;
  const uint64_t got_lba = Stamp::Lba(sector);
  const uint64_t got_token = Stamp::Token(sector, bytes);
  std::vector<uint64_t> storage(bytes / 8 + 1);
  auto* expected = reinterpret_cast<uint8_t*>(storage.data());
  const bool known = possible.newest.has_value();
  if (known) stamp.Fill(expected, bytes, possible.lba, *possible.newest);
  if (stamp.Proves(sector, bytes)) {
    m.got_lba = got_lba;
    m.got_token = got_token;
    if (got_lba != possible.lba) {
      m.kind = MiscompareKind::kWrongLba;
    } else if (known && got_token > *possible.newest) {
      m.kind = MiscompareKind::kUnexpectedData;
    } else {
      m.kind = possible.lost ? MiscompareKind::kLostWrite : MiscompareKind::kStaleVersion;
    }
  } else if (AllZero(sector, bytes)) {
    m.kind = MiscompareKind::kUnexpectedZeroes;
  } else {
    const Likeness likeness = Nearest(stamp, sector, bytes, possible);
    const bool bits = !likeness.torn && likeness.wrong_bits < BitErrorLimit(stamp, bytes);
    const bool torn = likeness.torn || (!bits && (likeness.longest_head >= kTornBytes || likeness.longest_tail >= kTornBytes));
    m.kind = bits ? MiscompareKind::kBitError : torn ? MiscompareKind::kTornWrite : MiscompareKind::kUnexpectedData;
    if (bits || torn) {
      m.got_lba = got_lba;
      m.got_token = got_token;
    }
    if (bits) {
      m.expected_token = likeness.token;
      stamp.Fill(expected, bytes, possible.lba, likeness.token);
      Show(&m, expected, sector, bytes);
      return m;
    }
  }
  Show(&m, known ? expected : nullptr, sector, bytes);
  return m;
}

Miscompare TornBetween(const Stamp& stamp, uint32_t bytes, const AtomicWrites::Torn& torn) {
  Miscompare m;
  m.kind = MiscompareKind::kTornWrite;
  m.lba = torn.missing_lba;
  m.expected_lba = torn.missing_lba;
  m.expected_token = *torn.write.token + (torn.missing_lba - torn.write.slba);
  std::vector<uint8_t> expected(bytes), got(bytes);
  stamp.Fill(expected.data(), bytes, m.lba, *m.expected_token);
  if (!torn.found_token) {
    m.expected = Hex(expected.data(), std::min(bytes, kShownBytes));
    return m;
  }
  m.got_lba = m.lba;
  m.got_token = torn.found_token;
  stamp.Fill(got.data(), bytes, m.lba, *torn.found_token);
  Show(&m, expected.data(), got.data(), bytes);
  return m;
}

}  // namespace assay
