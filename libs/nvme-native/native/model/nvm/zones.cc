#include "zones.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/statuses.h"

namespace assay::model {
namespace {

constexpr uint64_t kSmallestZoneBytes = 256 * 1024;
constexpr uint32_t kMadeMaxOpen = 8;
constexpr uint32_t kMadeMaxActive = 12;

}  // namespace

bool ZoneLayout(NamespaceRecord* ns) {
  const uint64_t lba_bytes = kLbaFormats[ns->lba_format].lba_bytes;
  const uint64_t zone_bytes = std::max(kSmallestZoneBytes, std::bit_ceil((ns->lba_count * lba_bytes + kMaxZones - 1) / kMaxZones));
  ns->zone_lbas = ns->zone_capacity = zone_bytes / lba_bytes;
  ns->max_open = kMadeMaxOpen;
  ns->max_active = kMadeMaxActive;
  return ns->lba_count % ns->zone_lbas == 0;
}

Zones::Zones(DriveFile& file, Media& media)
    : media_(media),
      records_(reinterpret_cast<ZoneRecord*>(file.At(file.header().zones_offset)) + uint64_t{media.nsid() - 1} * kMaxZones),
      extensions_(file.At(file.header().zone_extensions_offset) + uint64_t{media.nsid() - 1} * kMaxZones * kZoneExtensionBytes),
      zone_lbas_(media.record().zone_lbas),
      capacity_(media.record().zone_capacity),
      extension_bytes_(media.record().zone_extension_units * kZoneExtensionUnit) {}

ZoneState Zones::State(uint64_t index) const {
  const uint32_t state = records_[index].state;
  return state == 0 ? kEmpty : static_cast<ZoneState>(state);
}

uint16_t Zones::MayRead(uint64_t slba, uint64_t lba_count) const {
  for (uint64_t index = IndexOf(slba); index <= IndexOf(slba + lba_count - 1); index++) {
    if (State(index) == kOffline) return status::kZoneOffline;
  }
  return 0;
}

uint16_t Zones::Forbids(uint64_t index) const {
  switch (State(index)) {
    case kFull: return status::kZoneFull;
    case kReadOnly: return status::kZoneReadOnly;
    case kOffline: return status::kZoneOffline;
    default: return 0;
  }
}

uint16_t Zones::MayWrite(uint64_t slba, uint64_t lba_count) {
  const uint64_t index = IndexOf(slba);
  if (const uint16_t status = Forbids(index)) return status;
  if (slba != Start(index) + records_[index].written) return status::kZoneInvalidWrite;
  if (lba_count > capacity_ - std::min(records_[index].written, capacity_)) return status::kZoneBoundary;
  if (Open(index)) return 0;
  if (const uint16_t status = TakeResources(index)) return status;
  Set(index, kImplicitlyOpen);
  return 0;
}

void Zones::Wrote(uint64_t slba, uint64_t lba_count) {
  ZoneRecord& zone = records_[IndexOf(slba)];
  zone.written += lba_count;
  if (zone.written == capacity_) zone.state = kFull;
}

uint16_t Zones::AppendPlace(uint64_t zslba, uint64_t lba_count, uint64_t* slba) const {
  const uint64_t index = IndexOf(zslba);
  if (zslba != Start(index)) return status::kInvalidField;
  if (const uint16_t status = Forbids(index)) return status;
  if (lba_count > capacity_ - std::min(records_[index].written, capacity_)) return status::kZoneBoundary;
  *slba = zslba + records_[index].written;
  return 0;
}

// A zone is about to be open. When too many are, one that was opened implicitly gives way (section 2.1.1.4).
uint16_t Zones::TakeResources(uint64_t index) {
  uint32_t open = 0;
  uint64_t gives_way = count();
  for (uint64_t i = 0; i < count(); i++) {
    if (Open(i)) open++;
    if (State(i) == kImplicitlyOpen && gives_way == count()) gives_way = i;
  }
  const NamespaceRecord& ns = media_.record();
  if (State(index) == kEmpty && NoMoreActive()) return status::kTooManyActive;
  if (ns.max_open != 0 && open >= ns.max_open) {
    if (gives_way == count()) return status::kTooManyOpen;
    Close(gives_way);
  }
  return 0;
}

// An empty zone has no extension.
void Zones::Close(uint64_t index) { Set(index, records_[index].written == 0 && !HasExtension(index) ? kEmpty : kClosed); }

void Zones::DropExtension(uint64_t index) {
  records_[index].attributes &= ~kZoneExtensionValid;
  std::memset(ExtensionPlace(index), 0, kZoneExtensionBytes);
}

uint16_t Zones::SetExtension(uint64_t index, const uint8_t* data) {
  if (State(index) != kEmpty) return status::kZoneTransition;
  if (NoMoreActive()) return status::kTooManyActive;
  // Valid last: the data of one that a power cut interrupted are nobody's.
  std::memcpy(ExtensionPlace(index), data, extension_bytes_);
  records_[index].attributes |= kZoneExtensionValid;
  Set(index, kClosed);
  return 0;
}

bool Zones::NoMoreActive() const {
  const uint32_t limit = media_.record().max_active;
  if (limit == 0) return false;
  uint32_t active = 0;
  for (uint64_t i = 0; i < count(); i++) active += Open(i) || State(i) == kClosed;
  return active >= limit;
}

uint16_t Zones::Act(uint64_t index, ZoneAction action) {
  const ZoneState state = State(index);
  const bool worn = state == kReadOnly || state == kOffline;
  switch (action) {
    case ZoneAction::kOpen:
      if (state == kExplicitlyOpen) return 0;
      if (worn || state == kFull) return status::kZoneTransition;
      if (state != kImplicitlyOpen) {
        if (const uint16_t status = TakeResources(index)) return status;
      }
      Set(index, kExplicitlyOpen);
      return 0;
    case ZoneAction::kClose:
      if (state == kClosed) return 0;
      if (!Open(index)) return status::kZoneTransition;
      Close(index);
      return 0;
    case ZoneAction::kFinish:
      if (worn) return status::kZoneTransition;
      Set(index, kFull);
      return 0;
    case ZoneAction::kReset:
      if (worn) return status::kZoneTransition;
      if (state == kEmpty) return 0;
      media_.Deallocate(Start(index), zone_lbas_);
      records_[index].written = 0;
      DropExtension(index);
      Set(index, kEmpty);
      return 0;
    case ZoneAction::kOffline:
      if (state == kOffline) return 0;
      if (state != kReadOnly) return status::kZoneTransition;
      Set(index, kOffline);
      return 0;
    case ZoneAction::kSetExtension: break;  // carries data
  }
  return status::kInvalidField;
}

uint16_t Zones::ActOnAll(ZoneAction action) {
  for (uint64_t index = 0; index < count(); index++) {
    const ZoneState state = State(index);
    const bool meant = action == ZoneAction::kOpen     ? state == kClosed
                       : action == ZoneAction::kClose  ? Open(index)
                       : action == ZoneAction::kFinish ? Open(index) || state == kClosed
                       : action == ZoneAction::kReset  ? Open(index) || state == kClosed || state == kFull
                                                       : state == kReadOnly;
    if (!meant) continue;
    if (const uint16_t status = Act(index, action)) return status;
  }
  return 0;
}

void Zones::CloseAll() {
  for (uint64_t index = 0; index < count(); index++) {
    if (Open(index)) Close(index);
  }
}

}  // namespace assay::model
