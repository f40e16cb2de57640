// What a command asks for of protection information (NVM Command Set 1.0, 5.3), made and checked sector by sector. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/nvme_spec.h"
#include "core/protection_information.h"

namespace assay::model {

// How a namespace of the drive is protected.
struct NamespaceProtection : ProtectionFormat {
  uint64_t compared_storage = UINT64_MAX;  // LBSTM: bits of the storage tag that are compared
};

// What a command asks for.
struct ProtectionRequest {
  bool action = false;  // PRACT
  bool guard = false, application = false, reference = false, storage = false;
  ProtectionTags tags;  // reference: of the first sector
  uint16_t application_tag = 0;
  uint16_t application_mask = 0;

  // PRACT and PRCHK, as they stand in PRINFO.
  void SetActionAndChecks(uint32_t prinfo);
};

// PRINFO in bits 29:26 of command dword 12, STC in bit 24, tags in dwords 2, 3, 14 and 15.
ProtectionRequest ProtectionOf(const ProtectionFormat& format, const Sqe& sqe);

// Before any data moves: what the command asks for does not fit the namespace. A status without phase.
uint16_t CheckRequest(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t slba, bool generates);
// The tag of the command's sector `index`.
uint64_t ReferenceOf(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index);
// Writes the tuple of the command's sector `index` into its metadata.
void Protect(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data, uint8_t* metadata);
// A status without phase: 02/82, 02/83, 02/84, 02/88 or 0.
uint16_t CheckProtection(const NamespaceProtection& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data,
                         const uint8_t* metadata);

}  // namespace assay::model
