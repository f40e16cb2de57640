// Security Send and Receive: what they carry is in opal.cc.
#include "admin_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

uint32_t Protocol(const Sqe& sqe) { return sqe.cdw10 >> 24; }
uint32_t Specific(const Sqe& sqe) { return sqe.cdw10 >> 8 & 0xffff; }

}  // namespace

Device::Outcome AdminCommands::SecuritySend(const Sqe& sqe) {
  if (sqe.cdw11 > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  std::vector<uint8_t> data(sqe.cdw11);
  if (const uint16_t status = Take(sqe, data.data(), data.size())) return Fail(status);
  return Fail(d_.opal_.Send(Protocol(sqe), Specific(sqe), data));
}

Device::Outcome AdminCommands::SecurityReceive(const Sqe& sqe) {
  if (sqe.cdw11 > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  std::vector<uint8_t> page(sqe.cdw11);
  if (const uint16_t status = d_.opal_.Receive(Protocol(sqe), Specific(sqe), &page)) return Fail(status);
  return Give(sqe, page.data(), page.size());
}

}  // namespace assay::model
