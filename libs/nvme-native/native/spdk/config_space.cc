// The PCI side of a drive on PCIe, by SPDK's public calls. Other transports have none.
#include <spdk/env.h>

#include "core/clock.h"
#include "controller.h"
#include "pci_function.h"

namespace assay::spdk {

// Null where the transport is another.
struct spdk_pci_device* Controller::Function() const { return ctrlr_ == nullptr ? nullptr : spdk_nvme_ctrlr_get_pci_device(ctrlr_); }

Status Controller::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  struct spdk_pci_device* device = Function();
  if (device == nullptr) return HostController::ReadConfig(offset, to, bytes);
  if (FunctionAnswers(device) && spdk_pci_device_cfg_read(device, to, bytes, offset) == 0) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the configuration space does not answer");
}

Status Controller::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  struct spdk_pci_device* device = Function();
  if (device == nullptr) return HostController::WriteConfig(offset, from, bytes);
  if (FunctionAnswers(device) && spdk_pci_device_cfg_write(device, const_cast<uint8_t*>(from), bytes, offset) == 0) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the configuration space takes no write");
}

// Owners of queues may be at work: what they poll tells them. What was sent may still be written to, as long as nobody knows
// whether the function has stopped.
void Controller::GiveUp() {
  pinned_.store(true, std::memory_order_release);
  gone_.store(true, std::memory_order_release);
  spdk_nvme_ctrlr_fail(ctrlr_);
}

// To what was there before: a lost controller is only freed. SPDK would give a failed one a shutdown notification and ten
// seconds to answer, a disconnected one it does not.
void Controller::SayNothingMore() {
  spdk_nvme_ctrlr_fail(ctrlr_);
  struct spdk_pci_device* device = Function();
  if (device == nullptr) return;
  StopBusMaster(device);
  (void)spdk_nvme_ctrlr_disconnect(ctrlr_);
}

bool Controller::TakenAway() {
  if (!presence_.Lost(Function(), BoottimeNs())) return false;
  GiveUp();
  return true;
}

// Registers alone are silent in D3hot too, and come back.
Status Controller::Accessed(Status status) {
  if (status.code != Code::kGone) return status;
  struct spdk_pci_device* device = Function();
  if (device == nullptr) {
    gone_.store(true, std::memory_order_release);
  } else if (!FunctionAnswers(device)) {
    GiveUp();
  }
  return status;
}

Status Controller::HotReset() {
  struct spdk_pci_device* device = Function();
  return device == nullptr ? HostController::HotReset() : ResetBusOf(device);
}

}  // namespace assay::spdk
