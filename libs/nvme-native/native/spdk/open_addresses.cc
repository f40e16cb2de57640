#include "open_addresses.h"

#include "environment.h"

namespace assay::spdk {

OpenAddresses& Opened() {
  static OpenAddresses addresses;
  return addresses;
}

Status TakeAddress(const Traits& traits, const TransportAddress& address) {
  struct spdk_nvme_transport_id id;
  if (Status status = ToTransportId(traits, address, &id); !status.ok()) return status;
  EnvironmentOptions environment;
  if (traits.type == SPDK_NVME_TRANSPORT_PCIE) environment.pci_address = address.address;
  if (Status status = StartEnvironment(environment); !status.ok()) return status;
  if (Opened().Take(address)) return Status::Ok();
  return Status::Error(Code::kLocked, std::string(traits.name) + " " + address.address + " is already open in this process");
}

}  // namespace assay::spdk
