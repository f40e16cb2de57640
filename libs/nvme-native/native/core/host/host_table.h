// The table of transports that were compiled in. native/spdk adds its lines when the build found SPDK (ASSAY_WITH_SPDK).
#pragma once
#include <vector>

#include "host.h"

namespace assay {

const std::vector<HostTransport>& HostTransports();

// One entry of a discovery log page (NVMe over Fabrics 1.1, 5.3).
struct DiscoveredSubsystem {
  std::string transport;  // "tcp", "rdma", "fc" or the number
  std::string family;     // "ipv4", "ipv6" or the number
  std::string address;
  std::string service;  // the port
  std::string nqn;
  bool discovery = false;  // another discovery service, not a subsystem with drives
};

// Defined by native/model.
extern const HostTransport kModelTransport;

#ifdef ASSAY_WITH_SPDK
// Defined by native/spdk: spdk-pcie, spdk-tcp, spdk-vfio-user.
std::vector<HostTransport> SpdkTransports();
// The release, from spdk/version.h.
const char* SpdkRelease();
// On a native thread. The discovery log page of the discovery controller at this address; kOpen, kUnsupported.
Status SpdkDiscover(const TransportAddress& address, uint32_t timeout_ms, std::vector<DiscoveredSubsystem>* out);
#endif

}  // namespace assay
