// Registers and configuration space of the model host.
#include "model_host.h"

namespace assay::model {

Status ModelHost::WhyGone() const {
  if (!device_.file().Broken()) return Status::Error(Code::kGone, device_.Dark() ? "the device answers all ones: it is gone, or has no power" : "the device answers all ones: it is gone");
  return Status::Error(Code::kGone, device_.file().path() + ": its file system had no room for what the drive wrote, or somebody cut the file short; close the controller and open the drive again");
}

Status ModelHost::ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) {
  *value = device_.ReadRegister(offset, bytes);
  const uint64_t ones = bytes == 8 ? UINT64_MAX : UINT32_MAX;
  // A register may be all ones by right; the version never is.
  if (*value == ones && device_.ReadRegister(reg::kVs, 4) == UINT32_MAX) return WhyGone();
  return Status::Ok();
}

Status ModelHost::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (device_.Dark()) return WhyGone();
  device_.WriteRegister(offset, bytes, value);
  return Status::Ok();
}

Status ModelHost::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  device_.ReadConfig(offset, to, bytes);
  if (device_.Dark()) return WhyGone();
  return Status::Ok();
}

Status ModelHost::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  if (device_.Dark()) return WhyGone();
  device_.WriteConfig(offset, from, bytes);
  return Status::Ok();
}

Status ModelHost::HotReset() {
  if (device_.Dark()) return WhyGone();
  device_.ResetFunction();
  return Status::Ok();
}

}  // namespace assay::model
