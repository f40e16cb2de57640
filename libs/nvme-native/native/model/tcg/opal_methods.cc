// Methods on objects (TCG Storage Architecture Core Specification 2.01, 5.3.3; Opal SSC 2.01, 5.1 and 5.2), and who may
// call them.
#include <cstring>

#include "opal.h"

namespace assay::model {
namespace {

using tcg::Kind;

enum CellBlockName : uint64_t { kStartColumn = 3, kEndColumn = 4 };
enum SetName : uint64_t { kValues = 1 };
enum Column : uint64_t { kPin = 3, kBooleanExpression = 3, kMaxRanges = 4, kEnabled = 5, kLifeCycle = 6 };
constexpr uint64_t kManufacturedInactive = 8, kManufactured = 9;

// Which columns Get wants; all of them when it does not say.
bool TakeColumns(tcg::TokenReader& in, uint64_t* first, uint64_t* last) {
  uint64_t name;
  *first = 0;
  *last = UINT64_MAX;
  if (!in.Take(Kind::kStartList)) return false;
  while (in.TakeName(&name)) {
    const bool known = (name == kStartColumn && in.TakeUint(first)) || (name == kEndColumn && in.TakeUint(last));
    if (!known || !in.Take(Kind::kEndName)) return false;
  }
  return in.Take(Kind::kEndList);
}

bool IsTrue(tcg::TokenReader& in, bool* value) {
  uint64_t number;
  if (!in.TakeUint(&number) || number > 1) return false;
  *value = number == 1;
  return true;
}

}  // namespace

tcg::MethodStatus Opal::Get(uint64_t object, Reader& in, Writer& out) {
  uint64_t first, last;
  if (!TakeColumns(in, &first, &last)) return tcg::kInvalidParameter;
  const bool locking = session_.sp == tcg::kLockingSp;
  if (const uint32_t n = object == tcg::kGlobalRange ? 0 : tcg::NumberIn(object, tcg::kRanges, kOpalRanges); locking && (n != 0 || object == tcg::kGlobalRange)) {
    return session_.authority == tcg::kAnybody ? tcg::kNotAuthorized : GetRange(n, first, last, out);
  }
  out.Control(Kind::kStartList);
  auto wants = [&](uint64_t column) { return first <= column && column <= last; };
  if (!locking && object == tcg::kPinOfMsid) {
    if (wants(kPin)) out.Control(Kind::kStartName).Uint(kPin).Bytes({record_.msid.value, record_.msid.bytes}).Control(Kind::kEndName);
  } else if (!locking && object == tcg::kLockingSp) {
    if (wants(kLifeCycle)) out.Named(kLifeCycle, record_.activated ? kManufactured : kManufacturedInactive);
  } else if (locking && object == tcg::kLockingInfo) {
    if (wants(kMaxRanges)) out.Named(kMaxRanges, kOpalRanges);
  } else {
    return tcg::kNotAuthorized;
  }
  out.Control(Kind::kEndList);
  return tcg::kSuccess;
}

// One object per call; the values are all taken, or none.
tcg::MethodStatus Opal::Set(uint64_t object, Reader& in, Writer&) {
  uint64_t name;
  if (!session_.write) return tcg::kNotAuthorized;
  if (!in.TakeName(&name) || name != kValues || !in.Take(Kind::kStartList)) return tcg::kInvalidParameter;
  if (session_.sp == tcg::kAdminSp) return object == tcg::kPinOfSid ? SetPin(object, in) : tcg::kNotAuthorized;
  if (object == tcg::kGlobalRange) return SetRange(0, in);
  if (const uint32_t n = tcg::NumberIn(object, tcg::kRanges, kOpalRanges)) return SetRange(n, in);
  if (tcg::NumberIn(object, tcg::kPinsOfAdmins, kOpalAdmins) || tcg::NumberIn(object, tcg::kPinsOfUsers, kOpalUsers)) return SetPin(object, in);
  if (tcg::NumberIn(object, tcg::kAdmins, kOpalAdmins) || tcg::NumberIn(object, tcg::kUsers, kOpalUsers)) return SetEnabled(object, in);
  return SetAccess(object, in);
}

tcg::MethodStatus Opal::SetPin(uint64_t object, Reader& in) {
  uint64_t column;
  std::span<const uint8_t> value;
  if (!in.TakeName(&column) || column != kPin || !in.TakeBytes(&value) || value.size() > kPinBytes) return tcg::kInvalidParameter;
  OpalPin* pin = nullptr;
  if (object == tcg::kPinOfSid) {
    if (session_.authority == tcg::kSid) pin = &record_.sid;
  } else if (const uint32_t admin = tcg::NumberIn(object, tcg::kPinsOfAdmins, kOpalAdmins)) {
    if (IsAdmin()) pin = &record_.admins[admin - 1];
  } else if (const uint32_t user = tcg::NumberIn(object, tcg::kPinsOfUsers, kOpalUsers)) {
    if (IsAdmin() || User() == user) pin = &record_.users[user - 1];
  }
  if (pin == nullptr) return tcg::kNotAuthorized;
  pin->bytes = static_cast<uint32_t>(value.size());
  pin->failures = 0;
  if (!value.empty()) std::memcpy(pin->value, value.data(), value.size());
  return tcg::kSuccess;
}

tcg::MethodStatus Opal::SetEnabled(uint64_t object, Reader& in) {
  uint64_t column;
  bool enabled;
  if (!IsAdmin()) return tcg::kNotAuthorized;
  if (!in.TakeName(&column) || column != kEnabled || !IsTrue(in, &enabled)) return tcg::kInvalidParameter;
  const uint32_t admin = tcg::NumberIn(object, tcg::kAdmins, kOpalAdmins);
  // Somebody must remain who can.
  if (admin == 1 && !enabled) return tcg::kInvalidParameter;
  uint32_t& mask = admin != 0 ? record_.enabled_admins : record_.enabled_users;
  const uint32_t bit = 1u << ((admin != 0 ? admin : tcg::NumberIn(object, tcg::kUsers, kOpalUsers)) - 1);
  mask = enabled ? mask | bit : mask & ~bit;
  return tcg::kSuccess;
}

// An access control element of a range: who beside the Admins may lock and unlock it. The authorities that the expression
// names are joined by OR, whatever it says.
tcg::MethodStatus Opal::SetAccess(uint64_t object, Reader& in) {
  const bool reads = object == tcg::kMaySetReadLocked || tcg::NumberIn(object, tcg::kMaySetReadLocked, kOpalRanges);
  const bool writes = object == tcg::kMaySetWriteLocked || tcg::NumberIn(object, tcg::kMaySetWriteLocked, kOpalRanges);
  if (!IsAdmin() || (!reads && !writes)) return tcg::kNotAuthorized;
  uint64_t column, uid;
  if (!in.TakeName(&column) || column != kBooleanExpression || !in.Take(Kind::kStartList)) return tcg::kInvalidParameter;
  uint32_t users = 0;
  while (!in.Take(Kind::kEndList)) {
    std::span<const uint8_t> type;
    uint64_t operation;
    if (!in.Take(Kind::kStartName) || !in.TakeBytes(&type)) return tcg::kInvalidParameter;
    if (in.TakeUid(&uid)) {
      if (const uint32_t user = tcg::NumberIn(uid, tcg::kUsers, kOpalUsers)) users |= 1u << (user - 1);
    } else if (!in.TakeUint(&operation) || operation != 1) {
      return tcg::kInvalidParameter;
    }
    if (!in.Take(Kind::kEndName)) return tcg::kInvalidParameter;
  }
  OpalRange& range = record_.ranges[object - (reads ? tcg::kMaySetReadLocked : tcg::kMaySetWriteLocked)];
  (reads ? range.readers : range.writers) = users;
  return tcg::kSuccess;
}

// Admin1 begins with the PIN of SID. More than one namespace: ranges would not know whose LBAs they mean.
// A zoned one has write pointers that know nothing of keys.
tcg::MethodStatus Opal::Activate(uint64_t object, Reader&, Writer&) {
  if (session_.sp != tcg::kAdminSp || object != tcg::kLockingSp || session_.authority != tcg::kSid || !session_.write) return tcg::kNotAuthorized;
  if (record_.activated) return tcg::kSuccess;
  uint32_t others = 0;
  namespaces_->ForEachAllocated([&](const Media& media) { others += media.nsid() != 1; });
  const Media* media = namespaces_->Allocated(1);
  if (others != 0 || media == nullptr || media->record().command_set != kNvmCommandSet) return tcg::kFailed;
  record_.admins[0] = record_.sid;
  record_.enabled_admins = 1;
  record_.activated = 1;
  return tcg::kSuccess;
}

tcg::MethodStatus Opal::GenKey(uint64_t object, Reader&, Writer&) {
  const uint32_t n = object == tcg::kGlobalKey ? 0 : tcg::NumberIn(object, tcg::kKeys, kOpalRanges);
  if (session_.sp != tcg::kLockingSp || !IsAdmin() || !session_.write) return tcg::kNotAuthorized;
  if (n == 0 && object != tcg::kGlobalKey) return tcg::kInvalidParameter;
  MakeKey(n);
  return tcg::kSuccess;
}

// Of the Admin SP: all as it left the factory. Of the Locking SP: that alone.
tcg::MethodStatus Opal::Revert(uint64_t object, Reader&, Writer&) {
  const bool sid = session_.authority == tcg::kSid;
  const bool whole = object == tcg::kAdminSp && (sid || session_.authority == tcg::kPsid);
  const bool part = object == tcg::kLockingSp && sid;
  if (session_.sp != tcg::kAdminSp || !session_.write || (!whole && !part)) return tcg::kNotAuthorized;
  RevertLockingSp();
  if (whole) {
    record_.sid = record_.msid;
    session_.ends = true;
  }
  return tcg::kSuccess;
}

tcg::MethodStatus Opal::RevertSp(uint64_t object, Reader&, Writer&) {
  if (session_.sp != tcg::kLockingSp || object != tcg::kThisSp || !IsAdmin() || !session_.write) return tcg::kNotAuthorized;
  RevertLockingSp();
  session_.ends = true;
  return tcg::kSuccess;
}

}  // namespace assay::model
