// The table of transports that were compiled in. native/spdk adds its lines when the build found SPDK (ASSAY_WITH_SPDK).
#pragma once
#include <vector>

#include "host.h"

namespace assay {

const std::vector<HostTransport>& HostTransports();

// Defined by native/model.
extern const HostTransport kModelTransport;

#ifdef ASSAY_WITH_SPDK
// Defined by native/spdk: spdk-pcie, spdk-tcp, spdk-vfio-user.
std::vector<HostTransport> SpdkTransports();
// The release, from spdk/version.h.
const char* SpdkRelease();
#endif

}  // namespace assay
