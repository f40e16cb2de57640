// Sectors of one namespace of a software drive, with what a power cut may do to them (see drive_layout.h). Used by the
// holder's device thread, or by the power switch while the holder stands still; never by both at once.
#pragma once
#include <memory>

#include "drive_file.h"
#include "lba_formats.h"

namespace assay::model {

// What a command set has found out of the sectors of a namespace, to be found out again where it is missing.
struct SectorIndex {
  virtual ~SectorIndex() = default;
};

enum SectorFlags : uint8_t { kSectorWritten = 1, kSectorUncorrectable = 2 };

class Media {
 public:
  // `nsid` is allocated.
  Media(DriveFile* file, uint32_t nsid);

  NamespaceRecord& record() { return *record_; }
  const NamespaceRecord& record() const { return *record_; }
  uint32_t nsid() const { return nsid_; }
  uint64_t lba_count() const { return lba_count_; }
  uint32_t lba_bytes() const { return lba_bytes_; }
  uint32_t metadata_bytes() const { return metadata_bytes_; }
  const LbaFormat& format() const { return kLbaFormats[record_->lba_format]; }
  bool volatile_cache() const { return header_->volatile_cache != 0 && record_->command_set != kZonedCommandSet; }
  // After a format.
  void Reload();

  const uint8_t* Read(uint64_t lba) const { return media_ + lba * lba_bytes_; }
  const uint8_t* ReadMetadata(uint64_t lba) const { return metadata_ + lba * metadata_bytes_; }
  // False: never written since the format, or deallocated.
  bool Written(uint64_t lba) const { return (flags_[lba] & kSectorWritten) != 0; }
  bool AnyUncorrectable(uint64_t slba, uint64_t count) const;

  // Replaces one sector; survives the death of the process at any instruction. `data` or `metadata` null: zeroes.
  void Write(uint64_t lba, const uint8_t* data, uint8_t flags, const uint8_t* metadata = nullptr);
  // Zeroes a range; long ranges become durable at once.
  void Deallocate(uint64_t slba, uint64_t count);
  // From now on a power cut does not take this range back.
  void MakeDurable(uint64_t slba, uint64_t count);
  void MakeAllDurable();
  // A power cut leaves the sector as it is.
  bool Durable(uint64_t lba) { return Find(lba) == nullptr; }
  // So many sectors that are not durable fit; the oldest are destaged when there are more.
  uint64_t cache_sectors() const { return undo_mask_ + 1; }
  // Sectors of one command that a power cut leaves all old or all new; a value is stored as a whole or not at all.
  uint32_t atomic_sectors() const { return record_->command_set == kKeyValueCommandSet ? UINT32_MAX : header_->awupf + 1; }
  // Gone with what it was made of: Erase, and a power loss.
  std::unique_ptr<SectorIndex> index_of_sectors;
  // Whatever reclaim units hold of the range, or of all of it, nobody needs it any more.
  void ForgetPlacement(uint64_t slba, uint64_t count);
  void ForgetPlacement() { ForgetPlacement(0, record_->bytes / lba_bytes_); }
  // All sectors read zero, in the LBA format that the record names by now; zones are empty.
  void Erase();
  // Every sector was written with these four bytes over and over, and is durable. Not for zones and values.
  void Fill(uint32_t pattern);
  // For defects: the sector itself, behind everybody's back.
  uint8_t* Raw(uint64_t lba) { return Sector(lba); }
  // What the sector held before the newest write; null when the cache no longer has it.
  const uint8_t* Previous(uint64_t lba);

  // The sector can no longer be read.
  void Spoil(uint64_t lba) { flags_[lba] |= kSectorUncorrectable; }

  // Brings back older contents of sectors that are not durable, by the drive's policy and seeded dice. Returns how many
  // sectors lost a write.
  // A write of at most `atomic_lbas` is lost or kept as a whole.
  uint64_t LosePower(uint64_t seed, uint32_t atomic_lbas);
  // Completes the sector that a dying process left half written.
  void FinishScratch();

 private:
  // What the newest write that is not durable has replaced; null when there is none.
  UndoRecord* Find(uint64_t lba) { return FindAt(index_[lba], lba); }
  UndoRecord* FindAt(uint32_t low, uint64_t lba);
  uint32_t SectorsOfCommand(uint64_t sequence);
  void Remember(uint64_t lba);
  void Store(uint64_t lba, const uint8_t* data, const uint8_t* metadata, uint8_t flags);
  uint8_t* Sector(uint64_t lba) { return media_ + lba * lba_bytes_; }
  uint8_t* Metadata(uint64_t lba) { return metadata_ + lba * metadata_bytes_; }
  uint8_t* UndoData(uint64_t sequence) { return undo_data_ + ((sequence - 1) & undo_mask_) * lba_bytes_; }
  uint8_t* UndoMetadata(uint64_t sequence) { return undo_metadata_ + ((sequence - 1) & undo_mask_) * metadata_bytes_; }
  UndoRecord& Undo(uint64_t sequence) { return undo_[(sequence - 1) & undo_mask_]; }

  DriveFile* file_;
  DriveHeader* header_;
  uint32_t nsid_;
  NamespaceRecord* record_;
  uint8_t* media_;
  uint8_t* metadata_;
  uint8_t* flags_;
  uint32_t* index_;
  UndoRecord* undo_;
  uint8_t* undo_data_;
  uint8_t* undo_metadata_;
  uint64_t undo_mask_;
  uint64_t lba_count_;
  uint32_t lba_bytes_;
  uint32_t metadata_bytes_;
};

}  // namespace assay::model
