// Firmware images, slots and activation (NVMe Base 2.0, 5.12, 5.13 and 3.11). An image of the software drive begins with
// `ASSAYFW1` and eight characters of revision; everything behind that is anybody's.
#pragma once
#include <vector>

#include "model/media/drive_file.h"

namespace assay::model {

constexpr char kImageMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'F', 'W', '1'};
constexpr uint64_t kMaxImageBytes = 4 << 20;

// Device thread only.
class Firmware {
 public:
  explicit Firmware(DriveHeader* header) : header_(header) {}

  // Status for a piece at this place; 0 gives its room in `to`.
  uint16_t Place(uint64_t offset, uint64_t bytes, uint8_t** to);
  uint16_t Commit(uint32_t slot, uint32_t action);
  // At a controller level reset: what was committed for it becomes active. A failed activation returns false.
  bool Activate(bool fails);
  bool ActivationWaits() const { return header_->firmware_slots.pending != 0; }
  // Pieces that were not committed are forgotten.
  void Forget();

 private:
  struct Piece {
    uint64_t begin, end;
  };
  void Use(uint32_t slot);

  DriveHeader* header_;
  std::vector<uint8_t> image_;
  std::vector<Piece> pieces_;
};

void FillFirmwareLog(const DriveHeader& header, uint8_t* page);

}  // namespace assay::model
