// What the SMART log says of the medium: wear, spare, temperature, critical warnings (NVMe Base 2.0, 5.16.1.3).
//
// With a wear-out rule the medium is rated for `amount` writes of its whole capacity. From kWeakFrom of that on sectors
// fail after they were written, ever more of them; each takes one of the spare blocks; with none left the medium is read-only.
#pragma once
#include "model/media/media.h"

namespace assay::model {

constexpr uint32_t kRatedDriveWrites = 3000;  // without a wear-out rule
constexpr double kWeakFrom = 0.8;
// Chance of a sector to fail at the rated number of writes.
constexpr double kWeakChance = 2e-3;
constexpr uint32_t kSpareThresholdPercent = 10;
constexpr uint64_t kMinSpareBlocks = 16;
constexpr uint64_t kLbasPerSpareBlock = 1024;

enum HealthWarning : uint8_t { kWarnSpare = 1, kWarnTemperature = 2, kWarnDegraded = 4, kWarnReadOnly = 8 };

class Health {
 public:
  explicit Health(DriveHeader* header) : header_(header) {}

  // After a write: some of its sectors may not be readable any more.
  void Wear(Media* media, uint64_t slba, uint64_t lba_count);
  bool ReadOnly() const;
  // Wear or heat is modelled, so that warnings can come.
  bool Changes() const;
  // Warnings that were not there when this was last asked; `threshold_k`: feature 04h.
  uint8_t NewWarnings(uint16_t threshold_k);

 private:
  DriveHeader* header_;
};

uint16_t TemperatureK(const DriveHeader& header);
uint8_t Warnings(const DriveHeader& header, uint16_t threshold_k);
// Bytes 0 to 5 and the temperature counters of log page 02h.
void FillHealth(const DriveHeader& header, uint8_t* page);

}  // namespace assay::model
