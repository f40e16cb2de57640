#include "identify.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#include "../core/nvme_spec.h"
#include "background.h"
#include "device.h"
#include "firmware.h"

namespace assay::model {
namespace {

constexpr uint32_t kSmartBytes = 512;
constexpr uint32_t kEffectsBytes = 4096;

template <typename T>
void Put(uint8_t* page, size_t at, T value) {
  std::memcpy(page + at, &value, sizeof value);
}

void FillErrors(const DriveHeader& h, uint8_t* page) {
  const uint64_t newest = h.error_count;
  for (uint64_t i = 0; i < std::min<uint64_t>(newest, kErrorLogEntries); i++) {
    const ErrorLogRecord& e = h.errors[(newest - 1 - i) % kErrorLogEntries];
    uint8_t* at = page + i * 64;
    Put(at, 0, e.number);
    Put(at, 8, e.sqid);
    Put(at, 10, e.cid);
    Put(at, 12, e.status);
    Put<uint16_t>(at, 14, 0xffff);  // no parameter error location
    Put(at, 16, e.lba);
    Put(at, 24, e.nsid);
  }
}

void FillSmart(const DriveHeader& h, uint8_t* page) {
  const SmartCounters& s = h.smart;
  const bool on = h.power.load() == kPowerOn;
  const uint64_t powered_ms = s.powered_ms + (on ? (RealtimeNs() - s.powered_since_ns) / kNsPerMs : 0);
  Put<uint16_t>(page, 1, 308);  // 35 degrees Celsius
  page[3] = 100;                // available spare
  page[4] = 10;
  page[5] = static_cast<uint8_t>(std::min<uint64_t>(255, s.sectors_written * 512 / std::max<uint64_t>(1, h.capacity_bytes) / 30));
  Put(page, 32, (s.sectors_read + 999) / 1000);
  Put(page, 48, (s.sectors_written + 999) / 1000);
  Put(page, 64, s.read_commands);
  Put(page, 80, s.write_commands);
  Put<uint64_t>(page, 96, powered_ms / 60'000 / 10);  // busy minutes: a guess, a tenth of the powered time
  Put(page, 112, s.power_cycles);
  Put(page, 128, powered_ms / 3'600'000);
  Put(page, 144, s.unsafe_shutdowns);
  Put(page, 160, s.media_errors);
  Put(page, 176, s.error_log_entries);
}

void FillEffects(uint8_t* page) {
  using namespace admin_opcode;
  for (uint8_t opcode : {kDeleteSq, kCreateSq, kGetLogPage, kDeleteCq, kCreateCq, kIdentify, kAbort, kSetFeatures, kGetFeatures, kAsyncEvent}) {
    Put<uint32_t>(page, opcode * 4, 1);
  }
  for (uint8_t opcode : {kFirmwareCommit, kFirmwareDownload, kSelfTest}) Put<uint32_t>(page, opcode * 4, 1);
  Put<uint32_t>(page, kSanitize * 4, 1 | 2);
  Put<uint32_t>(page, kFormat * 4, 1 | 2 | 4);  // changes content and capabilities of the namespace
  using namespace nvm_opcode;
  for (uint8_t opcode : {kFlush, kRead, kCompare, kVerify}) Put<uint32_t>(page, 1024 + opcode * 4, 1);
  for (uint8_t opcode : {kWrite, kWriteUncorrectable, kWriteZeroes, kDatasetManagement}) Put<uint32_t>(page, 1024 + opcode * 4, 1 | 2);
}

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

}  // namespace

void FillIdentifyController(const DriveHeader& h, uint8_t* page) {
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
  Put<uint16_t>(page, 256, 2 | 4 | 0x10);  // OACS: format, firmware, self-test
  page[258] = 3;                     // abort command limit, 0-based
  page[259] = 3;                     // AERL, 0-based
  page[260] = 0x10 | kFirmwareSlots << 1;  // FRMW: slots, activation without a reset
  page[261] = 2;                     // LPA: commands supported and effects
  page[262] = kErrorLogEntries - 1;
  page[263] = kPowerStates - 1;
  Put<uint16_t>(page, 266, 343);     // warning temperature
  Put<uint16_t>(page, 268, 353);
  Put<uint64_t>(page, 280, h.capacity_bytes);
  Put<uint16_t>(page, 316, 1);       // EDSTT, minutes
  Put<uint32_t>(page, 328, 3);       // SANICAP: crypto erase, block erase
  page[512] = 0x66;
  page[513] = 0x44;
  Put<uint16_t>(page, 514, static_cast<uint16_t>(h.max_queue_entries));
  Put<uint32_t>(page, 516, 1);       // one namespace
  Put<uint16_t>(page, 520, 1 | 2 | 4 | 8 | 0x80);  // compare, write uncorrectable, DSM, write zeroes, verify
  page[524] = 0;
  page[525] = h.volatile_cache ? 1 : 0;
  Put<uint16_t>(page, 526, 0);       // AWUN: one LBA
  Put<uint16_t>(page, 528, 0);       // AWUPF: one LBA
  char serial[21] = {};
  std::memcpy(serial, h.serial, 20);
  for (int i = 19; i >= 0 && serial[i] == ' '; i--) serial[i] = 0;
  std::snprintf(reinterpret_cast<char*>(page) + 768, 256, "nqn.2026-01.org.assay:model:%s", serial);
  FillPowerStates(page + 2048);
}

void FillIdentifyNamespace(const DriveHeader& h, uint8_t* page) {
  const uint64_t lbas = h.capacity_bytes / h.lba_bytes;
  Put(page, 0, lbas);
  Put(page, 8, lbas);
  Put(page, 16, lbas);
  page[25] = 1;                          // two LBA formats, 0-based
  page[26] = h.lba_bytes == 512 ? 0 : 1;
  page[33] = 1;                          // DLFEAT: deallocated sectors read zero
  Put(page, 48, h.capacity_bytes);       // NVMCAP, low half
  if (h.has_nguid) std::memcpy(page + 104, h.nguid, 16);
  Put<uint32_t>(page, 128, 9u << 16);
  Put<uint32_t>(page, 132, 12u << 16);
}

void FillIdentifyDescriptors(const DriveHeader& h, uint8_t* page) {
  if (!h.has_nguid) return;
  page[0] = 2;
  page[1] = 16;
  std::memcpy(page + 4, h.nguid, 16);
}

uint32_t LogPageBytes(uint8_t lid) {
  switch (lid) {
    case 1: return kErrorLogEntries * 64;
    case 2: return kSmartBytes;
    case 3: return 512;
    case 5: return kEffectsBytes;
    case 6: return kSelfTestLogBytes;
    case 0x81: return kSanitizeLogBytes;
    default: return 0;
  }
}

void FillLogPage(const DriveHeader& h, uint8_t lid, uint8_t* page) {
  switch (lid) {
    case 1: FillErrors(h, page); break;
    case 2: FillSmart(h, page); break;
    case 3: FillFirmwareLog(h, page); break;
    case 5: FillEffects(page); break;
    case 6: FillSelfTestLog(h, page); break;
    case 0x81: FillSanitizeLog(h, page); break;
    default: break;
  }
}

}  // namespace assay::model
