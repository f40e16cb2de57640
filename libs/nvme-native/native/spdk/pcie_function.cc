// A PCIe function, by vfio-pci or uio (spdk/env.h).
#include <spdk/barrier.h>
#include <spdk/env.h>

#include <algorithm>
#include <optional>

#include "bus_function.h"
#include "message_interrupts.h"
#include "pci_function.h"
#include "sigbus.h"

namespace assay::spdk {
namespace {

// Registers, doorbells of all queues and an MSI-X table behind them; what lies above is of no use by hand.
constexpr uint64_t kMaxBarBytes = 1u << 30;

class PcieFunction final : public BusFunction {
 public:
  // `kernel_interrupts`: MSI-X is switched by the kernel, and not in the configuration space.
  PcieFunction(struct spdk_pci_device* device, volatile uint8_t* bar, uint64_t bar_bytes, bool kernel_interrupts)
      : device_(device), bar_(bar), bar_bytes_(bar_bytes), interrupts_(std::in_place, device, kernel_interrupts) {}

  // With uio nobody else would keep the function from memory that is given to others next.
  ~PcieFunction() override {
    StopBusMaster(device_);
    interrupts_.reset();
    ForgetRegisterWindow(bar_);
    (void)spdk_pci_device_unmap_bar(device_, 0, const_cast<uint8_t*>(bar_));
    spdk_pci_device_unclaim(device_);
    spdk_pci_device_detach(device_);
  }

  Answer Read(uint32_t offset, uint32_t bytes, uint64_t* value) override { return Done(LoadRegister(bar_ + offset, bytes, value)); }
  Answer Write(uint32_t offset, uint32_t bytes, uint64_t value) override {
    spdk_wmb();
    return Done(StoreRegister(bar_ + offset, bytes, value));
  }
  Answer ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override {
    return Done(spdk_pci_device_cfg_read(device_, to, bytes, offset) == 0);
  }
  Answer WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override {
    interrupts_->BeforeWrite(offset, from, bytes);
    return Done(spdk_pci_device_cfg_write(device_, const_cast<uint8_t*>(from), bytes, offset) == 0);
  }
  Status HotReset() override { return ResetBusOf(device_); }
  bool InterruptsOn() const override { return interrupts_->on(); }
  uint32_t BarBytes() const override { return static_cast<uint32_t>(std::min(bar_bytes_, kMaxBarBytes)); }
  uint64_t BusAddress(const void* memory) const override { return spdk_vtophys(memory, nullptr); }
  bool Linear() const override { return false; }
  bool ReachesMemoryAfterwards() const override { return false; }

 private:
  static Answer Done(bool done) { return done ? Answer::kDone : Answer::kNone; }

  struct spdk_pci_device* const device_;
  volatile uint8_t* const bar_;
  const uint64_t bar_bytes_;
  std::optional<MessageInterrupts> interrupts_;
};

int Keep(void* wanted, struct spdk_pci_device* device) {
  *static_cast<struct spdk_pci_device**>(wanted) = device;
  return 0;
}

Status DoesNotOpen(const std::string& address, const char* what) {
  return Status::Error(Code::kOpen, "spdk-pcie " + address + " does not open: " + what);
}

}  // namespace

Status OpenPcieFunction(const std::string& address, std::unique_ptr<BusFunction>* out) {
  struct spdk_pci_addr place;
  if (spdk_pci_addr_parse(&place, address.c_str()) != 0) return DoesNotOpen(address, "this is no PCI address");
  struct spdk_pci_device* device = nullptr;
  if (spdk_pci_device_attach(spdk_pci_nvme_get_driver(), Keep, &device, &place) != 0 || device == nullptr) {
    return DoesNotOpen(address, "no NVM Express function is there that vfio-pci or uio holds");
  }
  if (spdk_pci_device_claim(device) != 0) {
    spdk_pci_device_detach(device);
    return Status::Error(Code::kLocked, "spdk-pcie " + address + " is open in another process");
  }
  void* bar = nullptr;
  uint64_t physical = 0, bytes = 0;
  const bool mapped = spdk_pci_device_map_bar(device, 0, &bar, &physical, &bytes) == 0 && bar != nullptr;
  if (!mapped || !GuardRegisterWindow(bar, bytes)) {
    if (mapped) (void)spdk_pci_device_unmap_bar(device, 0, bar);
    spdk_pci_device_unclaim(device);
    spdk_pci_device_detach(device);
    return DoesNotOpen(address, "its BAR0 cannot be mapped");
  }
  // What enumeration leaves to the driver: memory space, bus mastering, no INTx.
  uint16_t command = 0;
  if (spdk_pci_device_cfg_read16(device, &command, kCommand) == 0) {
    (void)spdk_pci_device_cfg_write16(device, command | kOpened, kCommand);
  }
  *out = std::make_unique<PcieFunction>(device, static_cast<volatile uint8_t*>(bar), bytes, !IsHeldByUio(address));
  return Status::Ok();
}

}  // namespace assay::spdk
