// The table of transports: everything in which they differ, one row each.
#pragma once

#include <spdk/nvme.h>

#include "../core/host.h"

namespace assay::spdk {

// What becomes of an I/O qpair when its controller was reset, with every user of the controller parked.
enum class QpairRecovery {
  // SPDK has made the queues anew under the same qpair; its next poll completes what was outstanding.
  kKeep,
  // The qpair is freed, which completes what was outstanding, and a new one is made: SPDK would connect the old qpair again
  // and hand its id out a second time (TCP).
  kReplace,
};

// How registers are reached.
enum class RegisterAccess {
  kMapped,      // a mapped BAR: every register, both ways
  kProperties,  // Property Get and Set: the registers that NVMe over Fabrics defines as properties
};

struct Traits {
  const char* name;  // as in TransportAddress
  enum spdk_nvme_transport_type type;
  // What follows is for SPDK's NVMe library, which vfio-user does without.
  QpairRecovery recovery = QpairRecovery::kKeep;
  RegisterAccess registers = RegisterAccess::kMapped;
  uint32_t keep_alive_ms = 0;         // 0: none
  uint16_t admin_entries = 0;         // SPDK raises it to its own least; an NVMe/TCP target may refuse more than 128
  uint32_t connect_ms = 0;            // how long a new qpair is tried: the target may still be at work to free its id
  uint32_t max_queue_entries = 0;     // that we ask for; the drive's CAP.MQES limits it further
};

// The row of a transport; null when there is no such transport here.
const Traits* FindTraits(const std::string& name);

// Fills `id`. kOpen with a sentence when the address cannot be one. An empty nqn of a TCP address gives the discovery NQN.
Status ToTransportId(const Traits& traits, const TransportAddress& address, struct spdk_nvme_transport_id* id);

}  // namespace assay::spdk
