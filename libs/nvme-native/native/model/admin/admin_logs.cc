// Get Log Page.
#include <algorithm>
#include <vector>

#include "admin_commands.h"
#include "log_pages.h"
#include "persistent_events.h"
#include "model/reply.h"

namespace assay::model {
namespace {
constexpr uint8_t kHostTelemetry = 0x07;
constexpr uint8_t kEventLog = 0x0d;
constexpr uint8_t kLockdownLog = 0x14;
enum EventContext : uint32_t { kReadEvents = 0, kEstablishContext = 1, kReleaseContext = 2 };
}

// What is read is what was there when the context was established (NVMe Base 2.0, 5.16.1.14).
uint16_t AdminCommands::EventContextFor(uint32_t action) {
  const bool established = !d_.persistent_events_.empty();
  switch (action) {
    case kReadEvents: return established ? 0 : status::kSequenceError;
    case kEstablishContext:
      if (established) return status::kSequenceError;
      d_.persistent_events_ = PersistentEventLog(*d_.header_, d_.TimestampNow());
      return 0;
    case kReleaseContext: d_.persistent_events_.clear(); return 0;
    default: return status::kInvalidField;
  }
}

Device::Outcome AdminCommands::GetLogPage(const Sqe& sqe) {
  const uint8_t lid = sqe.cdw10 & 0xff;
  const uint64_t bytes = ((uint64_t{sqe.cdw11 & 0xffff} << 16 | sqe.cdw10 >> 16) + 1) * 4;
  const uint64_t offset = uint64_t{sqe.cdw13} << 32 | sqe.cdw12;
  const LogPage* log = FindLogPage(*d_.header_, lid);
  if (log == nullptr) return Fail(status::kInvalidLogPage);
  if (sqe.nsid != 0 && sqe.nsid != UINT32_MAX && !d_.namespaces_.Valid(sqe.nsid)) return Fail(status::kInvalidNamespace);
  if (offset % 4 != 0 || offset > log->bytes || bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  std::vector<uint8_t> page(std::max<uint64_t>(log->bytes, offset + bytes));
  auto source = [this, &sqe] {
    return LogSource{*d_.header_, d_.changed_namespaces_, d_.telemetry_, d_.telemetry_generation_, d_.persistent_events_, sqe.cdw14 >> 24, d_.placement_, sqe.cdw10 >> 8 & 0x7f};
  };
  if (lid == kHostTelemetry && (sqe.cdw10 >> 8 & 1)) {
    d_.telemetry_ = CaptureTelemetry(source());
    d_.telemetry_generation_++;
  }
  if (log->scope != LogScope::kDrive && sqe.cdw11 >> 16 != kEnduranceGroup) return Fail(status::kInvalidField);
  if (log->scope == LogScope::kEnabledPlacement && !d_.placement_.Enabled()) return Fail(status::kPlacementDisabled);
  if (lid == kEventLog) {
    const uint32_t action = sqe.cdw10 >> 8 & 3;
    if (const uint16_t status = EventContextFor(action)) return Fail(status);
    if (action == kReleaseContext) return {};
  }
  if (lid == kLockdownLog) {
    if (const uint16_t status = FillLockdownLog(sqe.cdw10 >> 8 & 0x7f, page.data())) return Fail(status);
  }
  log->fill(source(), page.data());
  const Device::Outcome outcome = Give(sqe, page.data() + offset, bytes);
  const bool retain = sqe.cdw10 >> 15 & 1;
  if (outcome.status == 0 && !retain) d_.EventLogWasRead(lid);
  return outcome;
}

}  // namespace assay::model
