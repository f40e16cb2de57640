// What reservation commands do to the record of a namespace, and what a reservation forbids (NVMe Base 2.0, 7 and 8.19). Pure:
// no queue, no clock.
#pragma once
#include <array>
#include <vector>

#include "reservation_record.h"

namespace assay::model {

using HostId = std::array<uint8_t, kHostIdBytes>;

// All give a status without phase.
class Reservations {
 public:
  explicit Reservations(ReservationRecord* record) : r_(*record) {}

  // `cdw10` of the command; keys as its data have them.
  uint16_t Register(const HostId& host, uint32_t cdw10, uint64_t current_key, uint64_t new_key);
  uint16_t Acquire(const HostId& host, uint32_t cdw10, uint64_t current_key, uint64_t preempt_key);
  uint16_t Release(const HostId& host, uint32_t cdw10, uint64_t current_key);
  // The data of Reservation Report. `extended`: 128-bit host identifiers.
  std::vector<uint8_t> Report(const HostId& asking, bool extended) const;
  // What the host may not do now.
  bool Denies(const HostId& host, bool writes) const;
  // After power came back.
  void PowerLost();
  // A host without an identifier is another one after a reset of the controller.
  void ForgetUnnamed();

 private:
  RegistrantRecord* Find(const HostId& host);
  bool OfAll() const { return r_.type == kWriteExclusiveAll || r_.type == kExclusiveAccessAll; }
  bool Holds(const RegistrantRecord& registrant) const;
  bool Held() const { return r_.type != kNoReservation; }
  void Unregister(RegistrantRecord* registrant);
  void Hold(RegistrantRecord* registrant, uint32_t type);
  void End();
  // How many went.
  uint32_t UnregisterKey(uint64_t key, const RegistrantRecord* spared);
  uint16_t Preempt(RegistrantRecord* mine, uint32_t type, uint64_t key);

  ReservationRecord& r_;
};

}  // namespace assay::model
