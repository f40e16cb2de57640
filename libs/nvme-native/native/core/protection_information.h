// Tuples of end-to-end protection information (NVM Command Set 1.0, 5.3.1), sector by sector: with guards of 16, 32 and 64
// bits, and storage tags. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

#include "nvme_spec.h"

namespace assay {

constexpr uint32_t kLargestTuple = 16;

// Protection Information Format, as an extended LBA format has it (figure 119, PIF).
enum class Guard : uint8_t { k16 = 0, k32 = 1, k64 = 2 };

constexpr uint32_t TupleBytes(Guard guard) { return guard == Guard::k16 ? 8 : 16; }

// CRC-16 of T10 DIF, polynomial 8bb7h; `crc` carries on an earlier one.
uint16_t GuardCrc(const uint8_t* data, size_t bytes, uint16_t crc = 0);

// How a namespace is protected.
struct ProtectionFormat {
  uint32_t type = 0;  // 0: not at all
  bool first = false;
  uint32_t lba_bytes = 0;
  uint32_t metadata_bytes = 0;
  Guard guard = Guard::k16;
  uint32_t storage_bits = 0;  // STS: of the space that storage tag and reference tag share

  constexpr uint32_t TupleBytes() const { return assay::TupleBytes(guard); }
  // Of the tuple in the metadata.
  uint32_t Offset() const { return first ? 0 : metadata_bytes - TupleBytes(); }
  constexpr uint32_t SpaceBits() const { return guard == Guard::k16 ? 32 : guard == Guard::k32 ? 80 : 48; }
  // 0: there is no reference tag.
  constexpr uint32_t ReferenceBits() const { return SpaceBits() - storage_bits; }
  constexpr uint64_t ReferenceMask() const { return Ones(ReferenceBits()); }
  constexpr uint64_t StorageMask() const { return Ones(storage_bits); }

  static constexpr uint64_t Ones(uint32_t bits) { return bits >= 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1; }
};

// What fits the format's guard (figure 157): a reference tag and a storage tag have at most 64 bits.
constexpr bool FitsGuard(Guard guard, uint32_t storage_bits) {
  return guard == Guard::k16 ? storage_bits <= 32 : guard == Guard::k32 ? storage_bits >= 16 && storage_bits <= 64 : storage_bits <= 48;
}

struct ProtectionTags {
  uint64_t reference = 0, storage = 0;
};

struct ProtectionTuple {
  uint64_t guard = 0;
  uint16_t application = 0;
  uint64_t reference = 0, storage = 0;

  bool operator==(const ProtectionTuple&) const = default;
  // A sector whose tags are all ones is not checked (5.3.3).
  bool Escapes(const ProtectionFormat& format) const {
    return application == 0xffff && (format.type != 3 || reference == format.ReferenceMask());
  }
};

ProtectionTuple LoadTuple(const ProtectionFormat& format, const uint8_t* metadata);
void StoreTuple(const ProtectionFormat& format, const ProtectionTuple& tuple, uint8_t* metadata);
// The guard covers the data, and the metadata in front of the tuple.
uint64_t GuardOf(const ProtectionFormat& format, const uint8_t* data, const uint8_t* metadata);

// The tags of a command with an SLBA, in dwords 2, 3 and 14 (figure 158); what is no tag there is left alone.
ProtectionTags TagsOf(const ProtectionFormat& format, const Sqe& sqe);
void SetTags(const ProtectionFormat& format, const ProtectionTags& tags, Sqe* sqe);
// The same from the ten bytes of a source range of Copy, descriptor formats 1h and 3h: big endian (figure 40, ELBT).
ProtectionTags TagsOf(const ProtectionFormat& format, const uint8_t (&bytes)[10]);

}  // namespace assay
