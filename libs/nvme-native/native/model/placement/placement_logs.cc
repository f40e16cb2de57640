#include "placement_logs.h"

#include <algorithm>

#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint8_t kConfigurationValid = 0x80, kVolatileWriteCache = 0x10;
constexpr uint32_t kHostEvents = 1;
constexpr uint32_t kDescriptorAlign = 8;

uint32_t DescriptorBytes(const PlacementConfiguration& c) {
  return (kConfigurationBytes + c.handles * kHandleDescriptorBytes + kDescriptorAlign - 1) / kDescriptorAlign * kDescriptorAlign;
}

}  // namespace

void FillPlacementConfigurations(const LogSource& source, uint8_t* page) {
  const PlacementRecord& r = source.placement.record();
  Put(page, 0, static_cast<uint16_t>(r.configuration_count - 1));
  uint32_t at = kConfigurationHeadBytes;
  for (uint32_t i = 0; i < r.configuration_count; i++) {
    const PlacementConfiguration& c = r.configurations[i];
    uint8_t* to = page + at;
    Put(to, 0, static_cast<uint16_t>(DescriptorBytes(c)));
    to[2] = static_cast<uint8_t>(kConfigurationValid | (source.header.volatile_cache ? kVolatileWriteCache : 0) | c.group_bits);
    Put(to, 4, c.groups);
    Put(to, 8, static_cast<uint16_t>(c.handles));
    Put(to, 10, static_cast<uint16_t>(c.groups * c.handles - 1));  // MAXPIDS, 0-based
    Put(to, 12, source.header.max_namespaces);
    Put(to, 16, c.unit_bytes);
    Put(to, 24, c.time_limit_s);
    for (uint32_t handle = 0; handle < c.handles; handle++) to[kConfigurationBytes + handle * kHandleDescriptorBytes] = c.isolation[handle];
    at += DescriptorBytes(c);
  }
  Put(page, 4, at);
}

void FillHandleUsage(const LogSource& source, uint8_t* page) {
  const uint32_t handles = source.placement.Configuration().handles;
  Put(page, 0, static_cast<uint16_t>(handles));
  for (uint32_t handle = 0; handle < handles; handle++) page[8 + 8 * handle] = source.placement.Usage(handle);
}

void FillPlacementStatistics(const LogSource& source, uint8_t* page) {
  const PlacementRecord& r = source.placement.record();
  Put(page, 0, r.host_bytes);
  Put(page, 16, r.media_bytes);
  Put(page, 32, r.erased_bytes);
}

// In the order in which they happened.
void FillPlacementEvents(const LogSource& source, uint8_t* page) {
  const PlacementRecord& r = source.placement.record();
  const PlacementEventList& list = source.specific & kHostEvents ? r.host_events : r.controller_events;
  const uint64_t kept = std::min<uint64_t>(list.noted, kKeptPlacementEvents);
  Put(page, 0, static_cast<uint32_t>(kept));
  for (uint64_t i = 0; i < kept; i++) {
    std::memcpy(page + 64 + i * kPlacementEventBytes, list.kept[(list.noted - kept + i) % kKeptPlacementEvents], kPlacementEventBytes);
  }
}

}  // namespace assay::model
