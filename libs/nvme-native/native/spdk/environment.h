// SPDK's environment (DPDK's EAL) of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/status.h"

namespace assay::spdk {

// What the environment may use. It starts once; there is no second start, not even after an end.
struct EnvironmentOptions {
  // The PCIe function that is wanted, "0000:01:00.0"; none: PCI stays off altogether. Nothing else is scanned or probed; more
  // functions can be attached later, each by its address.
  std::optional<std::string> pci_address;
  // DMA memory of the process, MiB; less when hugepages are used and fewer are free.
  uint32_t memory_mib = kDefaultMemoryMib;

  static constexpr uint32_t kDefaultMemoryMib = 1024;
  static constexpr uint32_t kLeastMemoryMib = 256;
  static constexpr uint32_t kMaxMemoryMib = 65536;
};

// Once, when the addon is loaded: takes SPDK's log lines and gives SIGBUS back.
void PrepareProcess();

// Starts the environment on a thread of its own, so that neither this thread nor any that it starts later is pinned to a
// core. Ordinary memory serves TCP and vfio-user; with a PCIe function hugepages are used when at least kLeastMemoryMib of
// them are free.
// A further call that the running environment already satisfies does nothing. kOpen, kUnsupported.
Status StartEnvironment(const EnvironmentOptions& options);

// "v26.05", the release whose headers this was compiled with.
const char* Release();

// DMA memory, zeroed; null when there is none left. Needs a running environment. Any thread.
void* AllocateDma(size_t bytes, size_t alignment);
void FreeDma(void* memory);

}  // namespace assay::spdk
