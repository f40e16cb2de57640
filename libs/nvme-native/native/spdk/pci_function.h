// What the kernel and SPDK tell of a PCIe function beside its registers.
#pragma once

#include <cstdint>
#include <string>

#include "core/status.h"

struct spdk_pci_device;

namespace assay::spdk {

// The configuration space answers, in any power state: class code and revision are never all ones. The vendor is no proof:
// vfio-pci tells it from memory.
bool FunctionAnswers(struct spdk_pci_device* device);

// Why registers of the function at this address cannot be reached, although the kernel knows it; empty when they can.
std::string WhyUnreachable(const std::string& address);

// Its driver in the kernel is one of the uio family: there is no IOMMU between it and memory.
bool IsHeldByUio(const std::string& address);

// From now on it reaches no memory; whoever attaches next switches it on again.
void StopBusMaster(struct spdk_pci_device* device);

// Hot reset: the kernel resets the bus of the function's port and gives the function its configuration space back. About a
// second. kUnsupported when the kernel does not offer it for this function, kGone.
Status ResetBusOf(struct spdk_pci_device* device);

// Looks from time to time whether a function is still there. Owner thread only.
class PresenceWatch {
 public:
  // True: it was taken away, or the kernel asks to let it go.
  bool Lost(struct spdk_pci_device* device, uint64_t now_ns);
  // A function that is opened again is looked at anew.
  void Forget() { next_look_ns_ = silent_since_ns_ = 0; }

  static constexpr uint64_t kLookEveryNs = 100'000'000;
  // A reset that somebody else does may keep a function silent for so long (PCIe Base, 6.6.1: one second, and its link).
  static constexpr uint64_t kLongestSilenceNs = 2'000'000'000;

 private:
  uint64_t next_look_ns_ = 0;
  uint64_t silent_since_ns_ = 0;  // 0: it answered
};

}  // namespace assay::spdk
