// A PCI function that nobody drives: its BAR0, its configuration space, and where it sees our memory. By SPDK's public
// calls for PCI and for vfio-user, without its NVMe library.
#pragma once

#include <memory>
#include <string>

#include "core/status.h"

namespace assay::spdk {

// Command (PCI Local Bus 3.0, 6.2.2). An opened function decodes its BAR, reaches memory, and raises no INTx, which nobody
// here takes.
constexpr uint32_t kCommand = 0x04;
constexpr uint16_t kBusMaster = 0x0004;
constexpr uint16_t kOpened = 0x0002 | kBusMaster | 0x0400;

enum class Answer {
  kDone,
  kRefused,  // by the device's server; whether it answers afterwards is another question
  kNone,     // nobody is there any more
};

// Control thread, but for BusAddress and the doorbells, which are written by their owners. The destructor lets the function go: it reaches no memory of ours any more, unless
// ReachesMemoryAfterwards.
class BusFunction {
 public:
  virtual ~BusFunction() = default;

  // `bytes` 4 or 8, `offset` a multiple of them, inside BarBytes.
  virtual Answer Read(uint32_t offset, uint32_t bytes, uint64_t* value) = 0;
  virtual Answer Write(uint32_t offset, uint32_t bytes, uint64_t value) = 0;
  // Inside the 4096 bytes of the configuration space.
  virtual Answer ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) = 0;
  virtual Answer WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) = 0;
  virtual uint32_t BarBytes() const = 0;
  // Resets it through its port: kUnsupported, kGone.
  virtual Status HotReset() = 0;

  // A script has switched its MSI-X on.
  virtual bool InterruptsOn() const = 0;

  // Any thread. Where it sees this byte of SPDK's DMA memory; SPDK_VTOPHYS_ERROR when it does not.
  virtual uint64_t BusAddress(const void* memory) const = 0;

  // Any thread. Where it sees neighbours, neighbours are.
  virtual bool Linear() const = 0;

  // It may still write into memory for a while after the destructor: whoever lent some keeps it until the function was
  // opened again.
  virtual bool ReachesMemoryAfterwards() const = 0;
};

// kOpen, kLocked, kUnsupported. The environment runs.
Status OpenVfioUserFunction(const std::string& folder, std::unique_ptr<BusFunction>* out);
Status OpenPcieFunction(const std::string& address, std::unique_ptr<BusFunction>* out);

}  // namespace assay::spdk
