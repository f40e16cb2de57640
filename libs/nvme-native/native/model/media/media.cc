#include "media.h"

#include <algorithm>
#include <cstring>

#include "core/random.h"

namespace assay::model {
namespace {

// Of the reclaim map: up to here it is cheaper to clear them than to give the pages back.
constexpr size_t kFewUnits = 32 * 1024;

}  // namespace

Media::Media(DriveFile* file, uint32_t nsid)
    : file_(file), header_(&file->header()), nsid_(nsid), record_(&header_->namespaces[nsid - 1]) {
  Reload();
}

void Media::Reload() {
  const uint64_t unit = record_->start_bytes / kSmallestLba;
  const uint64_t ring = nsid_ - 1;
  const LbaFormat& format = kLbaFormats[record_->lba_format];
  media_ = file_->At(header_->media_offset) + record_->start_bytes;
  flags_ = file_->At(header_->flags_offset) + unit;
  index_ = reinterpret_cast<uint32_t*>(file_->At(header_->index_offset)) + unit;
  metadata_ = file_->At(header_->metadata_offset) + unit * kMetadataBytesPerUnit;
  undo_ = reinterpret_cast<UndoRecord*>(file_->At(header_->undo_records_offset)) + ring * (header_->undo_bytes / kSmallestLba);
  undo_data_ = file_->At(header_->undo_data_offset) + ring * header_->undo_bytes;
  undo_metadata_ = file_->At(header_->undo_metadata_offset) + ring * (header_->undo_bytes / kSmallestLba) * kMetadataBytesPerUnit;
  lba_bytes_ = format.lba_bytes;
  metadata_bytes_ = format.metadata_bytes;
  lba_count_ = record_->lba_count;
  undo_mask_ = header_->undo_bytes / lba_bytes_ - 1;
}

bool Media::AnyUncorrectable(uint64_t slba, uint64_t count) const {
  for (uint64_t i = 0; i < count; i++) {
    if (flags_[slba + i] & kSectorUncorrectable) return true;
  }
  return false;
}

UndoRecord* Media::FindAt(uint32_t low, uint64_t lba) {
  if (low == 0) return nullptr;
  UndoRecord& record = undo_[(low - 1) & undo_mask_];
  const bool current = record.valid && record.lba == lba && static_cast<uint32_t>(record.sequence) == low && record.sequence > record_->undo_tail;
  return current ? &record : nullptr;
}

void Media::Remember(uint64_t lba) {
  uint64_t sequence = record_->undo_head + 1;
  // The index keeps 32 bits and 0 means none; the place that is skipped must not look alive.
  if (static_cast<uint32_t>(sequence) == 0) {
    Undo(sequence).valid = 0;
    sequence++;
  }
  UndoRecord& record = Undo(sequence);
  const uint32_t command = static_cast<uint32_t>(header_->smart.io_commands);
  // A full cache destages its oldest command, all of it: what is atomic must not become durable by halves.
  if (sequence > undo_mask_ + 1 && record_->undo_tail < sequence - undo_mask_ - 1) {
    const uint32_t oldest = record.command;
    uint64_t tail = sequence - undo_mask_ - 1;
    while (tail < record_->undo_head && oldest != command && Undo(tail + 1).command == oldest) tail++;
    record_->undo_tail = tail;
  }
  record.valid = 0;
  record.lba = lba;
  record.flags = flags_[lba];
  record.previous = index_[lba];
  record.command = command;
  record.sequence = sequence;
  std::memcpy(UndoData(sequence), Sector(lba), lba_bytes_);
  std::memcpy(UndoMetadata(sequence), Metadata(lba), metadata_bytes_);
  std::atomic_signal_fence(std::memory_order_release);
  record.valid = 1;
  index_[lba] = static_cast<uint32_t>(sequence);
  record_->undo_head = sequence;
}

void Media::Store(uint64_t lba, const uint8_t* data, const uint8_t* metadata, uint8_t flags) {
  std::memcpy(Sector(lba), data, lba_bytes_);
  std::memcpy(Metadata(lba), metadata, metadata_bytes_);
  flags_[lba] = flags;
}

void Media::Write(uint64_t lba, const uint8_t* data, uint8_t flags, const uint8_t* metadata) {
  // What is behind a zone's write pointer is there: a zoned namespace writes through.
  if (record_->command_set != kZonedCommandSet) Remember(lba);
  auto keep = [](uint8_t* to, const uint8_t* from, uint32_t bytes) {
    if (from != nullptr) {
      std::memcpy(to, from, bytes);
    } else {
      std::memset(to, 0, bytes);
    }
  };
  keep(file_->scratch_data(), data, lba_bytes_);
  keep(file_->scratch_metadata(), metadata, metadata_bytes_);
  header_->scratch.flags = flags;
  header_->scratch.nsid = nsid_;
  header_->scratch.lba_plus_one.store(lba + 1, std::memory_order_release);
  Store(lba, file_->scratch_data(), file_->scratch_metadata(), flags);
  header_->scratch.lba_plus_one.store(0, std::memory_order_release);
}

void Media::FinishScratch() {
  const uint64_t lba_plus_one = header_->scratch.lba_plus_one.load(std::memory_order_acquire);
  if (lba_plus_one == 0 || header_->scratch.nsid != nsid_) return;
  if (lba_plus_one <= lba_count_) Store(lba_plus_one - 1, file_->scratch_data(), file_->scratch_metadata(), static_cast<uint8_t>(header_->scratch.flags));
  header_->scratch.lba_plus_one.store(0, std::memory_order_release);
}

void Media::ForgetPlacement(uint64_t slba, uint64_t count) {
  const std::span<uint16_t> map = file_->reclaim_map();
  if (map.empty()) return;
  const std::span<uint16_t> part = map.subspan((record_->start_bytes + slba * lba_bytes_) / kSmallestLba, count * lba_bytes_ / kSmallestLba);
  if (part.size() < kFewUnits) std::fill(part.begin(), part.end(), uint16_t{0});
  else file_->ZeroAt(reinterpret_cast<const uint8_t*>(part.data()), part.size_bytes());
}

void Media::Deallocate(uint64_t slba, uint64_t count) {
  ForgetPlacement(slba, count);
  if (count <= undo_mask_ / 4) {
    for (uint64_t i = 0; i < count; i++) Write(slba + i, nullptr, 0);
    return;
  }
  MakeDurable(slba, count);
  file_->ZeroAt(Sector(slba), count * lba_bytes_);
  file_->ZeroAt(Metadata(slba), count * metadata_bytes_);
  std::memset(flags_ + slba, 0, count);
}

void Media::MakeDurable(uint64_t slba, uint64_t count) {
  if (record_->undo_tail == record_->undo_head) return;
  for (uint64_t i = 0; i < count; i++) {
    UndoRecord* record = Find(slba + i);
    while (record != nullptr) {
      record->valid = 0;
      record = FindAt(record->previous, slba + i);
    }
  }
}

void Media::MakeAllDurable() { record_->undo_tail = record_->undo_head; }

void Media::Erase() {
  // Sequence numbers go on, so that records of the old size can never look alive.
  MakeAllDurable();
  index_of_sectors = nullptr;
  Reload();
  header_->nand.slc_used_bytes = 0;
  const uint64_t units = record_->bytes / kSmallestLba;
  file_->ZeroAt(media_, record_->bytes);
  ForgetPlacement();
  file_->ZeroAt(flags_, units);
  file_->ZeroAt(reinterpret_cast<uint8_t*>(index_), units * sizeof(uint32_t));
  file_->ZeroAt(metadata_, units * kMetadataBytesPerUnit);
  file_->Zero(header_->zones_offset + (nsid_ - 1) * kMaxZones * sizeof(ZoneRecord), kMaxZones * sizeof(ZoneRecord));
  file_->Zero(header_->zone_extensions_offset + (nsid_ - 1) * kMaxZones * kZoneExtensionBytes, kMaxZones * kZoneExtensionBytes);
}

// Metadata of all ones: an application tag that no check looks behind.
void Media::Fill(uint32_t pattern) {
  if (record_->command_set != kNvmCommandSet) return;
  for (uint64_t lba = 0; lba < lba_count_; lba++) {
    for (uint32_t at = 0; at < lba_bytes_; at += sizeof pattern) std::memcpy(Sector(lba) + at, &pattern, sizeof pattern);
    std::memset(Metadata(lba), 0xff, metadata_bytes_);
    flags_[lba] = kSectorWritten;
  }
}

const uint8_t* Media::Previous(uint64_t lba) {
  const UndoRecord* record = Find(lba);
  return record == nullptr ? nullptr : UndoData(record->sequence);
}

}  // namespace assay::model
