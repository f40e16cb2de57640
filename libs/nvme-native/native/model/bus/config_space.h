// The PCI Express configuration space of the software drive, 4 KiB: type 0 header, power management, MSI-X, PCI Express
// and the extended capabilities of an endpoint. What the device does with it, Device asks.
#pragma once
#include <cstdint>
#include <mutex>

namespace assay::model {

constexpr uint32_t kConfigBytes = 4096;

class ConfigSpace {
 public:
  explicit ConfigSpace(uint32_t vectors);

  struct Effect {
    bool memory = false;      // the BAR answers: memory space on, D0
    bool bus_master = false;  // may reach host memory
    bool msix_enabled = false;
    bool msix_masked = false;
    bool function_reset = false;  // just asked for
  };

  // ---- any thread ----
  void Read(uint32_t offset, uint8_t* to, uint32_t bytes) const;
  // Writes what is writable. `function_reset` of the answer is true for the write that asked for it.
  Effect Write(uint32_t offset, const uint8_t* from, uint32_t bytes);
  Effect Now() const;
  // As after a reset of the function.
  void Reset();
  // As a platform leaves it: BAR0 has an address, memory space and bus mastering are on.
  void Enumerate();

 private:
  void Put(uint32_t at, uint32_t bytes, uint32_t value, uint32_t writable = 0);
  Effect Look() const;

  mutable std::mutex mutex_;
  uint32_t vectors_;
  uint8_t bytes_[kConfigBytes];
  uint8_t writable_[kConfigBytes];
};

}  // namespace assay::model
