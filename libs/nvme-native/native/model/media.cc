#include "media.h"

#include <cstring>

#include "../core/random.h"

namespace assay::model {

Media::Media(DriveFile* file) : file_(file), header_(&file->header()) { Reload(); }

void Media::Reload() {
  media_ = file_->At(header_->media_offset);
  flags_ = file_->At(header_->flags_offset);
  index_ = reinterpret_cast<uint32_t*>(file_->At(header_->index_offset));
  undo_ = reinterpret_cast<UndoRecord*>(file_->At(header_->undo_records_offset));
  undo_data_ = file_->At(header_->undo_data_offset);
  lba_bytes_ = header_->lba_bytes;
  lba_count_ = header_->capacity_bytes / lba_bytes_;
  undo_mask_ = header_->undo_bytes / lba_bytes_ - 1;
}

bool Media::AnyUncorrectable(uint64_t slba, uint64_t count) const {
  for (uint64_t i = 0; i < count; i++) {
    if (flags_[slba + i] & kSectorUncorrectable) return true;
  }
  return false;
}

UndoRecord* Media::Find(uint64_t lba) {
  const uint32_t low = index_[lba];
  if (low == 0) return nullptr;
  UndoRecord& record = undo_[(low - 1) & undo_mask_];
  const bool current = record.valid && record.lba == lba && static_cast<uint32_t>(record.sequence) == low && record.sequence > header_->undo_tail;
  return current ? &record : nullptr;
}

void Media::Remember(uint64_t lba) {
  if (Find(lba) != nullptr) return;
  uint64_t sequence = header_->undo_head + 1;
  // The index keeps 32 bits and 0 means none; the place that is skipped must not look alive.
  if (static_cast<uint32_t>(sequence) == 0) {
    Undo(sequence).valid = 0;
    sequence++;
  }
  // A full cache destages its oldest sector.
  if (sequence > undo_mask_ + 1 && header_->undo_tail < sequence - undo_mask_ - 1) header_->undo_tail = sequence - undo_mask_ - 1;
  UndoRecord& record = Undo(sequence);
  record.valid = 0;
  record.lba = lba;
  record.flags = flags_[lba];
  record.sequence = sequence;
  std::memcpy(UndoData(sequence), Sector(lba), lba_bytes_);
  std::atomic_signal_fence(std::memory_order_release);
  record.valid = 1;
  index_[lba] = static_cast<uint32_t>(sequence);
  header_->undo_head = sequence;
}

void Media::Store(uint64_t lba, const uint8_t* data, uint8_t flags) {
  std::memcpy(Sector(lba), data, lba_bytes_);
  flags_[lba] = flags;
}

void Media::Write(uint64_t lba, const uint8_t* data, uint8_t flags) {
  Remember(lba);
  uint8_t* scratch = file_->scratch_data();
  if (data != nullptr) {
    std::memcpy(scratch, data, lba_bytes_);
  } else {
    std::memset(scratch, 0, lba_bytes_);
  }
  header_->scratch.flags = flags;
  header_->scratch.lba_plus_one.store(lba + 1, std::memory_order_release);
  Store(lba, scratch, flags);
  header_->scratch.lba_plus_one.store(0, std::memory_order_release);
}

void Media::FinishScratch() {
  const uint64_t lba_plus_one = header_->scratch.lba_plus_one.load(std::memory_order_acquire);
  if (lba_plus_one == 0) return;
  if (lba_plus_one <= lba_count_) Store(lba_plus_one - 1, file_->scratch_data(), static_cast<uint8_t>(header_->scratch.flags));
  header_->scratch.lba_plus_one.store(0, std::memory_order_release);
}

void Media::Deallocate(uint64_t slba, uint64_t count) {
  if (count <= undo_mask_ / 4) {
    for (uint64_t i = 0; i < count; i++) Write(slba + i, nullptr, 0);
    return;
  }
  MakeDurable(slba, count);
  file_->Zero(header_->media_offset + slba * lba_bytes_, count * lba_bytes_);
  std::memset(flags_ + slba, 0, count);
}

void Media::MakeDurable(uint64_t slba, uint64_t count) {
  if (header_->undo_tail == header_->undo_head) return;
  for (uint64_t i = 0; i < count; i++) {
    if (UndoRecord* record = Find(slba + i)) record->valid = 0;
  }
}

void Media::MakeAllDurable() { header_->undo_tail = header_->undo_head; }

void Media::Format(uint32_t lba_bytes) {
  MakeAllDurable();
  file_->Zero(header_->media_offset, header_->capacity_bytes);
  file_->Zero(header_->flags_offset, header_->undo_records_offset - header_->flags_offset);
  // Sequence numbers go on, so that records of the old size can never look alive.
  header_->lba_bytes = lba_bytes;
  Reload();
}

void Media::FlipBit(uint64_t lba, uint64_t random) {
  const uint64_t bit = random % (uint64_t{lba_bytes_} * 8);
  Sector(lba)[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
}

const uint8_t* Media::Previous(uint64_t lba) {
  const UndoRecord* record = Find(lba);
  return record == nullptr ? nullptr : UndoData(record->sequence);
}

uint64_t Media::LosePower(uint64_t seed) {
  FinishScratch();
  Random random(seed);
  // Some cuts lose everything, some nothing, most lose a random share, sector by sector.
  const uint64_t style = random.Below(4);
  const uint64_t lose_percent = style == 0 ? 100 : style == 1 ? 50 : random.Below(101);
  uint64_t lost = 0;
  for (uint64_t sequence = header_->undo_tail + 1; sequence <= header_->undo_head; sequence++) {
    UndoRecord& record = Undo(sequence);
    if (!record.valid || record.sequence != sequence || record.lba >= lba_count_) continue;
    if (random.Below(100) >= lose_percent) continue;
    Store(record.lba, UndoData(sequence), static_cast<uint8_t>(record.flags));
    lost++;
  }
  MakeAllDurable();
  return lost;
}

}  // namespace assay::model
