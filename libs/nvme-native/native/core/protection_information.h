// Tuples of end-to-end protection information with a 16-bit guard (NVM Command Set 1.0, 5.3), sector by sector. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

constexpr uint32_t kProtectionBytes = 8;

// CRC-16 of T10 DIF, polynomial 8bb7h; `crc` carries on an earlier one.
uint16_t GuardCrc(const uint8_t* data, size_t bytes, uint16_t crc = 0);

// How a namespace is protected.
struct ProtectionFormat {
  uint32_t type = 0;  // 0: not at all
  bool first = false;
  uint32_t lba_bytes = 0;
  uint32_t metadata_bytes = 0;

  // Of the tuple in the metadata.
  uint32_t Offset() const { return first ? 0 : metadata_bytes - kProtectionBytes; }
};

struct ProtectionTuple {
  uint16_t guard = 0, application = 0;
  uint32_t reference = 0;

  // A sector whose tags are all ones is not checked (5.3.3).
  bool Escapes(uint32_t type) const { return application == 0xffff && (type != 3 || reference == UINT32_MAX); }
};

ProtectionTuple LoadTuple(const ProtectionFormat& format, const uint8_t* metadata);
void StoreTuple(const ProtectionFormat& format, const ProtectionTuple& tuple, uint8_t* metadata);
// The guard covers the data, and the metadata in front of the tuple.
uint16_t GuardOf(const ProtectionFormat& format, const uint8_t* data, const uint8_t* metadata);

}  // namespace assay
