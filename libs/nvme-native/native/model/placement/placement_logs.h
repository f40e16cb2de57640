// Log pages 20h to 23h of Flexible Data Placement (NVMe Base 2.1, 5.1.12.1.28 to 31).
#pragma once
#include "model/admin/log_pages.h"

namespace assay::model {

constexpr uint32_t kConfigurationHeadBytes = 16, kConfigurationBytes = 64, kHandleDescriptorBytes = 4;
constexpr uint32_t kPlacementConfigurationsBytes =
    kConfigurationHeadBytes + kMaxPlacementConfigurations * (kConfigurationBytes + kMaxReclaimUnitHandles * kHandleDescriptorBytes);
constexpr uint32_t kHandleUsageBytes = 8 + 8 * kMaxReclaimUnitHandles;
constexpr uint32_t kPlacementStatisticsBytes = 64;
constexpr uint32_t kPlacementEventsBytes = 64 + kKeptPlacementEvents * kPlacementEventBytes;

void FillPlacementConfigurations(const LogSource& source, uint8_t* page);
void FillHandleUsage(const LogSource& source, uint8_t* page);
void FillPlacementStatistics(const LogSource& source, uint8_t* page);
// LSP bit 0: the host's events, else the controller's.
void FillPlacementEvents(const LogSource& source, uint8_t* page);

}  // namespace assay::model
