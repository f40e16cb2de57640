// Firmware, self-test and sanitize: the work itself is in firmware.cc and background.cc.
#include "admin_commands.h"
#include "model/reply.h"

namespace assay::model {

Device::Outcome AdminCommands::FirmwareDownload(const Sqe& sqe) {
  const uint64_t bytes = (uint64_t{sqe.cdw10} + 1) * 4;
  const uint64_t offset = uint64_t{sqe.cdw11} * 4;
  if (bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  uint8_t* to = nullptr;
  if (const uint16_t status = d_.firmware_.Place(offset, bytes, &to)) return Fail(status);
  const bool ok = ForEachRun(sqe, bytes, [&](const uint8_t* from, uint64_t part) {
    std::memcpy(to, from, part);
    to += part;
  });
  return Fail(ok ? 0 : status::kInvalidPrp);
}

Device::Outcome AdminCommands::FirmwareCommit(const Sqe& sqe) {
  const uint32_t slot = sqe.cdw10 & 7, action = sqe.cdw10 >> 3 & 7;
  char before[sizeof d_.header_->firmware];
  std::memcpy(before, d_.header_->firmware, sizeof before);
  const uint16_t status = d_.firmware_.Commit(slot, action);
  d_.NoteFirmware(before, action, slot, status);
  return Fail(status);
}

Device::Outcome AdminCommands::SelfTest(const Sqe& sqe) { return Fail(d_.background_.SelfTest(sqe.nsid, sqe.cdw10 & 15)); }

Device::Outcome AdminCommands::Sanitize(const Sqe& sqe) {
  if (d_.opal_.AnyWriteLocked()) return Fail(status::kOperationDenied);
  const uint16_t status = d_.background_.Sanitize(sqe.cdw10, sqe.cdw11);
  if (status == 0 && d_.background_.Sanitizing()) d_.NoteSanitize(false);
  return Fail(status);
}

}  // namespace assay::model
