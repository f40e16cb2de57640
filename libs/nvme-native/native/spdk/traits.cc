#include "traits.h"

#include <arpa/inet.h>

#include <cstdio>
#include <cstring>

namespace assay::spdk {
namespace {

constexpr Traits kTable[] = {
    {.name = "spdk-pcie",
     .type = SPDK_NVME_TRANSPORT_PCIE,
     .open_function = OpenPcieFunction,
     .admin_entries = 256,
     .max_queue_entries = 65536},
    {.name = "spdk-tcp",
     .type = SPDK_NVME_TRANSPORT_TCP,
     .fabrics = true,
     .keep_alive_ms = 10'000,
     .admin_entries = 128,
     .connect_ms = 2000,
     .max_queue_entries = 65536},
    // Behind its socket are no quirks of hardware that SPDK's NVMe library would know, and the library hides the registers.
    {.name = "spdk-vfio-user", .type = SPDK_NVME_TRANSPORT_VFIOUSER, .open_function = OpenVfioUserFunction, .library = false},
};

template <size_t kSize>
Status Put(char (&field)[kSize], const std::string& value, const char* what) {
  if (value.empty()) return Status::Error(Code::kOpen, std::string(what) + " is empty");
  if (value.size() >= kSize) {
    return Status::Error(Code::kOpen, std::string(what) + " has " + std::to_string(value.size()) + " bytes, at most " +
                                          std::to_string(kSize - 1) + " fit");
  }
  memcpy(field, value.c_str(), value.size() + 1);
  return Status::Ok();
}

bool FindFamily(const std::string& address, enum spdk_nvmf_adrfam* family) {
  unsigned char scratch[16];
  if (inet_pton(AF_INET, address.c_str(), scratch) == 1) {
    *family = SPDK_NVMF_ADRFAM_IPV4;
    return true;
  }
  if (inet_pton(AF_INET6, address.c_str(), scratch) == 1) {
    *family = SPDK_NVMF_ADRFAM_IPV6;
    return true;
  }
  return false;
}

}  // namespace

const Traits* FindTraits(const std::string& name) {
  for (const Traits& traits : kTable) {
    if (traits.name == name) return &traits;
  }
  return nullptr;
}

Status ToTransportId(const Traits& traits, const TransportAddress& address, struct spdk_nvme_transport_id* id) {
  memset(id, 0, sizeof(*id));
  spdk_nvme_trid_populate_transport(id, traits.type);
  if (Status status = Put(id->traddr, address.address, "the address"); !status.ok()) return status;
  if (!traits.fabrics) return Status::Ok();

  if (!FindFamily(address.address, &id->adrfam)) {
    return Status::Error(Code::kOpen, "\"" + address.address + "\" is no IPv4 or IPv6 address");
  }
  if (address.port == 0) return Status::Error(Code::kOpen, "port 0 is no port");
  snprintf(id->trsvcid, sizeof(id->trsvcid), "%u", static_cast<unsigned>(address.port));
  return Put(id->subnqn, address.nqn.empty() ? SPDK_NVMF_DISCOVERY_NQN : address.nqn, "the NQN");
}

}  // namespace assay::spdk
