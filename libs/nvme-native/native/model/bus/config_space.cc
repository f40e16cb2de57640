#include "config_space.h"

#include <cstring>

#include "model/admin/identify.h"
#include "interrupts.h"

namespace assay::model {
namespace {

constexpr uint32_t kPowerCapability = 0x40;
constexpr uint32_t kMsixCapability = 0x50;
constexpr uint32_t kExpressCapability = 0x60;
constexpr uint32_t kErrorCapability = 0x100;
constexpr uint32_t kSerialCapability = 0x148;
constexpr uint32_t kBarAddress = 0xfe000000;
constexpr uint16_t kDeviceId = 0x0001;
constexpr uint16_t kMemorySpace = 2, kBusMaster = 4;
constexpr uint16_t kFunctionReset = 1u << 15;

}  // namespace

ConfigSpace::ConfigSpace(uint32_t vectors) : vectors_(vectors) { Reset(); }

void ConfigSpace::Put(uint32_t at, uint32_t bytes, uint32_t value, uint32_t writable) {
  std::memcpy(bytes_ + at, &value, bytes);
  std::memcpy(writable_ + at, &writable, bytes);
}

void ConfigSpace::Reset() {
  std::lock_guard lock(mutex_);
  std::memset(bytes_, 0, sizeof bytes_);
  std::memset(writable_, 0, sizeof writable_);
  Put(0x00, 2, kPciVendor);
  Put(0x02, 2, kDeviceId);
  Put(0x04, 2, 0, 0x0406);             // command: memory space, bus master, interrupt disable
  Put(0x06, 2, 0x0010);                // status: capability list
  Put(0x08, 4, 0x01080200);            // NVM Express I/O controller
  Put(0x0c, 1, 0, 0xff);
  Put(0x10, 4, 4, ~(kBarBytes - 1));   // BAR0, 64 bits
  Put(0x14, 4, 0, 0xffffffff);
  Put(0x2c, 2, kPciVendor);
  Put(0x2e, 2, kDeviceId);
  Put(0x34, 1, kPowerCapability);
  Put(0x3c, 1, 0, 0xff);

  Put(kPowerCapability, 2, kMsixCapability << 8 | 0x01);
  Put(kPowerCapability + 2, 2, 0x0003);                   // version 1.2; D0 and D3hot only
  Put(kPowerCapability + 4, 2, 1u << 3, 0x0003);          // PMCSR: no soft reset

  Put(kMsixCapability, 2, kExpressCapability << 8 | 0x11);
  Put(kMsixCapability + 2, 2, vectors_ - 1, 0xc000);      // enable, function mask
  Put(kMsixCapability + 4, 4, kMsixTableOffset);
  Put(kMsixCapability + 8, 4, kMsixPendingOffset);

  Put(kExpressCapability, 2, 0x10);
  Put(kExpressCapability + 2, 2, 0x0002);                 // endpoint, version 2
  Put(kExpressCapability + 4, 4, 1u << 28 | 1u << 15 | 2);  // DevCap: FLR, role-based errors, 512 byte payload
  Put(kExpressCapability + 8, 2, 0x2810, 0x78ff);         // DevCtl; its bit 15 asks for an FLR and reads zero
  Put(kExpressCapability + 12, 4, 3u << 10 | 4 << 4 | 4);   // LnkCap: ASPM L0s and L1, x4, 16 GT/s
  Put(kExpressCapability + 16, 2, 0, 0x01cb);             // LnkCtl
  Put(kExpressCapability + 18, 2, 4 << 4 | 4);            // LnkSta
  Put(kExpressCapability + 36, 4, 0x0001001f);            // DevCap2
  Put(kExpressCapability + 40, 2, 0, 0x041f);
  Put(kExpressCapability + 44, 4, 0x1e);                  // LnkCap2: 2.5 to 16 GT/s
  Put(kExpressCapability + 48, 2, 4, 0x000f);

  Put(kErrorCapability, 4, kSerialCapability << 20 | 2 << 16 | 0x0001);
  Put(kErrorCapability + 8, 4, 0, 0x07fff030);            // uncorrectable mask
  Put(kErrorCapability + 12, 4, 0x00462030, 0x07fff030);  // severity
  Put(kErrorCapability + 20, 4, 0x2000, 0x0000f1c1);      // correctable mask
  Put(kSerialCapability, 4, 0 << 20 | 1 << 16 | 0x0003);
  Put(kSerialCapability + 4, 4, 0x00000001);
  Put(kSerialCapability + 8, 4, 0xa55a0000);
}

void ConfigSpace::Enumerate() {
  std::lock_guard lock(mutex_);
  const uint32_t bar = kBarAddress | 4;
  const uint16_t command = kMemorySpace | kBusMaster;
  std::memcpy(bytes_ + 0x10, &bar, 4);
  std::memcpy(bytes_ + 0x04, &command, 2);
}

void ConfigSpace::Read(uint32_t offset, uint8_t* to, uint32_t bytes) const {
  std::lock_guard lock(mutex_);
  std::memcpy(to, bytes_ + offset, bytes);
}

ConfigSpace::Effect ConfigSpace::Write(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  std::lock_guard lock(mutex_);
  bool function_reset = false;
  for (uint32_t i = 0; i < bytes; i++) {
    const uint32_t at = offset + i;
    if (at == kExpressCapability + 9) function_reset = from[i] & (kFunctionReset >> 8);
    uint8_t value = static_cast<uint8_t>((bytes_[at] & ~writable_[at]) | (from[i] & writable_[at]));
    // A power state that is not there is not entered (PCI PM 1.2, 3.2.4).
    if (at == kPowerCapability + 4 && ((from[i] & 3) == 1 || (from[i] & 3) == 2)) value = bytes_[at];
    bytes_[at] = value;
  }
  Effect effect = Look();
  effect.function_reset = function_reset;
  return effect;
}

ConfigSpace::Effect ConfigSpace::Now() const {
  std::lock_guard lock(mutex_);
  return Look();
}

ConfigSpace::Effect ConfigSpace::Look() const {
  uint16_t command, power, msix;
  std::memcpy(&command, bytes_ + 0x04, 2);
  std::memcpy(&power, bytes_ + kPowerCapability + 4, 2);
  std::memcpy(&msix, bytes_ + kMsixCapability + 2, 2);
  const bool awake = (power & 3) == 0;
  Effect effect;
  effect.memory = awake && (command & kMemorySpace);
  effect.bus_master = awake && (command & kBusMaster);
  effect.msix_enabled = msix & 0x8000;
  effect.msix_masked = msix & 0x4000;
  return effect;
}

}  // namespace assay::model
