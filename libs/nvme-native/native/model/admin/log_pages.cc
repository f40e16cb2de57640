#include "log_pages.h"

#include <algorithm>

#include "health.h"
#include "admin_commands.h"
#include "model/nvm/nvm_commands.h"
#include "persistent_events.h"
#include "model/reply.h"
#include "model/placement/placement_logs.h"

namespace assay::model {
namespace {

constexpr uint32_t kSmartBytes = 512;
constexpr uint32_t kEffectsBytes = 4096;
constexpr size_t kIoEffects = 1024;
constexpr size_t kMaxChanged = 1024;
constexpr size_t kSupportedBytes = 1024;
constexpr uint32_t kEnduranceBytes = 512;
constexpr uint32_t kTelemetryBlock = 512;
constexpr uint32_t kTelemetryBytes = 2 * kTelemetryBlock;

void FillErrors(const LogSource& source, uint8_t* page) {
  const DriveHeader& h = source.header;
  const uint64_t newest = h.error_count;
  for (uint64_t i = 0; i < std::min<uint64_t>(newest, kErrorLogEntries); i++) {
    const ErrorLogRecord& e = h.errors[(newest - 1 - i) % kErrorLogEntries];
    uint8_t* at = page + i * 64;
    Put(at, 0, e.number);
    Put(at, 8, e.sqid);
    Put(at, 10, e.cid);
    Put(at, 12, e.status);
    Put<uint16_t>(at, 14, 0xffff);  // no parameter error location
    Put(at, 16, e.lba);
    Put(at, 24, e.nsid);
  }
}

void FillSmart(const LogSource& source, uint8_t* page) {
  const DriveHeader& h = source.header;
  const SmartCounters& s = h.smart;
  const bool on = h.power.load() == kPowerOn;
  const uint64_t powered_ms = s.powered_ms + (on ? (RealtimeNs() - s.powered_since_ns) / kNsPerMs : 0);
  FillHealth(h, page);
  Put(page, 32, (s.sectors_read + 999) / 1000);
  Put(page, 48, (s.sectors_written + 999) / 1000);
  Put(page, 64, s.read_commands);
  Put(page, 80, s.write_commands);
  Put<uint64_t>(page, 96, h.busy_ns / kNsPerMs / 60'000);  // minutes
  Put(page, 112, s.power_cycles);
  Put(page, 128, powered_ms / 3'600'000);
  Put(page, 144, s.unsafe_shutdowns);
  Put(page, 160, s.media_errors);
  Put(page, 176, s.error_log_entries);
}

void FillFirmware(const LogSource& source, uint8_t* page) { FillFirmwareLog(source.header, page); }
void FillSelfTest(const LogSource& source, uint8_t* page) { FillSelfTestLog(source.header, page); }
void FillSanitize(const LogSource& source, uint8_t* page) { FillSanitizeLog(source.header, page); }

void FillChanged(const LogSource& source, uint8_t* page) {
  if (source.changed_namespaces.size() > kMaxChanged) {
    Put<uint32_t>(page, 0, UINT32_MAX);
    return;
  }
  for (size_t i = 0; i < source.changed_namespaces.size(); i++) Put(page, 4 * i, source.changed_namespaces[i]);
}

void FillEffects(const LogSource& source, uint8_t* page) {
  AdminCommands::FillEffects(source.header, page);
  NvmCommands::FillEffects(source.header, source.command_set, page + kIoEffects);
}

// The whole medium is one endurance group. Data units are 1,000,000,000 bytes here.
void FillEndurance(const LogSource& source, uint8_t* page) {
  const DriveHeader& h = source.header;
  const SmartCounters& s = h.smart;
  uint8_t health[kSmartBytes] = {};
  FillHealth(h, health);
  page[0] = health[0] & (kWarnSpare | kWarnDegraded | kWarnReadOnly);
  page[3] = health[3];
  page[4] = health[4];
  page[5] = health[5];
  const auto billions = [](uint64_t sectors) { return (sectors * 512 + 999'999'999) / 1'000'000'000; };
  Put(page, 48, billions(s.sectors_read));
  Put(page, 64, billions(s.sectors_written));
  // What data placement has moved is all the write amplification that there is.
  const Placement& placement = source.placement;
  const uint64_t moved = placement.Supported() ? placement.record().media_bytes - std::min(placement.record().media_bytes, placement.record().host_bytes) : 0;
  Put(page, 80, billions(s.sectors_written + moved / 512));
  Put(page, 96, s.read_commands);
  Put(page, 112, s.write_commands);
  Put(page, 128, s.media_errors);
  Put(page, 144, s.error_log_entries);
  Put(page, 160, h.capacity_bytes);
  uint64_t taken = 0;
  for (const NamespaceRecord& ns : h.namespaces) taken += ns.bytes;
  Put(page, 176, h.capacity_bytes - taken);
}

// One block of data, area 1: the SMART page as it was when the host asked for a capture.
void FillHostTelemetry(const LogSource& source, uint8_t* page) {
  page[0] = 0x07;
  for (size_t at : {8, 10, 12}) Put<uint16_t>(page, at, 1);
  page[381] = source.telemetry_generation;
  if (!source.telemetry.empty()) std::memcpy(page + kTelemetryBlock, source.telemetry.data(), source.telemetry.size());
}

// The drive has never had a reason to capture anything by itself.
void FillControllerTelemetry(const LogSource&, uint8_t* page) { page[0] = 0x08; }

void FillPersistentEvents(const LogSource& source, uint8_t* page) {
  std::copy(source.persistent_events.begin(), source.persistent_events.end(), page);
}

// Notifications go to controllers of other hosts, and there is no other controller.
void FillReservations(const LogSource&, uint8_t*) {}

void FillSupported(const LogSource&, uint8_t* page);
// Of a log that depends on more than the drive: AdminCommands does it.
void FillNothing(const LogSource&, uint8_t*) {}

constexpr LogPage kLogPages[] = {
    {0x00, kSupportedBytes, FillSupported},
    {0x01, kErrorLogEntries * 64, FillErrors},
    {0x02, kSmartBytes, FillSmart},
    {0x03, 512, FillFirmware},
    {0x04, kMaxChanged * 4, FillChanged},
    {0x05, kEffectsBytes, FillEffects},
    {0x06, kSelfTestLogBytes, FillSelfTest},
    {0x07, kTelemetryBytes, FillHostTelemetry},
    {0x08, kTelemetryBlock, FillControllerTelemetry},
    {0x09, kEnduranceBytes, FillEndurance, LogScope::kEnduranceGroup},
    {0x0d, kEventLogBytes, FillPersistentEvents},
    {0x14, kLockdownLogBytes, FillNothing},
    {0x20, kPlacementConfigurationsBytes, FillPlacementConfigurations, LogScope::kPlacement},
    {0x21, kHandleUsageBytes, FillHandleUsage, LogScope::kEnabledPlacement},
    {0x22, kPlacementStatisticsBytes, FillPlacementStatistics, LogScope::kEnabledPlacement},
    {0x23, kPlacementEventsBytes, FillPlacementEvents, LogScope::kEnabledPlacement},
    {0x80, 64, FillReservations},
    {0x81, kSanitizeLogBytes, FillSanitize},
};

bool Supported(const DriveHeader& header, const LogPage& log) {
  return header.placement_offset != 0 || (log.scope != LogScope::kPlacement && log.scope != LogScope::kEnabledPlacement);
}

void FillSupported(const LogSource& source, uint8_t* page) {
  for (const LogPage& log : kLogPages) {
    if (Supported(source.header, log)) Put<uint32_t>(page, 4 * log.lid, 1);
  }
}

}  // namespace

std::vector<uint8_t> CaptureTelemetry(const LogSource& source) {
  std::vector<uint8_t> block(kSmartBytes);
  FillSmart(source, block.data());
  return block;
}

const LogPage* FindLogPage(const DriveHeader& header, uint8_t lid) {
  for (const LogPage& log : kLogPages) {
    if (log.lid == lid && Supported(header, log)) return &log;
  }
  return nullptr;
}

}  // namespace assay::model
