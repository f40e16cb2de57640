#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace assay::spdk {

/** What SPDK's environment of this process may use. It starts once; there is no second start, not even after an end. */
struct EnvironmentOptions {
  /** The one PCIe function that SPDK may touch, "0000:01:00.0"; none: PCI stays off altogether. */
  std::optional<std::string> pci_address;
  /** DMA memory of the process, MiB. */
  uint32_t memory_mib = kDefaultMemoryMib;

  static constexpr uint32_t kDefaultMemoryMib = 512;
  static constexpr uint32_t kMaxMemoryMib = 65536;
};

/**
 * Starts SPDK's environment on a thread of its own, so that neither this thread nor any that it starts later is pinned
 * to a core. Uses hugepages when the host has enough free ones, else ordinary memory.
 * A second call with options that the running environment already satisfies does nothing.
 * @returns nothing when it runs; else a sentence that says why not.
 */
std::optional<std::string> StartEnvironment(const EnvironmentOptions& options);

/** "v26.05", the release whose headers this was compiled with. */
const char* SpdkRelease();

/** DMA memory, zeroed; null when there is none left. Needs a running environment. Any thread. */
void* AllocateDma(size_t bytes, size_t alignment);
void FreeDma(void* memory);

}  // namespace assay::spdk
