// Identify data structures and log pages of the software drive, as pure functions of its header.
// Identify Controller: NVMe Base 2.0 figure 275. Identify Namespace: NVM Command Set 1.0 figure 97. Logs: 5.16.1.
#pragma once
#include "drive_layout.h"

namespace assay::model {

constexpr uint32_t kIdentifyBytes = 4096;
constexpr uint16_t kPciVendor = 0xa55a;

void FillIdentifyController(const DriveHeader& header, uint8_t* page);
void FillIdentifyNamespace(const DriveHeader& header, uint8_t* page);
// CNS 3: the namespace's identifiers.
void FillIdentifyDescriptors(const DriveHeader& header, uint8_t* page);

// Bytes of a log page, or 0 when there is none of that number.
uint32_t LogPageBytes(uint8_t lid);
// `page` holds LogPageBytes(lid) zeroes.
void FillLogPage(const DriveHeader& header, uint8_t lid, uint8_t* page);

}  // namespace assay::model
