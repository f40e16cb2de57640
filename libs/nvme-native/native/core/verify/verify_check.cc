// The reading half of VerifyTable: what a sector may be, and what is wrong with it when it is not that.
#include <cstring>
#include <vector>

#include "core/nvme_spec.h"
#include "sector_classification.h"
#include "verify_header.h"

namespace assay {
namespace {

// What can be read of it afterwards proves nothing.
bool BringsAnything(const LoggedWrite& write) { return !write.token && write.origin.opcode != nvm_opcode::kWriteUncorrectable; }

// Neither zeroes nor what a deallocation leaves.
bool BringsForeign(const LoggedWrite& write) {
  return BringsAnything(write) && write.origin.opcode != nvm_opcode::kWriteZeroes && write.origin.opcode != nvm_opcode::kDatasetManagement;
}

bool AllSame(const uint8_t* sector, uint32_t bytes) { return std::memcmp(sector, sector + 1, bytes - 1) == 0; }

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

bool VerifyTable::Knows(uint64_t lba) const { return Load(lba) != kVersionUnknown || records_[lba].submitted != kVersionUnknown; }

bool VerifyTable::Concerns(uint64_t lba) const { return Covers(lba) && (Knows(lba) || intent_->Lost(lba)); }

Version VerifyTable::Certain(uint64_t lba) const {
  if (!Covers(lba)) return kVersionUnknown;
  const Record& record = records_[lba];
  const Version now = Load(lba);
  const uint32_t state = std::atomic_ref(const_cast<uint32_t&>(record.state)).load(std::memory_order_relaxed);
  const bool settled = !(state & kUntracked) && !InLoss(record.epoch) && (record.submitted == now || record.submitted == kVersionUnknown);
  return settled ? now : kVersionUnknown;
}

bool VerifyTable::Expect(uint64_t lba, uint8_t* sector) const {
  const Version now = Certain(lba);
  if (now == kVersionZeroes) {
    std::memset(sector, 0, geometry_.lba_bytes);
    return true;
  }
  if (!IsToken(now)) return false;
  stamp_.Fill(sector, geometry_.lba_bytes, lba, Full(now));
  return true;
}

Version VerifyTable::CopyOf(uint64_t lba) const {
  const Version now = Certain(lba);
  if (!IsToken(now)) return now == kVersionUncorrectable ? kVersionUnknown : now;
  // Elsewhere the sector proves itself no more: it is foreign content.
  std::vector<uint64_t> sector(geometry_.lba_bytes / 8);
  auto* bytes = reinterpret_cast<uint8_t*>(sector.data());
  stamp_.Fill(bytes, geometry_.lba_bytes, lba, Full(now));
  return CrcVersion(bytes, geometry_.lba_bytes);
}

ReadFloor VerifyTable::Floor(uint64_t lba, Rule rule) const {
  ReadFloor floor;
  if (!Covers(lba)) return floor;
  Record& record = records_[lba];
  const uint32_t state = std::atomic_ref(record.state).load(std::memory_order_acquire);
  floor.quiet = !(state & kWriting) || state >> kSessionShift != Session();
  floor.version = rule == Rule::kDurableOrNewer && InLoss(record.epoch) ? record.durable : Load(lba);
  floor.submitted = record.submitted;
  floor.writes = log_->Newest();
  return floor;
}

// Nothing is open, nobody wrote meanwhile, and nothing was passed over that may be there after all.
bool VerifyTable::OneVersionOnly(uint64_t lba, const ReadFloor& floor, Rule rule) const {
  const Record& record = records_[lba];
  const Version now = Load(lba), submitted = record.submitted;
  const Version high = submitted != kVersionUnknown ? submitted : now;
  const uint32_t flags = std::atomic_ref(const_cast<uint32_t&>(record.state)).load(std::memory_order_relaxed);
  const bool open = rule == Rule::kDurableOrNewer && InLoss(record.epoch);
  return floor.quiet && floor.version == now && high == now && floor.submitted == submitted && !open && !(flags & kPassedOver);
}

SectorCheck VerifyTable::CheckAlone(uint64_t lba, const uint8_t* sector, bool written) const {
  const uint32_t bytes = geometry_.lba_bytes;
  SectorCheck check;
  const bool proved = stamp_.Proves(sector, bytes);
  if (proved && Stamp::Lba(sector) == lba && Stamp::Token(sector, bytes) <= NewestToken()) {
    check.state = SectorState::kRight;
    return check;
  }
  check.miscompare = Classify(stamp_, sector, bytes, {.lba = lba, .newest = {}, .oldest = {}, .newest_token = NewestToken()});
  const MiscompareKind kind = check.miscompare.kind;
  // What never was ours is wrong only where something of ours must be.
  const bool foreign = kind == MiscompareKind::kUnexpectedZeroes || kind == MiscompareKind::kUnexpectedData;
  check.state = foreign && !written ? SectorState::kUnknown : SectorState::kWrong;
  return check;
}

SectorCheck VerifyTable::Check(uint64_t lba, const uint8_t* sector, ReadFloor floor, Rule rule, bool written) {
  const uint32_t bytes = geometry_.lba_bytes;
  SectorCheck check;
  if (!tracks()) return CheckAlone(lba, sector, written);
  if (!Covers(lba)) return check;
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
  if (submitted == kVersionUnknown && now != kVersionUnknown && (flags & kWriting)) return check;

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
    for (Version candidate : {low, floor.submitted, now, high}) {
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
    } else if (!right) {
      // One may have passed by that nobody kept, or come and gone while the read was on its way.
      if (log_->AnySince(floor.writes, lba, AllSame(sector, bytes) ? BringsAnything : BringsForeign)) return check;
      if ((!OneVersionOnly(lba, floor, rule) && (flags & (kMixed | kPassedOver))) || Floor(lba, rule).version != low) return check;
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
  if (IsToken(high)) check.sent_token = Full(high);
  if (IsToken(found)) check.got_token = token;
  if (check.was_open && rule == Rule::kDurableOrNewer) Settle(lba, found, floor);
  return check;
}

uint32_t VerifyTable::PlainlyRight(uint64_t slba, uint64_t lbas, const uint8_t* data, uint32_t stride) const {
  const uint64_t count = Clip(slba, lbas);
  const uint32_t bytes = geometry_.lba_bytes;
  uint32_t right = 0;
  for (; right < count; right++, data += stride) {
    const Version now = Load(slba + right);
    Record& record = records_[slba + right];
    const Version submitted = record.submitted;
    const uint32_t state = std::atomic_ref(record.state).load(std::memory_order_relaxed);
    const bool settled = submitted == now || (submitted == kVersionUnknown && !(state & kWriting));
    if (!settled || !IsToken(now) || (state & kUntracked) || InLoss(record.epoch)) break;
    if (Stamp::Lba(data) != slba + right || TokenVersion(Stamp::Token(data, bytes)) != now || !stamp_.Proves(data, bytes)) break;
  }
  return right;
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
    std::atomic_ref<uint32_t> state(record.state);
    if (survived) {
      record.durable = found;
      record.epoch = 0;
      state.fetch_and(~kPassed, std::memory_order_relaxed);
    } else {
      // Passed by for now; a power loss can bring it back.
      if (state.load(std::memory_order_relaxed) & kPassedOver) state.fetch_or(kMixed, std::memory_order_relaxed);
      state.fetch_and(~kPassedOver, std::memory_order_relaxed);
      if (IsDurable(record.epoch)) {
        record.durable = acknowledged;
      } else if (acknowledged != found && !IsToken(acknowledged)) {
        state.fetch_or(kMixed | (acknowledged == kVersionUncorrectable ? kPassedUnreadable : 0), std::memory_order_relaxed);
      }
      record.epoch = SubmitEpoch();
    }
    entries_[lba] = found;
    record.submitted = found;
  }
  Release(lba, 1);
  intent_->Leave(lba, 1);
}

// What must be there was written before the power went.
bool VerifyTable::Lost(uint64_t lba, Version low, Version high) const {
  const Version least = IsToken(low) ? low : high;
  return InLoss(records_[lba].epoch) || (IsToken(least) && Full(least) < TokenAtLoss());
}

SectorCheck VerifyTable::Wrong(uint64_t lba, const uint8_t* sector, Version low, Version high, Rule rule) const {
  Possibilities possible;
  possible.lba = lba;
  if (IsToken(high)) possible.newest = Full(high);
  if (IsToken(low)) possible.oldest = Full(low);
  possible.newest_token = NewestToken();
  possible.lost = rule == Rule::kDurableOrNewer && Lost(lba, low, high);
  SectorCheck check;
  check.state = SectorState::kWrong;
  check.miscompare = Classify(stamp_, sector, geometry_.lba_bytes, possible);
  return check;
}

}  // namespace assay
