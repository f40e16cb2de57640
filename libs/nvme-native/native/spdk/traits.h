// The table of transports: everything in which they differ, one row each.
#pragma once

#include <spdk/nvme.h>

#include <memory>
#include <string>

#include "core/host/host.h"
#include "bus_function.h"

namespace assay::spdk {

// In the order of the rows' initializers.
struct Traits {
  const char* name;  // as in TransportAddress
  enum spdk_nvme_transport_type type;

  // The function that the driver's own queues (core/ring_*) can run on: for bare mode and a script's bring-up, and for all
  // that is opened where `library` is false. Null: there is none.
  Status (*open_function)(const std::string& address, std::unique_ptr<BusFunction>* out) = nullptr;
  // SPDK's NVMe library drives what the driver brings up.
  bool library = true;

  // What follows is for the library.

  // Over a network: an address has a port and an NQN, registers are Property Get and Set, queues are connections without
  // doorbells, memory has no bus address. After a reset a queue pair is freed and made anew, with every user of the controller
  // parked: SPDK would connect the old one again and hand its id out a second time. Otherwise SPDK keeps it, and its next poll
  // completes what was outstanding.
  bool fabrics = false;
  uint32_t keep_alive_ms = 0;      // 0: none
  uint16_t admin_entries = 0;      // SPDK raises it to its own least; an NVMe/TCP target may refuse more than 128
  uint32_t connect_ms = 0;         // how long a new qpair is tried: the target may still be at work to free its id
  uint32_t max_queue_entries = 0;  // that we ask for; the drive's CAP.MQES limits it further
};

// The row of a transport; null when there is no such transport here.
const Traits* FindTraits(const std::string& name);

// Fills `id`. kOpen with a sentence when the address cannot be one. An empty nqn of a TCP address gives the discovery NQN.
Status ToTransportId(const Traits& traits, const TransportAddress& address, struct spdk_nvme_transport_id* id);

}  // namespace assay::spdk
