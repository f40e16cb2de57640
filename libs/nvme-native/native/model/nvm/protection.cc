#include "protection.h"

#include "model/statuses.h"

namespace assay::model {

void ProtectionRequest::SetActionAndChecks(uint32_t prinfo) {
  action = prinfo >> 3 & 1;
  guard = prinfo >> 2 & 1;
  application = prinfo >> 1 & 1;
  reference = prinfo & 1;
}

ProtectionRequest ProtectionOf(const ProtectionFormat& format, const Sqe& sqe) {
  ProtectionRequest request;
  request.SetActionAndChecks(sqe.cdw12 >> 26);
  request.storage = sqe.cdw12 >> 24 & 1;
  request.tags = TagsOf(format, sqe);
  request.application_tag = static_cast<uint16_t>(sqe.cdw15);
  request.application_mask = static_cast<uint16_t>(sqe.cdw15 >> 16);
  return request;
}

uint16_t CheckRequest(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t slba, bool generates) {
  if (format.type == 0 || format.ReferenceBits() == 0) return 0;
  const bool uses_reference = request.reference || (generates && request.action);
  if (format.type == 1 && uses_reference && request.tags.reference != (slba & format.ReferenceMask())) return status::kInvalidProtection;
  if (format.type == 3 && request.reference) return status::kInvalidProtection;
  return 0;
}

// All ones are followed by zero.
uint64_t ReferenceOf(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index) {
  return format.type == 3 ? request.tags.reference : (request.tags.reference + index) & format.ReferenceMask();
}

void Protect(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data, uint8_t* metadata) {
  StoreTuple(format, {GuardOf(format, data, metadata), request.application_tag, ReferenceOf(format, request, index), request.tags.storage}, metadata);
}

uint16_t CheckProtection(const NamespaceProtection& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data,
                         const uint8_t* metadata) {
  const ProtectionTuple tuple = LoadTuple(format, metadata);
  if (tuple.Escapes(format)) return 0;
  if (request.guard && tuple.guard != GuardOf(format, data, metadata)) return status::kGuardCheck;
  const uint16_t mask = request.application_mask;
  if (request.application && (tuple.application & mask) != (request.application_tag & mask)) return status::kApplicationTagCheck;
  if (request.storage && ((tuple.storage ^ request.tags.storage) & format.compared_storage) != 0) return status::kStorageTagCheck;
  if (request.reference && tuple.reference != ReferenceOf(format, request, index)) return status::kReferenceTagCheck;
  return 0;
}

}  // namespace assay::model
