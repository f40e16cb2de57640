// Firmware, self-test and sanitize: the work itself is in firmware.cc and background.cc.
#include "admin_commands.h"
#include "reply.h"

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

Device::Outcome AdminCommands::FirmwareCommit(const Sqe& sqe) { return Fail(d_.firmware_.Commit(sqe.cdw10 & 7, sqe.cdw10 >> 3 & 7)); }

Device::Outcome AdminCommands::SelfTest(const Sqe& sqe) { return Fail(d_.background_.SelfTest(sqe.nsid, sqe.cdw10 & 15)); }

Device::Outcome AdminCommands::Sanitize(const Sqe& sqe) { return Fail(d_.background_.Sanitize(sqe.cdw10)); }

}  // namespace assay::model
