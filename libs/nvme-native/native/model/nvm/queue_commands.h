// Create and Delete I/O Queue, and how many queues feature 07h grants (NVMe Base 2.0, 5.4 to 5.6, 5.27.1.5). Device
// thread only.
#pragma once
#include "model/device/device.h"

namespace assay::model {

class QueueCommands {
 public:
  explicit QueueCommands(Device& device) : d_(device) {}
  Device::Outcome CreateCq(const Sqe& sqe);
  Device::Outcome CreateSq(const Sqe& sqe);
  Device::Outcome DeleteCq(const Sqe& sqe);
  Device::Outcome DeleteSq(const Sqe& sqe);
  // Set Features 07h: as many as asked for and there are; what is in use stays as it was granted.
  Device::Outcome Grant(const Sqe& sqe);
  // Get Features 07h, dword 0.
  uint32_t Granted() const { return (d_.granted_cqs_ - 1) << 16 | (d_.granted_sqs_ - 1); }

 private:
  uint16_t MakeRing(const Sqe& sqe, uint32_t entry_bytes, Ring* ring);

  Device& d_;
};

}  // namespace assay::model
