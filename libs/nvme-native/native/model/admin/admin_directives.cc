// Directive Send and Receive (NVMe Base 2.0, 5.11, 5.10 and 8.7): the identify and the streams directive. Data placement has
// no operations of its own (NVMe Base 2.1, 8.1.8.4).
#include <algorithm>

#include "admin_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

enum Directive : uint32_t { kIdentifyDirective = 0, kStreamsDirective = 1, kPlacementDirective = 2 };
enum IdentifySend : uint32_t { kEnableDirective = 1 };
enum IdentifyReceive : uint32_t { kReturnDirectives = 1 };
enum StreamsSend : uint32_t { kReleaseIdentifier = 1, kReleaseResources = 2 };
enum StreamsReceive : uint32_t { kReturnParameters = 1, kGetStatus = 2, kAllocateResources = 3 };
constexpr uint32_t kDirectivesBytes = 4096, kParametersBytes = 32, kStatusBytes = 131'072;
constexpr size_t kEnabledAt = 32, kPersistentAt = 64;

struct Request {
  uint32_t type;
  uint32_t operation;
  uint16_t specific;
  uint64_t bytes;
};

Request RequestOf(const Sqe& sqe) {
  return {sqe.cdw11 >> 8 & 0xff, sqe.cdw11 & 0xff, static_cast<uint16_t>(sqe.cdw11 >> 16), (uint64_t{sqe.cdw10} + 1) * 4};
}

}  // namespace

uint16_t AdminCommands::CheckDirective(const Sqe& sqe) const {
  if (!d_.namespaces_.Valid(sqe.nsid)) return status::kInvalidNamespace;
  if (d_.namespaces_.Active(sqe.nsid) == nullptr) return status::kInvalidField;
  const uint32_t type = RequestOf(sqe).type;
  if (type == kIdentifyDirective) return 0;
  return type == kStreamsDirective && d_.streams_.Enabled(sqe.nsid) ? 0 : status::kInvalidField;
}

Device::Outcome AdminCommands::DirectiveSend(const Sqe& sqe) {
  if (const uint16_t status = CheckDirective(sqe)) return Fail(status);
  const Request request = RequestOf(sqe);
  if (request.type == kIdentifyDirective) {
    const uint32_t type = sqe.cdw12 >> 8 & 0xff;
    if (request.operation != kEnableDirective) return Fail(status::kInvalidField);
    if (type == kPlacementDirective && d_.placement_.Supported()) {
      if (!d_.placement_.Enabled()) return Fail(status::kPlacementDisabled);
      d_.placement_.Of(sqe.nsid).directive = sqe.cdw12 & 1;
      return {};
    }
    if (type != kStreamsDirective) return Fail(status::kInvalidField);
    d_.streams_.Enable(sqe.nsid, sqe.cdw12 & 1);
    return {};
  }
  switch (request.operation) {
    case kReleaseIdentifier: d_.streams_.Close(sqe.nsid, request.specific); return {};
    case kReleaseResources: d_.streams_.ReleaseResources(sqe.nsid); return {};
    default: return Fail(status::kInvalidField);
  }
}

Device::Outcome AdminCommands::DirectiveReceive(const Sqe& sqe) {
  if (const uint16_t status = CheckDirective(sqe)) return Fail(status);
  const Request request = RequestOf(sqe);
  if (request.bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  auto give = [&](std::vector<uint8_t> page) {
    page.resize(std::max<size_t>(page.size(), request.bytes));
    return Give(sqe, page.data(), request.bytes);
  };
  if (request.type == kIdentifyDirective) {
    if (request.operation != kReturnDirectives) return Fail(status::kInvalidField);
    std::vector<uint8_t> page(kDirectivesBytes);
    page[0] = 1 << kIdentifyDirective | 1 << kStreamsDirective;
    page[kEnabledAt] = static_cast<uint8_t>(1 << kIdentifyDirective | (d_.streams_.Enabled(sqe.nsid) ? 1 << kStreamsDirective : 0));
    if (d_.placement_.Supported()) {
      page[0] |= 1 << kPlacementDirective;
      page[kEnabledAt] |= d_.placement_.Directed(sqe.nsid) ? 1 << kPlacementDirective : 0;
      page[kPersistentAt] = 1 << kPlacementDirective;
    }
    return give(std::move(page));
  }
  const Streams& streams = d_.streams_;
  const std::vector<uint16_t>& open = streams.Open(sqe.nsid);
  if (request.operation == kReturnParameters) {
    std::vector<uint8_t> page(kParametersBytes);
    Put(page.data(), 0, static_cast<uint16_t>(kMaxStreams));
    Put(page.data(), 2, static_cast<uint16_t>(streams.Shared()));
    Put(page.data(), 4, static_cast<uint16_t>(streams.SharedOpen()));
    Put(page.data(), 16, kStreamWriteLbas);
    Put(page.data(), 20, static_cast<uint16_t>(kStreamGranularity));
    Put(page.data(), 22, static_cast<uint16_t>(streams.Allocated(sqe.nsid)));
    Put(page.data(), 24, static_cast<uint16_t>(streams.Allocated(sqe.nsid) == 0 ? 0 : open.size()));
    return give(std::move(page));
  }
  if (request.operation == kGetStatus) {
    std::vector<uint8_t> page(kStatusBytes);
    Put(page.data(), 0, static_cast<uint16_t>(open.size()));
    for (size_t i = 0; i < open.size(); i++) Put(page.data(), 2 + 2 * i, open[i]);
    return give(std::move(page));
  }
  if (request.operation != kAllocateResources) return Fail(status::kInvalidField);
  const uint32_t granted = d_.streams_.Allocate(sqe.nsid, sqe.cdw12 & 0xffff);
  return granted == 0 ? Fail(status::kNoStreamResources) : Value(granted);
}

}  // namespace assay::model
