#include "reclaim_units.h"

#include <algorithm>
#include <iterator>

#include "model/media/lba_formats.h"

namespace assay::model {
namespace {

// An entry of the map: the number of the reclaim unit, 0 for none, and the LBA format above it.
constexpr uint32_t kFormatShift = 12;
constexpr uint32_t kNumberMask = (1u << kFormatShift) - 1;
static_assert(kMaxReclaimUnits <= kNumberMask);
// One stays free, so that what is moved has where to go.
constexpr uint32_t kReserved = 1;

uint16_t Entry(uint32_t number, uint32_t lba_format) { return static_cast<uint16_t>(number | lba_format << kFormatShift); }
uint32_t NumberOf(uint16_t entry) { return entry & kNumberMask; }
uint32_t BytesOf(uint16_t entry) { return BytesWithMetadata(entry >> kFormatShift); }

}  // namespace

uint32_t BytesWithMetadata(uint32_t lba_format) {
  const LbaFormat& format = kLbaFormats[std::min<size_t>(lba_format, std::size(kLbaFormats) - 1)];
  return format.lba_bytes + format.metadata_bytes;
}

void ReclaimUnits::Begin(uint64_t capacity_bytes) {
  r_.host_bytes = r_.media_bytes = r_.erased_bytes = 0;
  r_.unit_count = static_cast<uint32_t>(std::min<uint64_t>(ReclaimUnitsNeeded(Configuration(), capacity_bytes), kMaxReclaimUnits));
  std::fill(std::begin(r_.units), std::end(r_.units), ReclaimUnit{});
  for (auto& group : r_.open) std::fill(std::begin(group), std::end(group), OpenUnit{});
  for (auto& group : r_.relocating) std::fill(std::begin(group), std::end(group), 0u);
}

ReclaimUnit* ReclaimUnits::Unit(uint32_t number) const {
  return number == 0 || number > r_.unit_count || number > kMaxReclaimUnits ? nullptr : &r_.units[number - 1];
}

uint64_t ReclaimUnits::Available(uint32_t group, uint32_t handle) const {
  const ReclaimUnit* unit = Unit(r_.open[group][handle].number);
  return unit == nullptr ? UnitBytes() : UnitBytes() - std::min(unit->written, UnitBytes());
}

void ReclaimUnits::Renew(uint32_t group, uint32_t handle) {
  OpenUnit& open = r_.open[group][handle];
  if (ReclaimUnit* unit = Unit(open.number)) unit->state = kUnitClosed;
  open = {};
}

void ReclaimUnits::Write(uint32_t group, uint32_t handle, const PlacedBlocks& blocks, uint64_t now_s, const Moved& moved) {
  const uint32_t bytes = BytesWithMetadata(blocks.lba_format);
  r_.host_bytes += blocks.count * bytes;
  r_.media_bytes += blocks.count * bytes;
  uint64_t done = 0;
  while (done < blocks.count) {
    OpenUnit& open = r_.open[group][handle];
    if (Unit(open.number) == nullptr) open = {now_s, Take(group, handle, kReserved, moved), 0};
    ReclaimUnit* unit = Unit(open.number);
    if (unit == nullptr) return;
    const uint64_t fit = std::min(Available(group, handle) / bytes, blocks.count - done);
    for (uint64_t i = 0; i < fit; i++) {
      const uint64_t at = blocks.first + (done + i) * blocks.step;
      if (at < map_.size()) map_[at] = Entry(open.number, blocks.lba_format);
    }
    done += fit;
    unit->written += fit * bytes;
    if (Available(group, handle) < bytes) Renew(group, handle);
  }
}

uint32_t ReclaimUnits::FreeUnits() const {
  return static_cast<uint32_t>(std::count_if(r_.units, r_.units + r_.unit_count, [](const ReclaimUnit& unit) { return unit.state == kUnitFree; }));
}

uint32_t ReclaimUnits::Take(uint32_t group, uint32_t handle, uint32_t reserved, const Moved& moved) {
  if (reserved != 0 && FreeUnits() <= reserved) {
    std::vector<uint64_t> held = CountHeld();
    for (uint32_t tries = 0; FreeUnits() <= reserved && tries < r_.unit_count; tries++) {
      if (!Collect(&held, moved)) break;
    }
  }
  for (uint32_t number = 1; number <= r_.unit_count; number++) {
    ReclaimUnit& unit = r_.units[number - 1];
    if (unit.state != kUnitFree) continue;
    if (unit.used) r_.erased_bytes += UnitBytes();
    unit = {.written = 0, .group = static_cast<uint16_t>(group), .handle = static_cast<uint8_t>(handle), .state = kUnitOpen, .used = 1, .reserved = {}};
    return number;
  }
  return 0;
}

std::vector<uint64_t> ReclaimUnits::CountHeld() const {
  std::vector<uint64_t> held(kMaxReclaimUnits + 1);
  for (uint16_t entry : map_) {
    if (entry != 0) held[std::min(NumberOf(entry), kMaxReclaimUnits)] += BytesOf(entry);
  }
  return held;
}

uint32_t* ReclaimUnits::Destination(const ReclaimUnit& from) {
  const uint32_t group = from.group % kMaxReclaimGroups, handle = from.handle % kMaxReclaimUnitHandles;
  return &r_.relocating[group][Configuration().isolation[handle] == kPersistentlyIsolated ? 1 + handle : 0];
}

// Empties the reclaim unit with the least in it. False: there is none that could be.
bool ReclaimUnits::Collect(std::vector<uint64_t>* held, const Moved& moved) {
  uint32_t victim = 0;
  for (uint32_t number = 1; number <= r_.unit_count; number++) {
    const bool better = victim == 0 || (*held)[number] < (*held)[victim];
    if (r_.units[number - 1].state == kUnitClosed && better) victim = number;
  }
  if (victim == 0) return false;
  ReclaimUnit& from = r_.units[victim - 1];
  uint64_t blocks = 0;
  for (size_t at = 0; at < map_.size() && (*held)[victim] != 0; at++) {
    if (NumberOf(map_[at]) != victim) continue;
    const uint32_t bytes = BytesOf(map_[at]);
    uint32_t& to = *Destination(from);
    if (Unit(to) != nullptr && UnitBytes() - std::min(Unit(to)->written, UnitBytes()) < bytes) {
      Unit(to)->state = kUnitClosed;
      to = 0;
    }
    if (Unit(to) == nullptr) to = Take(from.group, from.handle, 0, moved);
    if (Unit(to) == nullptr) return false;
    Unit(to)->written += bytes;
    map_[at] = Entry(to, map_[at] >> kFormatShift);
    (*held)[to] += bytes;
    (*held)[victim] -= std::min<uint64_t>(bytes, (*held)[victim]);
    r_.media_bytes += bytes;
    blocks++;
  }
  from.state = kUnitFree;
  if (blocks != 0) moved(from, blocks);
  return true;
}

}  // namespace assay::model
