// The namespaces of a software drive: found by nsid, made, deleted and attached (NVMe Base 2.0, 8.11). Device thread only.
#pragma once
#include <memory>
#include <vector>

#include "media.h"

namespace assay::model {

class Namespaces {
 public:
  explicit Namespaces(DriveFile* file);

  // Number of valid nsids (NN).
  uint32_t max() const { return header_->max_namespaces; }
  bool Valid(uint32_t nsid) const { return nsid != 0 && nsid <= max(); }
  // Null: the nsid has no namespace.
  Media* Allocated(uint32_t nsid) const { return Valid(nsid) ? media_[nsid - 1].get() : nullptr; }
  // Null: no namespace, or one that is not attached to the controller.
  Media* Active(uint32_t nsid) const {
    Media* media = Allocated(nsid);
    return media != nullptr && media->record().attached ? media : nullptr;
  }
  template <typename Visit>
  void ForEachAllocated(Visit visit) const {
    for (const auto& media : media_) {
      if (media != nullptr) visit(*media);
    }
  }

  // A namespace like `wanted` (bytes, lba_count, format, protection, command set); a status without phase.
  uint16_t Create(const NamespaceRecord& wanted, uint32_t* nsid);
  void Delete(uint32_t nsid);
  uint64_t UnallocatedBytes() const;

  // After a power cut, which worked on the file.
  void Reload();
  void MakeAllDurable();

 private:
  // First place of the media with so much room; false: there is none.
  bool FindPlace(uint64_t bytes, uint64_t* start) const;

  DriveFile* file_;
  DriveHeader* header_;
  std::vector<std::unique_ptr<Media>> media_;  // by nsid - 1
};

}  // namespace assay::model
