// The reading half of VerifyTable: what a sector may be, and what is wrong with it when it is not that.
#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "crc32c.h"
#include "verify_table.h"

namespace assay {
namespace {

constexpr uint32_t kShownBytes = 64;
// Fewer wrong bits than this in a sector that is otherwise right are bit errors.
constexpr uint32_t kBitErrorLimit = 64;

bool IsToken(Version version) { return version != kVersionUnknown && version < kVersionZeroes; }

bool AllZero(const uint8_t* sector, uint32_t bytes) { return sector[0] == 0 && std::memcmp(sector, sector + 1, bytes - 1) == 0; }

std::string Hex(const uint8_t* data, uint32_t bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (uint32_t i = 0; i < bytes; i++) {
    text += digits[data[i] >> 4];
    text += digits[data[i] & 15];
  }
  return text;
}

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

}  // namespace

// The token of which `version` is the low part: the newest one that is not above the limit.
uint64_t VerifyTable::Widen(Version version, uint64_t not_above) const {
  const uint64_t high = not_above & ~uint64_t{0x7fffffff};
  const uint64_t token = high | version;
  return token <= not_above ? token : token - 0x80000000;
}

uint64_t VerifyTable::Full(Version version) const { return Widen(version, NewestToken()); }

// Between two versions in the order of submission, both included.
bool VerifyTable::Allowed(uint64_t token, Version low, Version high) const {
  const Version version = TokenVersion(token);
  if (version == low || version == high) return true;
  const uint64_t newest = IsToken(high) ? Full(high) : NewestToken();
  if (token > newest) return false;
  return !IsToken(low) || token >= Widen(low, newest);
}

bool VerifyTable::Knows(uint64_t lba) const {
  const Record& record = records_[lba];
  return Load(lba) != kVersionUnknown || record.submitted != kVersionUnknown;
}

bool VerifyTable::Expect(uint64_t lba, uint8_t* sector) const {
  const Record& record = records_[lba];
  const Version now = Load(lba);
  const uint32_t flags = std::atomic_ref(const_cast<uint32_t&>(record.state)).load(std::memory_order_relaxed);
  const bool settled = !(flags & kUntracked) && !InLoss(record.epoch) && (record.submitted == now || record.submitted == kVersionUnknown);
  if (!settled || (now != kVersionZeroes && !IsToken(now))) return false;
  if (now == kVersionZeroes) {
    std::memset(sector, 0, geometry_.lba_bytes);
  } else {
    stamp_.Fill(sector, geometry_.lba_bytes, lba, Full(now));
  }
  return true;
}

ReadFloor VerifyTable::Floor(uint64_t lba, Rule rule) const {
  Record& record = records_[lba];
  ReadFloor floor;
  const uint32_t state = std::atomic_ref(record.state).load(std::memory_order_acquire);
  floor.quiet = !(state & kLocked) || state >> kSessionShift != Session();
  floor.version = rule == Rule::kDurableOrNewer && InLoss(record.epoch) ? record.durable : Load(lba);
  floor.submitted = record.submitted;
  return floor;
}

SectorCheck VerifyTable::CheckUnreadable(uint64_t lba, ReadFloor floor) const {
  SectorCheck check;
  const Version now = Load(lba);
  const Record& record = records_[lba];
  if (floor.version == kVersionUnknown && !Knows(lba)) return check;
  if (floor.version == kVersionUncorrectable || now == kVersionUncorrectable || record.submitted == kVersionUncorrectable) {
    check.state = SectorState::kRight;
    return check;
  }
  check.state = SectorState::kWrong;
  check.miscompare.lba = lba;
  check.miscompare.kind = MiscompareKind::kUncorrectable;
  if (IsToken(now)) check.miscompare.expected_token = Full(now);
  return check;
}

SectorCheck VerifyTable::Check(uint64_t lba, const uint8_t* sector, ReadFloor floor, Rule rule) {
  const uint32_t bytes = geometry_.lba_bytes;
  SectorCheck check;
  Record& record = records_[lba];
  const Version now = Load(lba);
  const Version submitted = record.submitted;
  const uint32_t flags = std::atomic_ref(record.state).load(std::memory_order_relaxed);
  const bool open = rule == Rule::kDurableOrNewer && InLoss(record.epoch);
  check.was_open = open || (submitted != now && submitted != kVersionUnknown);
  if (flags & kUntracked) return check;
  const Version low = floor.version;
  const Version high = submitted != kVersionUnknown ? submitted : now;
  // Nothing is known, or an unverified write was or is on its way.
  if (now == kVersionUnknown && !check.was_open) return check;
  if (submitted == kVersionUnknown && now != kVersionUnknown && (flags & kLocked)) return check;

  const bool proved = stamp_.Proves(sector, bytes);
  const uint64_t token = Stamp::Token(sector, bytes);
  Version found = kVersionUnknown;
  bool right = false;
  if (proved && Stamp::Lba(sector) == lba) {
    found = TokenVersion(token);
    right = Allowed(token, low, high) || found == now;
  } else {
    const Version crc = CrcVersion(sector, bytes);
    const bool zero = AllZero(sector, bytes);
    for (Version candidate : {low, now, high}) {
      if (candidate == crc || (candidate == kVersionZeroes && zero)) {
        found = candidate;
        right = true;
      }
    }
    if (!right && low == kVersionUnknown) {
      // What was there before our first write is not known: anything but a piece of our write is legal.
      check = Wrong(lba, sector, low, high, rule);
      const MiscompareKind kind = check.miscompare.kind;
      const bool ours = kind == MiscompareKind::kTornWrite || kind == MiscompareKind::kBitError || kind == MiscompareKind::kWrongLba;
      if (ours) return check;
      check = {};
      check.was_open = true;
      found = crc;
      right = true;
    } else if (!right && ((flags & kMixed) || Floor(lba, rule).version != low)) {
      return check;  // a version passed by that nobody kept
    }
  }
  if (!right) {
    const bool was_open = check.was_open;
    check = Wrong(lba, sector, low, high, rule);
    check.was_open = was_open;
    return check;
  }
  check.state = SectorState::kRight;
  check.newest = found == high;
  if (check.was_open && rule == Rule::kDurableOrNewer) Settle(lba, found, floor);
  return check;
}

// Which version survived is known by looking. It is durable as well when nothing was written there since the power loss;
// otherwise it counts as acknowledged now, and becomes durable with the next flush.
void VerifyTable::Settle(uint64_t lba, Version found, const ReadFloor& floor) {
  if (!floor.quiet || !TryLock(lba, 1)) return;
  Record& record = records_[lba];
  const Version acknowledged = Load(lba);
  // A write that was submitted after the read may have changed what the read saw.
  const bool same = record.submitted == floor.submitted;
  if (same && (record.submitted != acknowledged || InLoss(record.epoch))) {
    const bool survived = !geometry_.volatile_cache || (IsToken(record.submitted) && Full(record.submitted) < TokenAtLoss());
    if (survived) {
      record.durable = found;
      record.epoch = 0;
    } else {
      if (IsDurable(record.epoch)) record.durable = acknowledged;
      record.epoch = SubmitEpoch();
    }
    entries_[lba] = found;
    record.submitted = found;
  }
  std::atomic_ref(record.state).fetch_and(~kLocked, std::memory_order_release);
}

SectorCheck VerifyTable::Wrong(uint64_t lba, const uint8_t* sector, Version low, Version high, Rule rule) const {
  const uint32_t bytes = geometry_.lba_bytes;
  SectorCheck check;
  check.state = SectorState::kWrong;
  Miscompare& m = check.miscompare;
  m.lba = lba;
  m.expected_lba = lba;
  const uint64_t got_lba = Stamp::Lba(sector);
  const uint64_t got_token = Stamp::Token(sector, bytes);
  const bool proved = stamp_.Proves(sector, bytes);
  alignas(16) uint8_t expected[4096 + 16];
  const bool known = IsToken(high) && bytes <= 4096;
  if (known) {
    m.expected_token = Full(high);
    stamp_.Fill(expected, bytes, lba, *m.expected_token);
  }
  if (proved) {
    m.got_lba = got_lba;
    m.got_token = got_token;
    if (got_lba != lba) {
      m.kind = MiscompareKind::kWrongLba;
    } else if (known && got_token > *m.expected_token) {
      m.kind = MiscompareKind::kUnexpectedData;
    } else {
      m.kind = rule == Rule::kDurableOrNewer && InLoss(records_[lba].epoch) ? MiscompareKind::kLostWrite : MiscompareKind::kStaleVersion;
    }
    Show(&m, known ? expected : nullptr, sector, bytes);
    return check;
  }
  if (AllZero(sector, bytes)) {
    m.kind = MiscompareKind::kUnexpectedZeroes;
    Show(&m, known ? expected : nullptr, sector, bytes);
    return check;
  }
  // Against the versions that it could have been: the newest, the oldest legal one, and the one it claims to be.
  std::vector<uint64_t> candidates;
  if (known) candidates.push_back(*m.expected_token);
  if (IsToken(low) && low != high) candidates.push_back(Full(low));
  if (got_token <= NewestToken()) candidates.push_back(got_token);
  alignas(16) uint8_t candidate[4096 + 16];
  if (bytes > 4096) candidates.clear();
  uint32_t fewest = UINT32_MAX;
  uint64_t nearest = 0;
  uint32_t longest_head = 0, longest_tail = 0;
  for (uint64_t token : candidates) {
    stamp_.Fill(candidate, bytes, lba, token);
    const uint32_t wrong = WrongBits(candidate, sector, bytes);
    if (wrong < fewest) {
      fewest = wrong;
      nearest = token;
    }
    longest_head = std::max(longest_head, FirstDifference(candidate, sector, bytes));
    uint32_t tail = 0;
    while (tail < bytes && candidate[bytes - 1 - tail] == sector[bytes - 1 - tail]) tail++;
    longest_tail = std::max(longest_tail, tail);
  }
  if (fewest < kBitErrorLimit) {
    m.kind = MiscompareKind::kBitError;
    m.expected_token = nearest;
    m.got_token = got_token;
    m.got_lba = got_lba;
    stamp_.Fill(expected, bytes, lba, nearest);
    Show(&m, expected, sector, bytes);
    return check;
  }
  // A head or a tail of ours beyond the bare stamp, and something else for the rest.
  const bool torn = longest_head >= 32 || longest_tail >= 32;
  m.kind = torn ? MiscompareKind::kTornWrite : MiscompareKind::kUnexpectedData;
  if (torn) {
    m.got_lba = got_lba;
    m.got_token = got_token;
  }
  Show(&m, known ? expected : nullptr, sector, bytes);
  return check;
}

}  // namespace assay
