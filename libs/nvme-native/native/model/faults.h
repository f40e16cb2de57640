// The defects of a software drive. Each rule keeps its own count in the file, so that it acts the same however often
// the drive is opened.
#pragma once
#include "../core/nvme_spec.h"
#include "media.h"

namespace assay::model {

class Faults {
 public:
  explicit Faults(DriveFile* file) : header_(&file->header()) {}

  bool FlushLies() const;
  uint32_t ExtraReadyMs() const;
  // The firmware image that waits for this reset cannot be loaded.
  bool FailActivation();
  // Status without phase that the command must end with instead of being executed, or 0.
  uint16_t BadStatus(uint8_t opcode, uint64_t slba, uint64_t lba_count);
  // Called for each I/O command with its number since creation: milliseconds to stand still, or 0.
  uint32_t Stall(uint64_t io_command);
  // True when this I/O command's completion gets lost.
  bool LoseCompletion(uint64_t io_command);
  // Called after a write: damages some of its sectors silently.
  void Corrupt(Media* media, uint64_t slba, uint64_t lba_count);

 private:
  DriveHeader* header_;
};

}  // namespace assay::model
