// Log pages of the software drive (NVMe Base 2.0, 5.16): one table of identifiers.
#pragma once
#include <vector>

#include "model/media/namespaces.h"

namespace assay::model {

constexpr uint16_t kEnduranceGroup = 1;  // the only one

struct LogSource {
  const DriveHeader& header;
  const std::vector<uint32_t>& changed_namespaces;
  const std::vector<uint8_t>& telemetry;  // as CaptureTelemetry made it; empty: never
  uint8_t telemetry_generation;
  const std::vector<uint8_t>& persistent_events;  // as the reporting context has them
  uint32_t command_set;                           // that the host asks about
};

struct LogPage {
  uint8_t lid;
  uint32_t bytes;
  // `page` has `bytes` zeroes.
  void (*fill)(const LogSource& source, uint8_t* page);
};

std::vector<uint8_t> CaptureTelemetry(const LogSource& source);

// Null: there is no such log.
const LogPage* FindLogPage(uint8_t lid);

}  // namespace assay::model
