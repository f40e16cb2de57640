// What the device notes in its persistent event log (NVMe Base 2.0, 5.16.1.14.1).
#include "device.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint64_t kTimestampMask = (uint64_t{1} << 48) - 1;

}  // namespace

uint64_t Device::TimestampNow() const {
  const uint64_t ms = (timestamp_ms_ + (BoottimeNs() - timestamp_set_ns_) / kNsPerMs) & kTimestampMask;
  return ms | uint64_t{timestamp_origin_} << 49;
}

void Device::Note(EventType type, std::span<const uint8_t> data) { NoteEvent(header_, type, TimestampNow(), data); }

void Device::NoteReset() {
  const SmartCounters& s = header_->smart;
  uint8_t data[44] = {};
  std::memcpy(data, header_->firmware, sizeof header_->firmware);
  Put(data, 24, static_cast<uint32_t>(s.power_cycles));
  Put(data, 28, s.powered_ms + (RealtimeNs() - s.powered_since_ns) / kNsPerMs);
  Put(data, 36, TimestampNow());
  Note(kPowerOnOrReset, data);
}

void Device::NoteFirmware(const char (&old_revision)[8], uint32_t action, uint32_t slot, uint16_t status) {
  uint8_t data[22] = {};
  std::memcpy(data, old_revision, sizeof old_revision);
  std::memcpy(data + 8, header_->firmware, sizeof header_->firmware);
  data[16] = static_cast<uint8_t>(action);
  data[17] = static_cast<uint8_t>(slot);
  data[18] = status >> 9 & 7;
  data[19] = status >> 1 & 0xff;
  Note(kFirmwareCommitted, data);
}

void Device::NoteTimestamp(uint64_t before) {
  uint8_t data[16] = {};
  Put(data, 0, before);
  Put(data, 8, (BoottimeNs() - timestamp_set_ns_) / kNsPerMs);
  Note(kTimestampChanged, data);
}

void Device::NoteNamespace(const Sqe& sqe, uint32_t nsid, const NamespaceRecord& ns) {
  uint8_t data[48] = {};
  Put(data, 0, sqe.cdw10);
  Put(data, 8, ns.lba_count);
  Put(data, 24, ns.lba_count);
  data[32] = static_cast<uint8_t>((ns.lba_format & 15) | (ns.extended ? 0x10 : 0) | (ns.lba_format >> 4) << 5);
  data[33] = static_cast<uint8_t>(ns.pi_type | (ns.pi_first ? 8 : 0));
  Put(data, 44, nsid);
  Note(kNamespaceChanged, data);
}

void Device::NoteFormat(const Sqe& sqe, uint16_t status, bool completed) {
  uint8_t data[12] = {};
  Put(data, 0, sqe.nsid);
  if (completed) Put(data, 8, static_cast<uint16_t>(status));
  else Put(data, 8, sqe.cdw10);
  Note(completed ? kFormatCompleted : kFormatStarted, data);
}

void Device::NoteSanitize(bool completed) {
  uint8_t log[8] = {}, data[12] = {};
  if (completed) {
    Put<uint16_t>(log, 0, 0xffff);
    Put(log, 2, static_cast<uint16_t>(header_->sanitize.status));
    return Note(kSanitizeCompleted, log);
  }
  Put(data, 0, kSanitizeCapabilities);
  Put(data, 4, header_->sanitize.cdw10);
  Put(data, 8, header_->sanitize.cdw11);
  Note(kSanitizeStarted, data);
}

void Device::NoteHeat(uint32_t threshold_k) {
  const uint16_t now_k = TemperatureK(*header_);
  const uint8_t data[2] = {static_cast<uint8_t>(now_k > threshold_k ? now_k - threshold_k : 0), 1};
  Note(kThermalExcursion, data);
}

}  // namespace assay::model
