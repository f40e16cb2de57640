#include "protection.h"

#include <array>
#include <cstring>

#include "statuses.h"

namespace assay::model {
namespace {

constexpr uint16_t kPolynomial = 0x8bb7;

constexpr std::array<uint16_t, 256> MakeTable() {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    auto crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; bit++) crc = static_cast<uint16_t>(crc & 0x8000 ? crc << 1 ^ kPolynomial : crc << 1);
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<uint16_t, 256> kTable = MakeTable();

// Big endian, as T10 defined it.
struct Tuple {
  uint16_t guard, application;
  uint32_t reference;
};

uint16_t Swap(uint16_t value) { return __builtin_bswap16(value); }

Tuple Load(const uint8_t* at) {
  Tuple tuple;
  std::memcpy(&tuple, at, sizeof tuple);
  return {Swap(tuple.guard), Swap(tuple.application), __builtin_bswap32(tuple.reference)};
}

// The guard covers the data, and the metadata in front of the tuple.
uint16_t GuardOf(const ProtectionFormat& format, const uint8_t* data, const uint8_t* metadata) {
  return GuardCrc(metadata, format.Offset(), GuardCrc(data, format.lba_bytes));
}

uint32_t ReferenceOf(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index) {
  return format.type == 3 ? request.reference_tag : static_cast<uint32_t>(request.reference_tag + index);
}

}  // namespace

uint16_t GuardCrc(const uint8_t* data, size_t bytes, uint16_t crc) {
  for (size_t i = 0; i < bytes; i++) crc = static_cast<uint16_t>(crc << 8 ^ kTable[(crc >> 8 ^ data[i]) & 0xff]);
  return crc;
}

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
  Tuple tuple{Swap(GuardOf(format, data, metadata)), Swap(request.application_tag), __builtin_bswap32(ReferenceOf(format, request, index))};
  std::memcpy(metadata + format.Offset(), &tuple, sizeof tuple);
}

uint16_t CheckProtection(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data,
                         const uint8_t* metadata) {
  const Tuple tuple = Load(metadata + format.Offset());
  // A sector whose tags are all ones is not checked (5.3.3).
  if (tuple.application == 0xffff && (format.type != 3 || tuple.reference == UINT32_MAX)) return 0;
  if (request.guard && tuple.guard != GuardOf(format, data, metadata)) return status::kGuardCheck;
  const uint16_t mask = request.application_mask;
  if (request.application && (tuple.application & mask) != (request.application_tag & mask)) return status::kApplicationTagCheck;
  if (request.reference && tuple.reference != ReferenceOf(format, request, index)) return status::kReferenceTagCheck;
  return 0;
}

}  // namespace assay::model
