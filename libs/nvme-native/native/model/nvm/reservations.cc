#include "reservations.h"

#include <algorithm>
#include <cstring>

#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kIgnoreKey = 8;  // IEKEY
constexpr uint32_t kActions = 7;
constexpr uint32_t kRegister = 0, kUnregister = 1, kReplace = 2;
constexpr uint32_t kAcquire = 0, kPreempt = 1, kPreemptAndAbort = 2;
constexpr uint32_t kRelease = 0, kClear = 1;
constexpr uint32_t kLoseWithPower = 2, kKeepOverPower = 3;  // CPTPL
// Of a host that is at no controller just now.
constexpr uint16_t kNoController = 0xffff;

uint32_t TypeOf(uint32_t cdw10) { return cdw10 >> 8 & 0xff; }

}  // namespace

RegistrantRecord* Reservations::Find(const HostId& host) {
  for (RegistrantRecord& known : r_.registrants) {
    if (known.registered && std::memcmp(known.host, host.data(), host.size()) == 0) return &known;
  }
  return nullptr;
}

bool Reservations::Holds(const RegistrantRecord& registrant) const {
  return Held() && registrant.registered && (OfAll() || registrant.holds);
}

void Reservations::End() {
  r_.type = kNoReservation;
  for (RegistrantRecord& known : r_.registrants) known.holds = 0;
}

void Reservations::Hold(RegistrantRecord* registrant, uint32_t type) {
  End();
  r_.type = type;
  registrant->holds = 1;
}

// With its holder the reservation goes; one of all registrants with the last of them.
void Reservations::Unregister(RegistrantRecord* registrant) {
  const bool held = Holds(*registrant) && !OfAll();
  *registrant = {};
  const bool any = std::any_of(std::begin(r_.registrants), std::end(r_.registrants), [](const RegistrantRecord& known) { return known.registered != 0; });
  if (held || !any) End();
}

uint32_t Reservations::UnregisterKey(uint64_t key, const RegistrantRecord* spared) {
  uint32_t gone = 0;
  for (RegistrantRecord& known : r_.registrants) {
    if (!known.registered || known.key != key || &known == spared) continue;
    Unregister(&known);
    gone++;
  }
  return gone;
}

uint16_t Reservations::Register(const HostId& host, uint32_t cdw10, uint64_t current_key, uint64_t new_key) {
  const uint32_t action = cdw10 & kActions, persist = cdw10 >> 30;
  if (action > kReplace || persist == 1) return status::kInvalidField;
  if (action != kUnregister && new_key == 0) return status::kInvalidField;
  RegistrantRecord* mine = Find(host);
  if (action == kRegister) {
    if (mine != nullptr && mine->key != new_key) return status::kReservationConflict;
    if (mine == nullptr) {
      mine = std::find_if(std::begin(r_.registrants), std::end(r_.registrants), [](const RegistrantRecord& known) { return !known.registered; });
      if (mine == std::end(r_.registrants)) return status::kReservationConflict;
      *mine = {};
      std::memcpy(mine->host, host.data(), host.size());
      mine->key = new_key;
      mine->registered = 1;
    }
  } else {
    if (mine == nullptr || (!(cdw10 & kIgnoreKey) && mine->key != current_key)) return status::kReservationConflict;
    if (action == kReplace) {
      mine->key = new_key;
    } else {
      Unregister(mine);
    }
  }
  if (persist == kLoseWithPower) r_.persists = 0;
  if (persist == kKeepOverPower) r_.persists = 1;
  r_.generation++;
  return 0;
}

uint16_t Reservations::Acquire(const HostId& host, uint32_t cdw10, uint64_t current_key, uint64_t preempt_key) {
  const uint32_t action = cdw10 & kActions, type = TypeOf(cdw10);
  if (action > kPreemptAndAbort || (cdw10 & kIgnoreKey) || type == kNoReservation || type > kExclusiveAccessAll) return status::kInvalidField;
  RegistrantRecord* mine = Find(host);
  if (mine == nullptr || mine->key != current_key) return status::kReservationConflict;
  if (action != kAcquire) return Preempt(mine, type, preempt_key);
  if (Held()) return Holds(*mine) && r_.type == type ? 0 : status::kReservationConflict;
  Hold(mine, type);
  return 0;
}

// There is one controller: nobody else's commands are at work that could be aborted.
uint16_t Reservations::Preempt(RegistrantRecord* mine, uint32_t type, uint64_t key) {
  if (OfAll() && key == 0) {
    for (RegistrantRecord& known : r_.registrants) {
      if (&known != mine) known = {};
    }
    Hold(mine, type);
    r_.generation++;
    return 0;
  }
  if (key == 0) return status::kInvalidField;
  const bool holders = std::any_of(std::begin(r_.registrants), std::end(r_.registrants),
                                   [&](const RegistrantRecord& known) { return !OfAll() && Holds(known) && known.key == key; });
  if (UnregisterKey(key, mine) == 0 && !holders) return status::kReservationConflict;
  if (holders) Hold(mine, type);
  r_.generation++;
  return 0;
}

uint16_t Reservations::Release(const HostId& host, uint32_t cdw10, uint64_t current_key) {
  const uint32_t action = cdw10 & kActions;
  if (action > kClear || (cdw10 & kIgnoreKey)) return status::kInvalidField;
  const RegistrantRecord* mine = Find(host);
  if (mine == nullptr || mine->key != current_key) return status::kReservationConflict;
  if (action == kClear) {
    End();
    for (RegistrantRecord& known : r_.registrants) known = {};
    r_.generation++;
    return 0;
  }
  if (!Holds(*mine)) return 0;
  if (TypeOf(cdw10) != r_.type) return status::kInvalidField;
  End();
  return 0;
}

bool Reservations::Denies(const HostId& host, bool writes) const {
  if (!Held()) return false;
  const bool of_writes_only = r_.type == kWriteExclusive || r_.type == kWriteExclusiveRegistrants || r_.type == kWriteExclusiveAll;
  if (of_writes_only && !writes) return false;
  const RegistrantRecord* mine = const_cast<Reservations*>(this)->Find(host);
  if (mine == nullptr) return true;
  const bool of_its_holder = r_.type == kWriteExclusive || r_.type == kExclusiveAccess;
  return of_its_holder && !Holds(*mine);
}

std::vector<uint8_t> Reservations::Report(const HostId& asking, bool extended) const {
  const size_t head = extended ? 64 : 24, each = extended ? 64 : 24;
  std::vector<uint8_t> page(head + each * kMaxRegistrants);
  uint16_t count = 0;
  for (const RegistrantRecord& known : r_.registrants) {
    if (!known.registered) continue;
    uint8_t* at = page.data() + head + each * count++;
    const bool here = std::memcmp(known.host, asking.data(), asking.size()) == 0;
    Put<uint16_t>(at, 0, here ? 0 : kNoController);
    at[2] = Holds(known) ? 1 : 0;
    Put(at, extended ? 8 : 16, known.key);
    std::memcpy(at + (extended ? 16 : 8), known.host, extended ? kHostIdBytes : 8);
  }
  Put(page.data(), 0, r_.generation);
  page[4] = static_cast<uint8_t>(r_.type);
  Put(page.data(), 5, count);
  page[9] = static_cast<uint8_t>(r_.persists);
  return page;
}

void Reservations::PowerLost() {
  if (!r_.persists) r_ = {};
}

void Reservations::ForgetUnnamed() {
  if (RegistrantRecord* unnamed = Find(HostId{})) Unregister(unnamed);
}

}  // namespace assay::model
