// Outcomes of commands, and their data on the way to and from the host's memory.
#pragma once
#include "model/device/device.h"
#include "model/bus/prp.h"
#include "statuses.h"

namespace assay::model {

inline Device::Outcome Fail(uint16_t status) {
  Device::Outcome outcome;
  outcome.status = status;
  return outcome;
}

inline Device::Outcome Value(uint32_t cdw0) {
  Device::Outcome outcome;
  outcome.cdw0 = cdw0;
  return outcome;
}

// To the host.
inline Device::Outcome Give(const Sqe& sqe, const uint8_t* from, uint64_t bytes) {
  const bool ok = ForEachRun(sqe, bytes, [&](uint8_t* to, uint64_t part) {
    std::memcpy(to, from, part);
    from += part;
  });
  return Fail(ok ? 0 : status::kInvalidPrp);
}

// From the host; a status without phase.
[[nodiscard]] inline uint16_t Take(const Sqe& sqe, void* into, uint64_t bytes) {
  auto* to = static_cast<uint8_t*>(into);
  const bool ok = ForEachRun(sqe, bytes, [&](const uint8_t* from, uint64_t part) {
    std::memcpy(to, from, part);
    to += part;
  });
  return ok ? 0 : status::kInvalidPrp;
}

template <typename T>
void Put(uint8_t* page, size_t at, T value) {
  std::memcpy(page + at, &value, sizeof value);
}

template <typename T>
T Get(const uint8_t* page, size_t at) {
  T value;
  std::memcpy(&value, page + at, sizeof value);
  return value;
}

}  // namespace assay::model
