// Identify data structures (NVMe Base 2.0, figures 275, 280, 283; NVM Command Set 1.0, figure 97; ZNS Command Set 1.1,
// figure 48; Key Value Command Set 1.0, figure 39). `page` is 4096 zeroes.
#pragma once
#include "model/media/media.h"

namespace assay::model {

constexpr uint32_t kIdentifyBytes = 4096;
constexpr uint16_t kPciVendor = 0xa55a;

void FillIdentifyController(const DriveHeader& header, uint64_t unallocated_bytes, uint8_t* page);
// `extended`: the host knows extended LBA formats, and more than sixteen.
void FillIdentifyNamespace(const Media& media, bool extended, uint8_t* page);
// nsid ffffffffh: what all namespaces can do.
void FillCommonNamespace(bool extended, uint8_t* page);
// Of the NVM command set (figure 118): guards and storage tags.
void FillIdentifyProtection(const Media& media, uint8_t* page);
void FillCommonProtection(uint8_t* page);
void FillIdentifyDescriptors(const Media& media, uint8_t* page);
void FillIdentifyIndependent(const Media& media, uint8_t* page);
void FillIdentifyZoned(const Media& media, uint8_t* page);
void FillIdentifyKeyValue(Media& media, uint8_t* page);

}  // namespace assay::model
