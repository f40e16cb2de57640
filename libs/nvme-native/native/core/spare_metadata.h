// Workers and sweeps move data alone. On a namespace with metadata their commands bring a spare buffer that nobody looks
// at, and leave protection information to the drive (PRACT; NVM Command Set 1.0, 5.3.2).
#pragma once
#include "namespace.h"

namespace assay {

constexpr uint32_t kCdw12ProtectionAction = 1u << 29;

// Bytes of the spare buffer for commands of at most `lbas` LBAs; 0: none is needed.
inline uint64_t SpareMetadataBytes(const NamespaceGeometry& geometry, uint64_t lbas) { return geometry.metadata_bytes * lbas; }

inline void BringMetadata(const NamespaceGeometry& geometry, Buffer& spare, Command* command) {
  if (geometry.protect) {
    command->sqe.cdw12 |= kCdw12ProtectionAction;
    command->sqe.cdw14 = static_cast<uint32_t>(command->sqe.Slba());
  }
  if (spare.data() == nullptr) return;
  command->metadata = spare.data();
  command->metadata_bytes = static_cast<uint32_t>(geometry.metadata_bytes * command->lba_count);
}

}  // namespace assay
