// The lines that SPDK adds to the table of transports.
#include <spdk/version.h>

#include "core/host/host_table.h"
#include "controller.h"
#include "discovery.h"
#include "environment.h"
#include "function_host.h"

namespace assay {
namespace {

template <const char* const& kName>
Status Open(const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out,
            ReadyReport* report) {
  const spdk::Traits& traits = *spdk::FindTraits(kName);
  if (!options.bring_up || !traits.library) return spdk::FunctionHost::Open(traits, address, options, out, report);
  return spdk::Controller::Open(traits, address, options, out, report);
}

constexpr const char* kPcie = "spdk-pcie";
constexpr const char* kTcp = "spdk-tcp";
constexpr const char* kVfioUser = "spdk-vfio-user";

}  // namespace

std::vector<HostTransport> SpdkTransports() {
  spdk::PrepareProcess();
  return {{.name = kPcie, .open = Open<kPcie>, .bare = true},
          {.name = kTcp, .open = Open<kTcp>},
          {.name = kVfioUser, .open = Open<kVfioUser>, .bare = true, .script_addresses = true}};
}

Status SpdkDiscover(const TransportAddress& address, uint32_t timeout_ms, std::vector<DiscoveredSubsystem>* out) {
  struct spdk_nvme_transport_id id;
  if (Status status = spdk::ToTransportId(*spdk::FindTraits(kTcp), address, &id); !status.ok()) return status;
  if (Status status = spdk::StartEnvironment({}); !status.ok()) return status;
  return spdk::DiscoverAll(id, timeout_ms, out);
}

const char* SpdkRelease() { return spdk::Release(); }

}  // namespace assay
