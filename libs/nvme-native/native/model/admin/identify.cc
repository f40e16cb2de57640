#include "identify.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <iterator>

#include "background.h"
#include "model/nvm/copy_limits.h"
#include "model/nvm/key_values.h"
#include "log_pages.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kFirstFormat = 128;  // of Identify Namespace
constexpr uint8_t kReservationTypes = 0xff;  // RESCAP: persistence over power loss, all types, IEKEY as of Base 1.3
constexpr uint32_t kFirstExtendedFormat = 12;  // of Identify Namespace of the NVM command set

void FillPowerStates(uint8_t* table) {
  constexpr uint16_t kMaxCentiwatts[kPowerStates] = {900, 600, 400, 50, 1};
  for (uint32_t state = 0; state < kPowerStates; state++) {
    uint8_t* at = table + 32 * state;
    Put(at, 0, kMaxCentiwatts[state]);
    if (state < kFirstNonOperationalState) continue;
    at[3] = 2;  // NOPS
    Put<uint32_t>(at, 4, kResumeUs);
    Put<uint32_t>(at, 8, kResumeUs);
  }
}

uint32_t FormatsFor(bool extended) { return extended ? kLbaFormatCount : kPlainLbaFormats; }

void FillLbaFormats(bool extended, uint8_t* page) {
  page[25] = static_cast<uint8_t>(FormatsFor(extended) - 1);
  page[27] = 3;     // MC: metadata separate or at the end of each LBA
  page[28] = 0x1f;  // DPC: types 1 to 3, first or last bytes of the metadata
  for (size_t i = 0; i < FormatsFor(extended); i++) {
    const LbaFormat& format = kLbaFormats[i];
    const auto shift = static_cast<uint32_t>(std::bit_width(format.lba_bytes) - 1);
    Put<uint32_t>(page, kFirstFormat + 4 * i, format.metadata_bytes | shift << 16 | format.relative_performance << 24);
  }
}

// One descriptor of CNS 03h; returns where the next one goes.
uint8_t* Describe(uint8_t* at, uint8_t type, const void* value, uint8_t bytes) {
  at[0] = type;
  at[1] = bytes;
  std::memcpy(at + 4, value, bytes);
  return at + 4 + bytes;
}

bool Given(const uint8_t* id, size_t bytes) {
  return std::any_of(id, id + bytes, [](uint8_t byte) { return byte != 0; });
}

}  // namespace

