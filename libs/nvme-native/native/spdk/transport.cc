#include "transport.h"

#include <arpa/inet.h>

#include <cassert>
#include <cstdio>
#include <cstring>

namespace assay::spdk {
namespace {

constexpr TransportTraits kTraits[] = {
    {Transport::kPcie, "spdk-pcie", SPDK_NVME_TRANSPORT_PCIE, QpairRecovery::kKeep, RegisterAccess::kMapped},
    {Transport::kTcp, "spdk-tcp", SPDK_NVME_TRANSPORT_TCP, QpairRecovery::kReconnect, RegisterAccess::kProperties},
    {Transport::kVfioUser, "spdk-vfio-user", SPDK_NVME_TRANSPORT_VFIOUSER, QpairRecovery::kReplace, RegisterAccess::kGetters},
};

template <size_t kSize>
std::optional<std::string> Put(char (&field)[kSize], const std::string& value, const char* what) {
  if (value.size() >= kSize) {
    return std::string(what) + " has " + std::to_string(value.size()) + " bytes, at most " + std::to_string(kSize - 1) + " fit";
  }
  memcpy(field, value.c_str(), value.size() + 1);
  return std::nullopt;
}

enum spdk_nvmf_adrfam FamilyOf(const std::string& address) {
  unsigned char scratch[16];
  if (inet_pton(AF_INET, address.c_str(), scratch) == 1) return SPDK_NVMF_ADRFAM_IPV4;
  if (inet_pton(AF_INET6, address.c_str(), scratch) == 1) return SPDK_NVMF_ADRFAM_IPV6;
  return static_cast<enum spdk_nvmf_adrfam>(0);
}

}  // namespace

const TransportTraits& TraitsOf(Transport transport) {
  for (const TransportTraits& traits : kTraits) {
    if (traits.transport == transport) return traits;
  }
  assert(false);
  return kTraits[0];
}

std::optional<std::string> ToTransportId(const Address& address, struct spdk_nvme_transport_id* id) {
  memset(id, 0, sizeof(*id));
  spdk_nvme_trid_populate_transport(id, TraitsOf(address.transport).type);
  if (auto wrong = Put(id->traddr, address.where, "the address")) return wrong;
  if (address.transport != Transport::kTcp) return std::nullopt;

  id->adrfam = FamilyOf(address.where);
  if (id->adrfam == 0) return "\"" + address.where + "\" is no IPv4 or IPv6 address";
  if (address.port == 0) return std::string("port 0 is no port");
  snprintf(id->trsvcid, sizeof(id->trsvcid), "%u", static_cast<unsigned>(address.port));
  return Put(id->subnqn, address.nqn.empty() ? SPDK_NVMF_DISCOVERY_NQN : address.nqn, "the NQN");
}

}  // namespace assay::spdk
