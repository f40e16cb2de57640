// The persistent event log, 0Dh (NVMe Base 2.0, 5.16.1.14): what happened to the drive, the newest kKeptEvents of it.
#pragma once
#include <span>
#include <vector>

#include "model/media/drive_layout.h"

namespace assay::model {

// Figure 210.
enum EventType : uint8_t {
  kFirmwareCommitted = 0x02,
  kTimestampChanged = 0x03,
  kPowerOnOrReset = 0x04,
  kNamespaceChanged = 0x06,
  kFormatStarted = 0x07,
  kFormatCompleted = 0x08,
  kSanitizeStarted = 0x09,
  kSanitizeCompleted = 0x0a,
  kThermalExcursion = 0x0d,
};
constexpr uint32_t kEventLogBytes = 512 + kKeptEvents * (24 + kEventDataBytes);

void NoteEvent(DriveHeader* header, EventType type, uint64_t timestamp, std::span<const uint8_t> data);
// The page as it is now, kEventLogBytes at most.
std::vector<uint8_t> PersistentEventLog(const DriveHeader& header, uint64_t timestamp);

}  // namespace assay::model