void FillIdentifyController(const DriveHeader& h, uint64_t unallocated_bytes, uint8_t* page) {
  Put<uint16_t>(page, 0, kPciVendor);
  Put<uint16_t>(page, 2, kPciVendor);
  std::memcpy(page + 4, h.serial, 20);
  std::memcpy(page + 24, h.model, 40);
  std::memcpy(page + 64, h.firmware, 8);
  page[77] = static_cast<uint8_t>(std::bit_width(h.mdts_bytes / 4096) - 1);
  Put<uint32_t>(page, 80, 0x00020000);
  Put<uint32_t>(page, 84, 100'000);  // RTD3R, us
  Put<uint32_t>(page, 88, 100'000);  // RTD3E, us
  page[111] = 1;                     // I/O controller
  Put<uint16_t>(page, 256, (h.opal.supported ? 1 : 0) | 2 | 4 | 8 | 0x10 | 0x20 | 0x400);  // OACS: security, format, firmware, namespace management, self-test, directives, lockdown
  page[258] = 3;                     // abort command limit, 0-based
  page[259] = 3;                     // AERL, 0-based
  page[260] = 0x10 | kFirmwareSlots << 1;  // FRMW: slots, activation without a reset
  page[261] = 2 | 4 | 8 | 0x10;      // LPA: commands supported and effects, offsets and long lengths, telemetry, persistent events
  page[262] = kErrorLogEntries - 1;
  page[263] = kPowerStates - 1;
  Put<uint16_t>(page, 266, kWarningKelvin);     // warning temperature
  Put<uint16_t>(page, 268, 353);
  Put<uint64_t>(page, 280, h.capacity_bytes);  // TNVMCAP
  Put<uint64_t>(page, 296, unallocated_bytes);  // UNVMCAP
  Put<uint16_t>(page, 316, 1);       // EDSTT, minutes
  Put(page, 328, kSanitizeCapabilities);
  page[265] = 1;                     // APSTA
  // CTRATT: 128-bit host identifiers, endurance groups, extended LBA formats (ELBAS), Flexible Data Placement
  Put<uint32_t>(page, 96, 1 | 1u << 4 | 1u << 15 | (h.placement_offset != 0 ? 1u << 19 : 0));
  Put<uint16_t>(page, 340, kEnduranceGroup);  // ENDGIDMAX
  Put<uint32_t>(page, 352, 1);       // PELS, 64 KiB
  Put<uint32_t>(page, 92, 1u << 8);  // OAES: namespace attribute notices
  Put<uint32_t>(page, 272, kHostMemoryPreferredPages);
  Put<uint32_t>(page, 276, kHostMemoryLeastPages);
  Put<uint16_t>(page, 320, 1);       // KAS, 100 ms
  Put<uint32_t>(page, 332, 1);       // HMMINDS
  Put<uint16_t>(page, 336, kHostMemoryDescriptors);
  page[512] = 0x66;
  page[513] = 0x44;
  Put<uint16_t>(page, 514, static_cast<uint16_t>(h.max_queue_entries));
  Put<uint32_t>(page, 516, h.max_namespaces);
  Put<uint32_t>(page, 540, h.max_namespaces);  // MNAN
  Put<uint16_t>(page, 520, 1 | 2 | 4 | 8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100);  // compare, write uncorrectable, DSM, write zeroes, save and select, reservations, timestamp, verify, copy
  Put<uint16_t>(page, 522, 1);       // FUSES: compare and write
  page[524] = 4;                     // FNA: cryptographic erase; formats go by namespace
  page[525] = h.volatile_cache ? 1 : 0;
  page[531] = 7;                     // NWPC
  Put<uint16_t>(page, 534, kCopyFormats);  // OCFS
  Put<uint16_t>(page, 526, static_cast<uint16_t>(h.awun));   // AWUN
  Put<uint16_t>(page, 528, static_cast<uint16_t>(h.awupf));  // AWUPF
  char serial[21] = {};
  std::memcpy(serial, h.serial, 20);
  for (int i = 19; i >= 0 && serial[i] == ' '; i--) serial[i] = 0;
  std::snprintf(reinterpret_cast<char*>(page) + 768, 256, "nqn.2026-01.org.assay:model:%s", serial);
  FillPowerStates(page + 2048);
}

void FillIdentifyNamespace(const Media& media, bool extended, uint8_t* page) {
  const NamespaceRecord& ns = media.record();
  Put(page, 0, media.lba_count());
  Put(page, 8, media.lba_count());
  Put(page, 16, media.lba_count());
  page[24] = 4;  // NSFEAT: the error for deallocated LBAs
  FillLbaFormats(extended, page);
  page[26] = static_cast<uint8_t>((ns.lba_format & 15) | (ns.extended ? 0x10 : 0) | (ns.lba_format >> 4) << 5);
  page[29] = static_cast<uint8_t>(ns.pi_type | (ns.pi_first ? 8 : 0));
  page[31] = kReservationTypes;
  page[33] = 1 | 8;  // DLFEAT: deallocated sectors read zero, Write Zeroes can deallocate
  Put(page, 48, media.lba_count() * media.lba_bytes());  // NVMCAP, low half
  Put<uint16_t>(page, 74, kCopyRangeLbas);
  Put<uint32_t>(page, 76, kCopyLbas);
  page[80] = kCopyRanges - 1;
  page[99] = ns.write_protected ? 1 : 0;
  Put<uint16_t>(page, 102, kEnduranceGroup);
  if (ns.has_nguid) std::memcpy(page + 104, ns.nguid, 16);
  std::memcpy(page + 120, ns.eui64, 8);
}

void FillCommonNamespace(bool extended, uint8_t* page) { FillLbaFormats(extended, page); }

void FillCommonProtection(uint8_t* page) {
  page[8] = 1 | 4;  // PIC: storage tags with a 16-bit guard, of any mask; storage tag checks as Copy reads
  for (size_t i = 0; i < kLbaFormatCount; i++) {
    const LbaFormat& format = kLbaFormats[i];
    Put<uint32_t>(page, kFirstExtendedFormat + 4 * i, format.storage_bits | static_cast<uint32_t>(format.guard) << 7);
  }
}

void FillIdentifyProtection(const Media& media, uint8_t* page) {
  FillCommonProtection(page);
  Put(page, 0, media.record().compared_storage & ProtectionFormat::Ones(media.format().storage_bits));
}

void FillIdentifyZoned(const Media& media, uint8_t* page) {
  const NamespaceRecord& ns = media.record();
  Put<uint16_t>(page, 2, 1);  // OZCS: reads across zones
  Put<uint32_t>(page, 4, ns.max_active - 1);
  Put<uint32_t>(page, 8, ns.max_open - 1);
  const uint64_t zone_bytes = ns.zone_lbas * media.lba_bytes();
  for (size_t i = 0; i < kLbaFormatCount; i++) {
    Put(page, 2816 + 16 * i, zone_bytes / kLbaFormats[i].lba_bytes);
    page[2816 + 16 * i + 8] = static_cast<uint8_t>(ns.zone_extension_units);
  }
}

// Key Value Command Set 1.0, figures 39 and 40: one KV format.
void FillIdentifyKeyValue(Media& media, uint8_t* page) {
  const NamespaceRecord& ns = media.record();
  Put(page, 0, media.lba_count() * media.lba_bytes());
  Put(page, 16, KeyValues(media).used_bytes());
  page[27] = kReservationTypes;
  page[43] = ns.write_protected ? 1 : 0;
  Put<uint16_t>(page, 46, kEnduranceGroup);
  if (ns.has_nguid) std::memcpy(page + 48, ns.nguid, 16);
  std::memcpy(page + 64, ns.eui64, 8);
  Put(page, 72, static_cast<uint16_t>(ns.max_key_bytes));
  Put(page, 76, ns.max_value_bytes);
  Put(page, 80, ns.max_keys);
}

void FillIdentifyIndependent(const Media& media, uint8_t* page) {
  page[8] = media.record().write_protected ? 1 : 0;
  page[14] = 1;  // ready
}

void FillIdentifyDescriptors(const Media& media, uint8_t* page) {
  const NamespaceRecord& ns = media.record();
  uint8_t* at = page;
  if (Given(ns.eui64, sizeof ns.eui64)) at = Describe(at, 1, ns.eui64, sizeof ns.eui64);
  if (ns.has_nguid) at = Describe(at, 2, ns.nguid, sizeof ns.nguid);
  if (Given(ns.uuid, sizeof ns.uuid)) at = Describe(at, 3, ns.uuid, sizeof ns.uuid);
  const auto command_set = static_cast<uint8_t>(ns.command_set);
  Describe(at, 4, &command_set, 1);
}

}  // namespace assay::model
