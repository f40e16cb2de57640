// What a command asks for of protection information (NVM Command Set 1.0, 5.3), made and checked sector by sector. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/nvme_spec.h"
#include "core/protection_information.h"

namespace assay::model {

// What a command asks for.
struct ProtectionRequest {
  bool action = false;  // PRACT
  bool guard = false, application = false, reference = false;
  uint32_t reference_tag = 0;  // of the first sector
  uint16_t application_tag = 0;
  uint16_t application_mask = 0;
};

// PRINFO in bits 29:26 of command dword 12, tags in dwords 14 and 15.
ProtectionRequest ProtectionOf(const Sqe& sqe);

// Before any data moves: what the command asks for does not fit the namespace. A status without phase.
uint16_t CheckRequest(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t slba, bool generates);
// Writes the tuple of the command's sector `index` into its metadata.
void Protect(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data, uint8_t* metadata);
// A status without phase: 02/82, 02/83, 02/84 or 0.
uint16_t CheckProtection(const ProtectionFormat& format, const ProtectionRequest& request, uint64_t index, const uint8_t* data,
                         const uint8_t* metadata);

}  // namespace assay::model
