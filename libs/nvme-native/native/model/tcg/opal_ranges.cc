// Locking ranges (TCG Storage Opal SSC 2.01, 4.3.5 and 5.2): their places, their locks and their keys.
#include <algorithm>

#include "opal.h"

namespace assay::model {
namespace {

using tcg::Kind;

constexpr uint32_t kNsid = 1;  // whose LBAs ranges mean
enum Column : uint64_t { kStart = 3, kLength, kReadLockEnabled, kWriteLockEnabled, kReadLocked, kWriteLocked, kLockOnReset, kActiveKey };

uint64_t Overlap(const OpalRange& range, uint64_t slba, uint64_t lba_count) {
  const uint64_t begin = std::max(range.start, slba);
  const uint64_t end = std::min(range.start + range.lba_count, slba + lba_count);
  return begin < end ? end - begin : 0;
}

bool Locked(const OpalRange& range, bool write) {
  return write ? range.write_lock_enabled && range.write_locked : range.read_lock_enabled && range.read_locked;
}

}  // namespace

// Checked before: the LBAs are there, so that nothing overflows.
bool Opal::Denies(uint32_t nsid, uint64_t slba, uint64_t lba_count, bool write) const {
  if (!record_.activated) return false;
  uint64_t covered = 0;
  for (uint32_t n = 1; n <= kOpalRanges && nsid == kNsid; n++) {
    const uint64_t overlap = Overlap(record_.ranges[n], slba, lba_count);
    if (overlap != 0 && Locked(record_.ranges[n], write)) return true;
    covered += overlap;
  }
  return covered < lba_count && Locked(record_.ranges[0], write);
}

bool Opal::AnyWriteLocked() const {
  if (!record_.activated) return false;
  const auto locked = [](const OpalRange& range) { return Locked(range, true); };
  if (locked(record_.ranges[0])) return true;
  return std::any_of(record_.ranges + 1, record_.ranges + 1 + kOpalRanges, [&](const OpalRange& range) { return range.lba_count != 0 && locked(range); });
}

tcg::MethodStatus Opal::GetRange(uint32_t n, uint64_t first, uint64_t last, Writer& out) const {
  const OpalRange& range = record_.ranges[n];
  const struct {
    Column column;
    uint64_t value;
  } cells[] = {
      {kStart, range.start},
      {kLength, range.lba_count},
      {kReadLockEnabled, range.read_lock_enabled},
      {kWriteLockEnabled, range.write_lock_enabled},
      {kReadLocked, range.read_locked},
      {kWriteLocked, range.write_locked},
  };
  auto wants = [&](uint64_t column) { return first <= column && column <= last; };
  out.Control(Kind::kStartList);
  for (const auto& cell : cells) {
    if (wants(cell.column)) out.Named(cell.column, cell.value);
  }
  if (wants(kLockOnReset)) {
    out.Control(Kind::kStartName).Uint(kLockOnReset).Control(Kind::kStartList);
    if (range.lock_on_reset & kOpalPowerCycle) out.Uint(0);
    if (range.lock_on_reset & kOpalHardwareReset) out.Uint(1);
    out.Control(Kind::kEndList).Control(Kind::kEndName);
  }
  if (wants(kActiveKey)) {
    out.Control(Kind::kStartName).Uint(kActiveKey).Uid(n == 0 ? tcg::kGlobalKey : tcg::kKeys + n).Control(Kind::kEndName);
  }
  out.Control(Kind::kEndList);
  return tcg::kSuccess;
}

// One cell into `wanted`, when the session may set it.
tcg::MethodStatus Opal::SetColumn(uint32_t n, uint64_t column, Reader& in, OpalRange* wanted) const {
  const OpalRange& range = record_.ranges[n];
  const uint32_t user = User();
  const uint32_t users = column == kReadLocked ? range.readers : column == kWriteLocked ? range.writers : 0;
  if (!IsAdmin() && (user == 0 || !(users >> (user - 1) & 1))) return tcg::kNotAuthorized;
  if (column == kLockOnReset) {
    uint64_t reset;
    if (!in.Take(Kind::kStartList)) return tcg::kInvalidParameter;
    wanted->lock_on_reset = 0;
    while (in.TakeUint(&reset)) {
      if (reset > 1) return tcg::kInvalidParameter;
      wanted->lock_on_reset |= reset == 0 ? kOpalPowerCycle : kOpalHardwareReset;
    }
    return in.Take(Kind::kEndList) ? tcg::kSuccess : tcg::kInvalidParameter;
  }
  uint64_t value;
  if (!in.TakeUint(&value)) return tcg::kInvalidParameter;
  const bool place = column == kStart || column == kLength;
  if ((place && n == 0) || (!place && value > 1)) return tcg::kInvalidParameter;
  const auto flag = static_cast<uint32_t>(value);
  switch (column) {
    case kStart: wanted->start = value; break;
    case kLength: wanted->lba_count = value; break;
    case kReadLockEnabled: wanted->read_lock_enabled = flag; break;
    case kWriteLockEnabled: wanted->write_lock_enabled = flag; break;
    case kReadLocked: wanted->read_locked = flag; break;
    case kWriteLocked: wanted->write_locked = flag; break;
    default: return tcg::kInvalidParameter;
  }
  return tcg::kSuccess;
}

bool Opal::Fits(uint32_t n, const OpalRange& wanted) const {
  if (n == 0 || wanted.lba_count == 0) return true;
  const Media* media = namespaces_->Allocated(kNsid);
  if (media == nullptr || wanted.lba_count > media->lba_count() || wanted.start > media->lba_count() - wanted.lba_count) return false;
  for (uint32_t other = 1; other <= kOpalRanges; other++) {
    if (other != n && Overlap(record_.ranges[other], wanted.start, wanted.lba_count) != 0) return false;
  }
  return true;
}

tcg::MethodStatus Opal::SetRange(uint32_t n, Reader& in) {
  OpalRange& range = record_.ranges[n];
  OpalRange wanted = range;
  uint64_t column;
  while (in.TakeName(&column)) {
    if (const tcg::MethodStatus status = SetColumn(n, column, in, &wanted); status != tcg::kSuccess) return status;
    if (!in.Take(Kind::kEndName)) return tcg::kInvalidParameter;
  }
  if (!in.Take(Kind::kEndList) || !Fits(n, wanted)) return tcg::kInvalidParameter;
  const OpalRange before = range;
  range = wanted;
  // LBAs that came or went have another key now.
  ForgetOutside(before.start, before.lba_count, wanted);
  ForgetOutside(wanted.start, wanted.lba_count, before);
  return tcg::kSuccess;
}

void Opal::Forget(uint64_t slba, uint64_t lba_count) {
  Media* media = namespaces_->Allocated(kNsid);
  if (media == nullptr || slba >= media->lba_count()) return;
  lba_count = std::min(lba_count, media->lba_count() - slba);
  media->Deallocate(slba, lba_count);
  media->MakeDurable(slba, lba_count);
}

void Opal::ForgetOutside(uint64_t slba, uint64_t lba_count, const OpalRange& kept) {
  const uint64_t end = slba + lba_count;
  if (Overlap(kept, slba, lba_count) == 0) return Forget(slba, lba_count);
  if (slba < kept.start) Forget(slba, kept.start - slba);
  const uint64_t kept_end = kept.start + kept.lba_count;
  if (kept_end < end) Forget(kept_end, end - kept_end);
}

void Opal::MakeKey(uint32_t n) {
  OpalRange& range = record_.ranges[n];
  range.keys_made++;
  if (n != 0) return Forget(range.start, range.lba_count);
  const Media* media = namespaces_->Allocated(kNsid);
  if (media == nullptr) return;
  // What lies between the ranges.
  const OpalRange* places[kOpalRanges];
  for (uint32_t i = 0; i < kOpalRanges; i++) places[i] = &record_.ranges[i + 1];
  std::sort(std::begin(places), std::end(places), [](auto* a, auto* b) { return a->start < b->start; });
  uint64_t at = 0;
  for (const OpalRange* place : places) {
    if (place->lba_count == 0) continue;
    if (place->start > at) Forget(at, place->start - at);
    at = place->start + place->lba_count;
  }
  if (at < media->lba_count()) Forget(at, media->lba_count() - at);
}

// Every key is made anew.
void Opal::RevertLockingSp() {
  if (!record_.activated) return;
  const OpalPin msid = record_.msid, psid = record_.psid, sid = record_.sid;
  record_ = {};
  record_.supported = 1;
  record_.msid = msid;
  record_.psid = psid;
  record_.sid = sid;
  for (OpalRange& range : record_.ranges) range.lock_on_reset = kOpalPowerCycle;
  namespaces_->ForEachAllocated([](Media& media) { media.Erase(); });
}

void LockAgain(OpalRecord* record, OpalReset reset) {
  for (OpalRange& range : record->ranges) {
    if (!(range.lock_on_reset & reset)) continue;
    range.read_locked |= range.read_lock_enabled;
    range.write_locked |= range.write_lock_enabled;
  }
  if (reset != kOpalPowerCycle) return;
  for (OpalPin* pin : {&record->sid, &record->psid}) pin->failures = 0;
  for (OpalPin& pin : record->admins) pin.failures = 0;
  for (OpalPin& pin : record->users) pin.failures = 0;
}

}  // namespace assay::model
