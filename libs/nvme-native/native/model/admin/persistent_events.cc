#include "persistent_events.h"

#include <algorithm>
#include <cstdio>

#include "identify.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kHeaderLength = 512;
constexpr uint32_t kEventHeaderLength = 24;
constexpr uint8_t kEventLog = 0x0d;
constexpr uint8_t kRevision = 1;
constexpr size_t kSupportedAt = 480;
constexpr EventType kNoted[] = {kFirmwareCommitted, kTimestampChanged, kPowerOnOrReset,    kNamespaceChanged, kFormatStarted,
                                kFormatCompleted,   kSanitizeStarted,  kSanitizeCompleted, kThermalExcursion};

}  // namespace

void NoteEvent(DriveHeader* h, EventType type, uint64_t timestamp, std::span<const uint8_t> data) {
  EventRecord& record = h->events.records[h->events.noted % kKeptEvents];
  record = {};
  record.timestamp = timestamp;
  record.type = type;
  record.bytes = static_cast<uint8_t>(std::min<size_t>(data.size(), kEventDataBytes));
  std::copy_n(data.begin(), record.bytes, record.data);
  h->events.noted++;
}

std::vector<uint8_t> PersistentEventLog(const DriveHeader& h, uint64_t timestamp) {
  const uint64_t kept = std::min<uint64_t>(h.events.noted, kKeptEvents);
  std::vector<uint8_t> page(kHeaderLength);
  page[0] = kEventLog;
  Put(page.data(), 4, static_cast<uint32_t>(kept));
  page[16] = kRevision;
  Put(page.data(), 18, static_cast<uint16_t>(kHeaderLength - 20));
  Put(page.data(), 20, timestamp);
  const bool on = h.power.load() == kPowerOn;
  const uint64_t powered_ms = h.smart.powered_ms + (on ? (RealtimeNs() - h.smart.powered_since_ns) / kNsPerMs : 0);
  Put(page.data(), 28, powered_ms / 3'600'000);
  Put(page.data(), 44, h.smart.power_cycles);
  Put(page.data(), 52, kPciVendor);
  Put(page.data(), 54, kPciVendor);
  std::copy_n(h.serial, sizeof h.serial, page.begin() + 56);
  std::copy_n(h.model, sizeof h.model, page.begin() + 76);
  for (const EventType type : kNoted) page[kSupportedAt + type / 8] |= static_cast<uint8_t>(1 << type % 8);
  // The newest one first.
  for (uint64_t i = 0; i < kept; i++) {
    const EventRecord& record = h.events.records[(h.events.noted - 1 - i) % kKeptEvents];
    const uint32_t bytes = std::min<uint32_t>(record.bytes, kEventDataBytes);
    const size_t at = page.size();
    page.resize(at + kEventHeaderLength + bytes);
    page[at] = record.type;
    page[at + 1] = kRevision;
    page[at + 2] = kEventHeaderLength - 3;
    Put(page.data(), at + 6, record.timestamp);
    Put(page.data(), at + 22, static_cast<uint16_t>(bytes));
    std::copy_n(record.data, bytes, page.begin() + static_cast<std::ptrdiff_t>(at + kEventHeaderLength));
  }
  Put(page.data(), 8, static_cast<uint64_t>(page.size()));
  return page;
}

}  // namespace assay::model
