#include "host_table.h"

namespace assay {

const std::vector<HostTransport>& HostTransports() {
  // Never destroyed: threads may still ask while the process exits.
  static const auto* table = [] {
    auto* transports = new std::vector<HostTransport>{kModelTransport};
#ifdef ASSAY_WITH_SPDK
    for (const HostTransport& transport : SpdkTransports()) transports->push_back(transport);
#endif
    return transports;
  }();
  return *table;
}

}  // namespace assay
