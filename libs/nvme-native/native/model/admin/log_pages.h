// Log pages of the software drive (NVMe Base 2.0, 5.16): one table of identifiers.
#pragma once
#include <vector>

#include "model/media/namespaces.h"
#include "model/placement/placement.h"

namespace assay::model {

constexpr uint16_t kEnduranceGroup = 1;  // the only one
constexpr uint32_t kLockdownLogBytes = 512;

struct LogSource {
  const DriveHeader& header;
  const std::vector<uint32_t>& changed_namespaces;
  const std::vector<uint8_t>& telemetry;  // as CaptureTelemetry made it; empty: never
  uint8_t telemetry_generation;
  const std::vector<uint8_t>& persistent_events;  // as the reporting context has them
  uint32_t command_set;                           // that the host asks about
  const Placement& placement;
  uint32_t specific;  // LSP
};

enum class LogScope : uint8_t {
  kDrive,
  kEnduranceGroup,     // named by LSI
  kPlacement,          // of an endurance group, on a drive with Flexible Data Placement
  kEnabledPlacement,   // where it is switched on, else 00/29
};

struct LogPage {
  uint8_t lid;
  uint32_t bytes;
  // `page` has `bytes` zeroes.
  void (*fill)(const LogSource& source, uint8_t* page);
  LogScope scope = LogScope::kDrive;
};

std::vector<uint8_t> CaptureTelemetry(const LogSource& source);

// Null: the drive has no such log.
const LogPage* FindLogPage(const DriveHeader& header, uint8_t lid);

}  // namespace assay::model
