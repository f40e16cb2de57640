#pragma once

#include <spdk/nvme.h>

#include <cstdint>
#include <optional>
#include <string>

namespace assay::spdk {

enum class Transport { kPcie, kTcp, kVfioUser };

/** What becomes of an I/O qpair when its controller was reset, with every user of the controller parked. */
enum class QpairRecovery {
  /** SPDK has made the queues anew under the same qpair; its next poll completes what was outstanding. */
  kKeep,
  /** Polling ends the old connection and completes what was outstanding; the same qpair then connects again. */
  kReconnect,
  /** SPDK makes the queues anew but never completes what was outstanding: only freeing the qpair does. */
  kReplace,
};

/** How registers are reached. */
enum class RegisterAccess {
  /** A mapped BAR: every register, both ways. */
  kMapped,
  /** Property Get and Set: the registers that NVMe over Fabrics defines as properties. */
  kProperties,
  /** SPDK's public getters: some registers, reading only. */
  kGetters,
};

/** One row per transport: everything in which they differ. */
struct TransportTraits {
  Transport transport;
  /** As in Assay's addresses. */
  const char* name;
  enum spdk_nvme_transport_type type;
  QpairRecovery recovery;
  RegisterAccess registers;
};

const TransportTraits& TraitsOf(Transport transport);

struct Address {
  Transport transport;
  /** PCIe "0000:01:00.0", TCP an IPv4 or IPv6 address, vfio-user the folder of the socket. */
  std::string where;
  /** TCP only. */
  uint16_t port = 0;
  /** TCP only; empty asks for the discovery controller. */
  std::string nqn;
};

/** @returns nothing and fills `id`, or a sentence that says what is wrong with the address. */
std::optional<std::string> ToTransportId(const Address& address, struct spdk_nvme_transport_id* id);

}  // namespace assay::spdk
