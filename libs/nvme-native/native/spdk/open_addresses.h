// SPDK gives the same controller to a second connect of the same host, and two owners of one controller must not be.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "traits.h"

namespace assay::spdk {

// The drives that this process has open. Any thread.
class OpenAddresses {
 public:
  // False: somebody has it already.
  bool Take(const TransportAddress& address) {
    std::lock_guard<std::mutex> lock(mutex_);
    return taken_.insert(KeyOf(address)).second;
  }
  void Give(const TransportAddress& address) {
    std::lock_guard<std::mutex> lock(mutex_);
    taken_.erase(KeyOf(address));
  }

 private:
  static std::string KeyOf(const TransportAddress& address) {
    return address.transport + " " + address.address + " " + std::to_string(address.port) + " " + address.nqn + " " + address.host_nqn;
  }

  std::mutex mutex_;
  std::set<std::string> taken_;
};

// Those of this process.
OpenAddresses& Opened();

// Starts the environment with what this address needs of it, then takes the address. kOpen, kUnsupported, kLocked.
Status TakeAddress(const Traits& traits, const TransportAddress& address);

}  // namespace assay::spdk
