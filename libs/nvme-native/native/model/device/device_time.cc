// How long commands take, and what the medium's health has to say after them.
#include "device.h"

namespace assay::model {
namespace {

// SMART / health events by the critical warning that they tell (NVMe Base 2.0, figures 146 and 320).
struct HealthEvent {
  uint8_t warnings;
  uint32_t info;
};
constexpr HealthEvent kHealthEvents[] = {{kWarnDegraded | kWarnReadOnly, 0}, {kWarnTemperature, 1}, {kWarnSpare, 2}};
constexpr uint32_t kHealthType = 1;
constexpr uint8_t kSmartLog = 2;

}  // namespace

uint64_t Device::ReadTimeNs(const Media& media, uint64_t slba, uint64_t lba_count) {
  const uint64_t service_ns = Jittered(header_->read_us);
  if (!nand_.enabled()) return service_ns;
  const uint64_t offset = media.record().start_bytes + slba * media.lba_bytes();
  return nand_.Read(offset, lba_count * media.lba_bytes(), service_ns, BoottimeNs());
}

uint64_t Device::WriteTimeNs(const Media& media, uint64_t slba, uint64_t lba_count) {
  const uint64_t service_ns = Jittered(header_->write_us);
  if (!nand_.enabled()) return service_ns;
  const uint64_t offset = media.record().start_bytes + slba * media.lba_bytes();
  return nand_.Write(offset, lba_count * media.lba_bytes(), service_ns, Jittered(header_->nand.steady_write_us), BoottimeNs());
}

void Device::TellHealth() {
  if (!health_.Changes()) return;
  const uint8_t fresh = health_.NewWarnings(static_cast<uint16_t>(features_[0x04]));
  for (const HealthEvent& event : kHealthEvents) {
    if (fresh & event.warnings & kWarnTemperature) NoteHeat(features_[0x04] & 0xffff);
    if (fresh & event.warnings & features_[0x0b]) RaiseEvent(kHealthType, event.info, kSmartLog);
  }
}

}  // namespace assay::model
