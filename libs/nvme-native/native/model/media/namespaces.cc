#include "namespaces.h"

#include <algorithm>

#include "core/random.h"
#include "model/statuses.h"

namespace assay::model {

Namespaces::Namespaces(DriveFile* file) : file_(file), header_(&file->header()), media_(header_->max_namespaces) { Reload(); }

void Namespaces::Reload() {
  for (uint32_t nsid = 1; nsid <= max(); nsid++) {
    const bool there = header_->namespaces[nsid - 1].bytes != 0;
    media_[nsid - 1] = there ? std::make_unique<Media>(file_, nsid) : nullptr;
  }
}

void Namespaces::MakeAllDurable() {
  ForEachAllocated([](Media& media) { media.MakeAllDurable(); });
}

uint64_t Namespaces::UnallocatedBytes() const {
  uint64_t taken = 0;
  ForEachAllocated([&](const Media& media) { taken += media.record().bytes; });
  return header_->capacity_bytes - taken;
}

bool Namespaces::FindPlace(uint64_t bytes, uint64_t* start) const {
  std::vector<const NamespaceRecord*> taken;
  ForEachAllocated([&](const Media& media) { taken.push_back(&media.record()); });
  std::sort(taken.begin(), taken.end(), [](auto* a, auto* b) { return a->start_bytes < b->start_bytes; });
  uint64_t at = 0;
  for (const NamespaceRecord* record : taken) {
    if (record->start_bytes - at >= bytes) break;
    at = record->start_bytes + record->bytes;
  }
  *start = at;
  return header_->capacity_bytes - at >= bytes;
}

uint16_t Namespaces::Create(const NamespaceRecord& wanted, uint32_t* nsid) {
  uint64_t start;
  if (!FindPlace(wanted.bytes, &start)) return status::kInsufficientCapacity;
  uint32_t free = 1;
  while (free <= max() && Allocated(free) != nullptr) free++;
  if (free > max()) return status::kNsidUnavailable;
  NamespaceRecord& record = header_->namespaces[free - 1];
  const uint64_t head = record.undo_head;
  record = wanted;
  record.start_bytes = start;
  record.attached = 0;
  // Sequence numbers go on; the ring belongs to the nsid.
  record.undo_head = record.undo_tail = head;
  record.has_nguid = 1;
  Random random(SplitMix(header_->seed ^ SplitMix(++header_->namespaces_made)));
  for (size_t i = 0; i < sizeof record.nguid; i += 8) {
    const uint64_t word = random.Next();
    std::memcpy(record.nguid + i, &word, 8);
  }
  media_[free - 1] = std::make_unique<Media>(file_, free);
  media_[free - 1]->Erase();
  *nsid = free;
  return 0;
}

void Namespaces::Delete(uint32_t nsid) {
  Media* media = Allocated(nsid);
  media->MakeAllDurable();
  media->ForgetPlacement();
  media->record().bytes = 0;
  media->record().attached = 0;
  media_[nsid - 1] = nullptr;
}

}  // namespace assay::model
