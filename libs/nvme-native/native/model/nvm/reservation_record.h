// The registrants and the reservation of a namespace, as the file of a software drive keeps them (NVMe Base 2.0, 8.19).
#pragma once
#include <cstdint>

namespace assay::model {

constexpr uint32_t kMaxRegistrants = 8;  // hosts of one namespace
constexpr uint32_t kHostIdBytes = 16;

// `registered` 0: a free place.
struct RegistrantRecord {
  uint8_t host[kHostIdBytes];  // a 64-bit identifier in the first half
  uint64_t key;
  uint32_t registered;
  uint32_t holds;
};

// NVMe Base 2.0, figure 84. Of the last two every registrant is a holder.
enum ReservationType : uint32_t {
  kNoReservation = 0,
  kWriteExclusive = 1,
  kExclusiveAccess = 2,
  kWriteExclusiveRegistrants = 3,
  kExclusiveAccessRegistrants = 4,
  kWriteExclusiveAll = 5,
  kExclusiveAccessAll = 6,
};

struct ReservationRecord {
  uint32_t generation;
  uint32_t type;      // ReservationType
  uint32_t persists;  // PTPL: survives a loss of power
  uint32_t reserved;
  RegistrantRecord registrants[kMaxRegistrants];
};

}  // namespace assay::model
