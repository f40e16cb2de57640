// Sweeps move data alone, and so do workers that do not make protection information themselves. On a namespace with
// metadata their commands bring a spare buffer that nobody looks at, and leave protection information to the drive (PRACT;
// NVM Command Set 1.0, 5.3.2).
#pragma once
#include "core/verify/namespace.h"
#include "worker_protection.h"

namespace assay {

// Bytes of the spare buffer for commands of at most `lbas` LBAs; 0: none is needed.
inline uint64_t SpareMetadataBytes(const NamespaceGeometry& geometry, uint64_t lbas) { return geometry.metadata_bytes * lbas; }

inline void BringMetadata(const NamespaceGeometry& geometry, Buffer& spare, Command* command) {
  if (geometry.protection.type != 0) {
    command->sqe.cdw12 |= kCdw12ProtectionAction;
    SetTags(geometry.protection, {.reference = command->sqe.Slba(), .storage = 0}, &command->sqe);
  }
  if (spare.data() == nullptr) return;
  command->metadata = spare.data();
  command->metadata_bytes = static_cast<uint32_t>(geometry.metadata_bytes * command->lba_count);
}

}  // namespace assay
