#include "message_interrupts.h"

#include <spdk/env.h>
#include <spdk/version.h>

namespace assay::spdk {
namespace {

constexpr uint32_t kCapabilities = 0x34, kFirstCapability = 0x40;
constexpr int kMostCapabilities = 48;
constexpr uint8_t kMsix = 0x11;
constexpr uint8_t kEnableInSecondByte = 0x80;

#if SPDK_VERSION >= SPDK_VERSION_NUM(25, 1, 0)
bool EnableSeveral(struct spdk_pci_device* device, uint32_t vectors) { return spdk_pci_device_enable_interrupts(device, vectors) == 0; }
void DisableSeveral(struct spdk_pci_device* device) { (void)spdk_pci_device_disable_interrupts(device); }
#else
// Older releases switch one vector on, whatever the function has.
bool EnableSeveral(struct spdk_pci_device*, uint32_t) { return false; }
void DisableSeveral(struct spdk_pci_device*) {}
#endif

}  // namespace

MessageInterrupts::MessageInterrupts(struct spdk_pci_device* device, bool by_kernel) : device_(device), by_kernel_(by_kernel) {
  uint8_t at = 0;
  if (spdk_pci_device_cfg_read8(device, &at, kCapabilities) != 0) return;
  for (int i = 0; i < kMostCapabilities && at >= kFirstCapability; i++) {
    uint8_t head[2] = {};
    if (spdk_pci_device_cfg_read(device, head, sizeof head, at) != 0) return;
    if (head[0] == kMsix) {
      uint16_t control = 0;
      if (spdk_pci_device_cfg_read16(device, &control, at + 2) != 0) return;
      control_ = at + 2;
      vectors_ = (control & 0x7ff) + 1;
      return;
    }
    at = head[1] & 0xfc;
  }
}

MessageInterrupts::~MessageInterrupts() { Switch(false); }

void MessageInterrupts::BeforeWrite(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  const uint32_t second = control_ + 1;
  if (control_ == 0 || offset > second || offset + bytes <= second) return;
  Switch((from[second - offset] & kEnableInSecondByte) != 0);
}

// A failure shows in the bit, which whoever wrote it reads back.
void MessageInterrupts::Switch(bool on) {
  if (on == on_) return;
  if (!by_kernel_) {
    on_ = on;
    return;
  }
  const bool one = vectors_ == 1;
  if (on) {
    // The vector without a number of its own comes on top of those that are asked for.
    on_ = one ? spdk_pci_device_enable_interrupt(device_) == 0 : EnableSeveral(device_, vectors_ - 1);
  } else {
    if (one) {
      (void)spdk_pci_device_disable_interrupt(device_);
    } else {
      DisableSeveral(device_);
    }
    on_ = false;
  }
}

}  // namespace assay::spdk
