#include "protection.h"

#include "model/statuses.h"

namespace assay::model {
namespace {

uint32_t ReferenceOf(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index) {
  return format.type == 3 ? request.reference_tag : static_cast<uint32_t>(request.reference_tag + index);
}

}  // namespace

ProtectionRequest ProtectionOf(const Sqe& sqe) {
  ProtectionRequest request;
  request.action = sqe.cdw12 >> 29 & 1;
  request.guard = sqe.cdw12 >> 28 & 1;
  request.application = sqe.cdw12 >> 27 & 1;
  request.reference = sqe.cdw12 >> 26 & 1;
  request.reference_tag = sqe.cdw14;
  request.application_tag = static_cast<uint16_t>(sqe.cdw15);
  request.application_mask = static_cast<uint16_t>(sqe.cdw15 >> 16);
  return request;
}

uint16_t CheckRequest(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t slba, bool generates) {
  if (format.type == 0) return 0;
  const bool uses_reference = request.reference || (generates && request.action);
  if (format.type == 1 && uses_reference && request.reference_tag != static_cast<uint32_t>(slba)) return status::kInvalidProtection;
  if (format.type == 3 && request.reference) return status::kInvalidProtection;
  return 0;
}

void Protect(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data, uint8_t* metadata) {
  StoreTuple(format, {GuardOf(format, data, metadata), request.application_tag, ReferenceOf(format, request, index)}, metadata);
}

uint16_t CheckProtection(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data,
                         const uint8_t* metadata) {
  const ProtectionTuple tuple = LoadTuple(format, metadata);
  if (tuple.Escapes(format.type)) return 0;
  if (request.guard && tuple.guard != GuardOf(format, data, metadata)) return status::kGuardCheck;
  const uint16_t mask = request.application_mask;
  if (request.application && (tuple.application & mask) != (request.application_tag & mask)) return status::kApplicationTagCheck;
  if (request.reference && tuple.reference != ReferenceOf(format, request, index)) return status::kReferenceTagCheck;
  return 0;
}

}  // namespace assay::model
