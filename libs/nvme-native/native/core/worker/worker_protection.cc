#include "worker_protection.h"

#include <cstring>

#include "core/verify/sector_classification.h"

namespace assay {

void WorkerProtection::Ask(Sqe* sqe, uint64_t slba, bool writes, bool data) const {
  sqe->cdw12 |= writes && !data ? kCdw12ProtectionAction : options_.cdw12;
  SetTags(format_, {ReferenceOf(slba), options_.storage_tag}, sqe);
  sqe->cdw15 = uint32_t{options_.application_mask} << 16 | options_.application_tag;
}

void WorkerProtection::Make(uint64_t lba, const uint8_t* data, uint8_t* metadata) const {
  std::memset(metadata, 0, format_.metadata_bytes);
  StoreTuple(format_, {GuardOf(format_, data, metadata), options_.application_tag, ReferenceOf(lba), options_.storage_tag}, metadata);
}

std::optional<Miscompare> WorkerProtection::Check(uint64_t lba, const uint8_t* data, const uint8_t* metadata) const {
  const ProtectionTuple got = LoadTuple(format_, metadata);
  if (got.Escapes(format_)) return {};
  const uint16_t mask = options_.application_mask;
  const uint64_t storage_mask = options_.storage_mask & format_.StorageMask();
  ProtectionTuple expected{GuardOf(format_, data, metadata), options_.application_tag, ReferenceOf(lba), options_.storage_tag};
  // What is not compared is as it is.
  expected.application = static_cast<uint16_t>((expected.application & mask) | (got.application & ~mask));
  expected.storage = (expected.storage & storage_mask) | (got.storage & ~storage_mask);
  if (got == expected) return {};
  uint8_t right[kLargestTuple];
  ProtectionFormat alone = format_;
  alone.first = true;
  StoreTuple(alone, expected, right);
  Miscompare m;
  m.kind = MiscompareKind::kProtectionInformation;
  m.lba = lba;
  m.expected = Hex(right, format_.TupleBytes());
  m.got = Hex(metadata + format_.Offset(), format_.TupleBytes());
  return m;
}

}  // namespace assay
