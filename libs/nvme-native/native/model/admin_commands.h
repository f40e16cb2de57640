// Admin commands of the software drive (NVMe Base 2.0, section 5). Device thread only.
#pragma once
#include "device.h"

namespace assay::model {

class AdminCommands {
 public:
  explicit AdminCommands(Device& device) : d_(device) {}
  Device::Outcome Execute(const Sqe& sqe);
  // Feature 06h, as long as the drive has a cache at all.
  bool VolatileCacheEnabled() const;
  // Features as after a controller reset: the saved values, else the defaults.
  void ResetFeatures();

 private:
  Device::Outcome Identify(const Sqe& sqe);
  Device::Outcome GetLogPage(const Sqe& sqe);
  Device::Outcome GetFeatures(const Sqe& sqe);
  Device::Outcome SetFeatures(const Sqe& sqe);
  Device::Outcome Format(const Sqe& sqe);
  Device::Outcome Abort(const Sqe& sqe);
  Device::Outcome AsyncEvent(const Sqe& sqe);
  Device::Outcome FirmwareDownload(const Sqe& sqe);

  Device& d_;
};

}  // namespace assay::model
