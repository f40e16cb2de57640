// The NVM command set of the software drive (NVM Command Set 1.0, section 3). Device thread only.
#pragma once
#include "device.h"

namespace assay::model {

class NvmCommands {
 public:
  explicit NvmCommands(Device& device) : d_(device) {}
  Device::Outcome Execute(const Sqe& sqe);

 private:
  uint16_t CheckRange(const Sqe& sqe, uint64_t* lba_count) const;
  Device::Outcome Read(const Sqe& sqe);
  Device::Outcome Write(const Sqe& sqe);
  Device::Outcome Compare(const Sqe& sqe);
  Device::Outcome WriteZeroes(const Sqe& sqe);
  Device::Outcome WriteUncorrectable(const Sqe& sqe);
  Device::Outcome Verify(const Sqe& sqe);
  Device::Outcome DatasetManagement(const Sqe& sqe);
  Device::Outcome Flush(const Sqe& sqe);
  // What was written becomes durable when it completes, if FUA is set or there is no volatile cache.
  void Durable(const Sqe& sqe, uint64_t lba_count, Device::Outcome* outcome) const;

  Device& d_;
};

}  // namespace assay::model
