// Get Log Page.
#include <algorithm>
#include <vector>

#include "admin_commands.h"
#include "log_pages.h"
#include "reply.h"

namespace assay::model {
namespace {
constexpr uint8_t kHostTelemetry = 0x07;
}

Device::Outcome AdminCommands::GetLogPage(const Sqe& sqe) {
  const uint8_t lid = sqe.cdw10 & 0xff;
  const uint64_t bytes = ((uint64_t{sqe.cdw11 & 0xffff} << 16 | sqe.cdw10 >> 16) + 1) * 4;
  const uint64_t offset = uint64_t{sqe.cdw13} << 32 | sqe.cdw12;
  const LogPage* log = FindLogPage(lid);
  if (log == nullptr) return Fail(status::kInvalidLogPage);
  if (sqe.nsid != 0 && sqe.nsid != UINT32_MAX && !d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  if (offset % 4 != 0 || offset > log->bytes || bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  std::vector<uint8_t> page(std::max<uint64_t>(log->bytes, offset + bytes));
  auto source = [this] { return LogSource{*d_.header_, d_.changed_namespaces_, d_.telemetry_, d_.telemetry_generation_}; };
  if (lid == kHostTelemetry && (sqe.cdw10 >> 8 & 1)) {
    d_.telemetry_ = CaptureTelemetry(source());
    d_.telemetry_generation_++;
  }
  log->fill(source(), page.data());
  const Device::Outcome outcome = Give(sqe, page.data() + offset, bytes);
  const bool retain = sqe.cdw10 >> 15 & 1;
  if (outcome.status == 0 && !retain) d_.EventLogWasRead(lid);
  return outcome;
}

}  // namespace assay::model
