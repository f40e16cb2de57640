// NVMe/TCP discovery: what a target offers, and which subsystem is meant when the address names none.
#pragma once

#include <vector>

#include "core/host/host_table.h"
#include "traits.h"

namespace assay::spdk {

// Control thread. `id` names a discovery controller; on success it names the first NVM subsystem that the controller
// returns for TCP. kOpen when there is none or the controller does not answer within `timeout_ms`.
Status Discover(struct spdk_nvme_transport_id* id, uint32_t timeout_ms);

// A native thread. Everything that the discovery controller returns.
Status DiscoverAll(const struct spdk_nvme_transport_id& id, uint32_t timeout_ms, std::vector<DiscoveredSubsystem>* out);

}  // namespace assay::spdk
