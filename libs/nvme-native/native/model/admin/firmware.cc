#include "firmware.h"

#include <cstring>

#include "core/nvme_spec.h"

namespace assay::model {
namespace {

constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kInvalidSlot = MakeStatus(1, 0x06, true);
constexpr uint16_t kInvalidImage = MakeStatus(1, 0x07, true);
constexpr uint16_t kOverlappingRange = MakeStatus(1, 0x14, true);
constexpr size_t kMaxPieces = 4096;
constexpr size_t kRevisionBytes = 8;

enum CommitAction : uint32_t { kStore = 0, kStoreAndActivateAtReset = 1, kActivateAtReset = 2, kActivateNow = 3 };

bool Empty(const char* revision) { return revision[0] == 0; }

// The first slot holds what the drive was made with until something else is put there.
const char* RevisionOf(const DriveHeader& header, uint32_t slot) {
  const char* revision = header.firmware_slots.revisions[slot - 1];
  return slot == 1 && Empty(revision) && header.firmware_slots.active == 0 ? header.firmware : revision;
}

}  // namespace

uint16_t Firmware::Place(uint64_t offset, uint64_t bytes, uint8_t** to) {
  if (offset + bytes > kMaxImageBytes || pieces_.size() == kMaxPieces) return kInvalidField;
  // A new image begins at its beginning; another piece over one that is there is a mistake.
  for (const Piece& piece : pieces_) {
    if (offset < piece.end && piece.begin < offset + bytes) {
      Forget();
      return kOverlappingRange;
    }
  }
  pieces_.push_back({offset, offset + bytes});
  if (image_.size() < offset + bytes) image_.resize(offset + bytes);
  *to = image_.data() + offset;
  return 0;
}

void Firmware::Forget() {
  image_.clear();
  pieces_.clear();
}

uint16_t Firmware::Commit(uint32_t slot, uint32_t action) {
  FirmwareSlots& slots = header_->firmware_slots;
  if (slot > kFirmwareSlots) return kInvalidSlot;
  if (action > kActivateNow) return kInvalidField;
  if (slots.active == 0) {
    // The first commit ever: what the drive was made with is in slot 1 and active.
    std::memcpy(slots.revisions[0], header_->firmware, kRevisionBytes);
    slots.active = 1;
  }
  // Slot 0 leaves the choice to the drive: one that is not active.
  if (slot == 0) slot = action == kActivateAtReset ? slots.active : slots.active % kFirmwareSlots + 1;
  const bool stores = action == kStore || action == kStoreAndActivateAtReset || (action == kActivateNow && !pieces_.empty());
  if (stores) {
    uint64_t bytes = 0;
    for (const Piece& piece : pieces_) bytes += piece.end - piece.begin;
    const bool whole = bytes == image_.size() && bytes >= sizeof kImageMagic + kRevisionBytes;
    const bool ours = whole && std::memcmp(image_.data(), kImageMagic, sizeof kImageMagic) == 0 && image_[sizeof kImageMagic] > ' ';
    if (!ours) {
      Forget();
      return kInvalidImage;
    }
    std::memcpy(slots.revisions[slot - 1], image_.data() + sizeof kImageMagic, kRevisionBytes);
    Forget();
  }
  if (Empty(slots.revisions[slot - 1])) return kInvalidSlot;
  if (action == kActivateNow) Use(slot);
  else if (action != kStore) slots.pending = slot;
  return 0;
}

void Firmware::Use(uint32_t slot) {
  std::memcpy(header_->firmware, header_->firmware_slots.revisions[slot - 1], kRevisionBytes);
  header_->firmware_slots.active = slot;
  header_->firmware_slots.pending = 0;
}

bool Firmware::Activate(bool fails) {
  const uint32_t slot = header_->firmware_slots.pending;
  header_->firmware_slots.pending = 0;
  if (fails) return false;
  Use(slot);
  return true;
}

void FillFirmwareLog(const DriveHeader& header, uint8_t* page) {
  const FirmwareSlots& slots = header.firmware_slots;
  page[0] = static_cast<uint8_t>((slots.active == 0 ? 1 : slots.active) | slots.pending << 4);
  for (uint32_t slot = 1; slot <= kFirmwareSlots; slot++) std::memcpy(page + 8 * slot, RevisionOf(header, slot), kRevisionBytes);
}

}  // namespace assay::model
