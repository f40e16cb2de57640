// MSI-X of a PCIe function as a script sees it: bits of the configuration space and a table in a BAR. vfio-pci lets nobody
// write the bit that switches it on: the kernel does that when interrupts are asked for, and its entries in the table may be
// written over after that. With uio the bit is the script's own.
#pragma once

#include <cstdint>

struct spdk_pci_device;

namespace assay::spdk {

// Control thread.
class MessageInterrupts {
 public:
  // `by_kernel`: vfio-pci holds the function.
  MessageInterrupts(struct spdk_pci_device* device, bool by_kernel);
  ~MessageInterrupts();

  // These bytes are written into the configuration space next: switches MSI-X on or off when they say so.
  void BeforeWrite(uint32_t offset, const uint8_t* from, uint32_t bytes);
  bool on() const { return on_; }

 private:
  void Switch(bool on);

  struct spdk_pci_device* const device_;
  const bool by_kernel_;
  uint32_t control_ = 0;  // offset of Message Control; 0: there is no MSI-X
  uint32_t vectors_ = 0;
  bool on_ = false;
};

}  // namespace assay::spdk
