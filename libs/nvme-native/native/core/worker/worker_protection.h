// Protection information of an ioworker's commands: left to the drive (PRACT), or made for each write and compared at each
// read by the worker itself, tuple by tuple. On types 1 and 2 a sector's reference tag is the low part of its LBA; the storage
// tag is the same in all sectors.
#pragma once
#include <cstdint>
#include <optional>

#include "core/verify/miscompare.h"
#include "core/nvme_spec.h"
#include "core/protection_information.h"

namespace assay {

constexpr uint32_t kCdw12ProtectionAction = 1u << 29;
constexpr uint32_t kCdw12ProtectionRemap = 1u << 25;  // PIREMAP of Zone Append

struct WorkerProtectionOptions {
  uint32_t cdw12 = kCdw12ProtectionAction;  // PRACT and what the drive compares (PRCHK)
  uint64_t reference_tag = 0;               // of type 3
  uint64_t storage_tag = 0;
  uint64_t storage_mask = UINT64_MAX;       // what the worker compares of it
  uint16_t application_tag = 0;
  uint16_t application_mask = 0xffff;       // what is compared of it
};

class WorkerProtection {
 public:
  WorkerProtection(const WorkerProtectionOptions& options, const ProtectionFormat& format) : options_(options), format_(format) {}

  bool on() const { return format_.type != 0; }
  // The tuples move between host and drive.
  bool by_host() const { return on() && !(options_.cdw12 & kCdw12ProtectionAction); }
  // More is asked of the drive than to make tuples and to take them off.
  bool asks() const { return on() && options_.cdw12 != kCdw12ProtectionAction; }

  // Of a command with an SLBA. `data`: it moves some; without them the drive makes what it writes.
  void Ask(Sqe* sqe, uint64_t slba, bool writes, bool data) const;
  // The metadata of a sector that is about to be sent.
  void Make(uint64_t lba, const uint8_t* data, uint8_t* metadata) const;
  // Of a sector that was read; none where it is right, or not to be checked.
  std::optional<Miscompare> Check(uint64_t lba, const uint8_t* data, const uint8_t* metadata) const;

 private:
  uint64_t ReferenceOf(uint64_t lba) const { return (format_.type == 3 ? options_.reference_tag : lba) & format_.ReferenceMask(); }

  WorkerProtectionOptions options_;
  ProtectionFormat format_;
};

}  // namespace assay
