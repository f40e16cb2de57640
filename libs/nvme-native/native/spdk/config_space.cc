// The PCI configuration space of a drive on PCIe, by SPDK's public calls. Other transports have none.
#include <spdk/env.h>

#include "controller.h"

namespace assay::spdk {
namespace {

struct spdk_pci_device* DeviceOf(struct spdk_nvme_ctrlr* ctrlr) { return ctrlr == nullptr ? nullptr : spdk_nvme_ctrlr_get_pci_device(ctrlr); }

}  // namespace

Status Controller::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  struct spdk_pci_device* device = DeviceOf(ctrlr_);
  if (device == nullptr) return HostController::ReadConfig(offset, to, bytes);
  uint16_t vendor = 0xffff;
  const bool there = spdk_pci_device_cfg_read16(device, &vendor, 0) == 0 && vendor != 0xffff;
  if (there && spdk_pci_device_cfg_read(device, to, bytes, offset) == 0) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the configuration space does not answer");
}

Status Controller::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  struct spdk_pci_device* device = DeviceOf(ctrlr_);
  if (device == nullptr) return HostController::WriteConfig(offset, from, bytes);
  if (spdk_pci_device_cfg_write(device, const_cast<uint8_t*>(from), bytes, offset) == 0) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the configuration space takes no write");
}

}  // namespace assay::spdk
