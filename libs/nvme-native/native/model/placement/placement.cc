#include "placement.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "model/statuses.h"

namespace assay::model {
namespace {

constexpr uint32_t kIdentifierBits = 16;
enum EventFlags : uint8_t { kIdentifierValid = 1, kNsidValid = 2, kLocationValid = 4 };

template <typename T>
void Store(uint8_t* event, size_t at, T value) {
  std::memcpy(event + at, &value, sizeof value);
}

uint32_t HandleBits(const PlacementConfiguration& c) { return kIdentifierBits - std::min(c.group_bits, kIdentifierBits); }

}  // namespace

void Placement::Enable(bool enabled, uint32_t index, uint64_t capacity_bytes) {
  r_->enabled = enabled;
  r_->index = index;
  Units().Begin(capacity_bytes);
  std::fill(std::begin(r_->events), std::end(r_->events), 0u);
  std::fill(std::begin(r_->saved_events), std::end(r_->saved_events), 0u);
  r_->host_events.noted = r_->controller_events.noted = 0;
}

uint8_t Placement::Usage(uint32_t handle) const {
  for (const PlacementHandles& ns : r_->namespaces) {
    const uint8_t* end = ns.handles + std::min(ns.count, kMaxReclaimUnitHandles);
    if (std::find(ns.handles, end, handle) != end) return ns.chosen_by_controller ? 2 : 1;
  }
  return 0;
}

uint16_t Placement::ChooseHandles(const uint16_t* list, uint32_t count, uint32_t lba_format, const NamespaceRecord* namespaces,
                                  PlacementHandles* out) const {
  *out = {};
  const uint32_t known = Configuration().handles;
  if (count > known) return status::kInvalidPlacementHandles;
  uint32_t chosen = 0;
  if (count == 0) {
    // All that leave it to the controller write to one handle.
    while (chosen < known && Usage(chosen) != 2) chosen++;
    if (chosen == known) {
      chosen = 0;
      while (chosen < known && Usage(chosen) != 0) chosen++;
    }
    if (chosen == known) return status::kInvalidPlacementHandles;
    out->chosen_by_controller = 1;
  }
  out->count = std::max(count, 1u);
  for (uint32_t i = 0; i < out->count; i++) {
    const uint32_t handle = count == 0 ? chosen : list[i];
    if (handle >= known || (count != 0 && Usage(handle) == 2)) return status::kInvalidPlacementHandles;
    if (std::find(out->handles, out->handles + i, handle) != out->handles + i) return status::kInvalidPlacementHandles;
    out->handles[i] = static_cast<uint8_t>(handle);
  }
  for (uint32_t nsid = 1; nsid <= kMaxNamespaces; nsid++) {
    const PlacementHandles& other = Of(nsid);
    const bool shares = std::find_first_of(out->handles, out->handles + out->count, other.handles, other.handles + std::min(other.count, kMaxReclaimUnitHandles)) != out->handles + out->count;
    if (shares && namespaces[nsid - 1].lba_format != lba_format) return status::kInvalidFormat;
  }
  return 0;
}

uint16_t Placement::MayHaveFormat(uint32_t nsid, uint32_t lba_format, const NamespaceRecord* namespaces) const {
  const PlacementHandles& mine = Of(nsid);
  for (uint32_t other = 1; other <= kMaxNamespaces; other++) {
    const PlacementHandles& theirs = Of(other);
    if (other == nsid || theirs.count == 0 || namespaces[other - 1].lba_format == lba_format) continue;
    const uint8_t* end = mine.handles + std::min(mine.count, kMaxReclaimUnitHandles);
    if (std::find_first_of(mine.handles, end, theirs.handles, theirs.handles + std::min(theirs.count, kMaxReclaimUnitHandles)) != end) return status::kInvalidFormat;
  }
  return 0;
}

std::optional<PlacementTarget> Placement::Find(uint32_t nsid, uint16_t identifier) const {
  const uint32_t bits = HandleBits(Configuration());
  // With one reclaim group its identifier is ignored.
  const uint32_t group = Configuration().groups == 1 ? 0 : uint32_t{identifier} >> bits;
  const uint32_t placement_handle = identifier & ((1u << bits) - 1);
  const PlacementHandles& ns = Of(nsid);
  if (group >= Configuration().groups || placement_handle >= std::min(ns.count, kMaxReclaimUnitHandles)) return std::nullopt;
  return PlacementTarget{group, placement_handle, std::min<uint32_t>(ns.handles[placement_handle], kMaxReclaimUnitHandles - 1)};
}

uint16_t Placement::Identifier(uint32_t group, uint32_t placement_handle) const {
  return static_cast<uint16_t>(group << HandleBits(Configuration()) | placement_handle);
}

uint64_t Placement::Available(const PlacementTarget& target) const { return Units().Available(target.group, target.handle); }

bool Placement::Overdue(const PlacementTarget& target, const PlacementTime& now) const {
  const OpenUnit& open = r_->open[target.group][target.handle];
  return Configuration().time_limit_s != 0 && open.number != 0 && now.seconds >= open.since_s + Configuration().time_limit_s;
}

uint32_t Placement::SecondsLeft(const PlacementTarget& target, const PlacementTime& now) const {
  const uint32_t limit = Configuration().time_limit_s;
  const OpenUnit& open = r_->open[target.group][target.handle];
  if (limit == 0 || open.number == 0 || now.seconds < open.since_s) return limit;
  // 0 would say that there is no limit.
  return static_cast<uint32_t>(limit - std::min<uint64_t>(now.seconds - open.since_s, limit - 1));
}

void Placement::Write(uint32_t nsid, std::optional<uint16_t> identifier, const PlacedBlocks& blocks, const PlacementTime& now) {
  std::optional<PlacementTarget> target = Find(nsid, identifier.value_or(0));
  const bool invalid = identifier && !target;
  if (!target) target = Find(nsid, 0);
  if (!target) return;
  if (invalid) Tell(kInvalidPlacementIdentifier, {identifier, nsid, target->group, target->handle}, now);
  if (Overdue(*target, now)) {
    Tell(kTimeLimitExceeded, {Identifier(target->group, target->placement_handle), nsid, target->group, target->handle}, now);
    Units().Renew(target->group, target->handle);
  }
  Units().Write(target->group, target->handle, blocks, now.seconds, [&](const ReclaimUnit& from, uint64_t moved) {
    const bool told = Configuration().isolation[from.handle % kMaxReclaimUnitHandles] == kInitiallyIsolated;
    if (told) Tell(kMediaReallocated, {std::nullopt, 0, from.group, from.handle}, now, moved);
  });
}

void Placement::Renew(uint32_t nsid, const PlacementTarget& target, const PlacementTime& now) {
  if (Units().Empty(target.group, target.handle)) return;
  Tell(kNotFullyWritten, {Identifier(target.group, target.placement_handle), nsid, target.group, target.handle}, now);
  Units().Renew(target.group, target.handle);
}

std::optional<uint32_t> Placement::BitOf(uint8_t event_type) {
  for (uint32_t bit = 0; bit < std::size(kPlacementEvents); bit++) {
    if (kPlacementEvents[bit] == event_type) return bit;
  }
  return std::nullopt;
}

void Placement::RestoreSaved() {
  if (r_ != nullptr) std::copy(std::begin(r_->saved_events), std::end(r_->saved_events), r_->events);
}

void Placement::Tell(PlacementEventType type, const EventPlace& place, const PlacementTime& now, uint64_t blocks) {
  if (!(r_->events[place.handle % kMaxReclaimUnitHandles] >> *BitOf(type) & 1)) return;
  PlacementEventList& list = type == kMediaReallocated ? r_->controller_events : r_->host_events;
  uint8_t* event = list.kept[list.noted++ % kKeptPlacementEvents];
  std::memset(event, 0, kPlacementEventBytes);
  event[0] = type;
  event[1] = static_cast<uint8_t>(kLocationValid | (place.identifier ? kIdentifierValid : 0) | (place.nsid != 0 ? kNsidValid : 0));
  if (place.identifier) Store(event, 2, *place.identifier);
  Store(event, 4, now.timestamp);
  Store(event, 12, place.nsid);
  // NVM Command Set 1.1, figure 112: how many logical blocks were moved, without naming one of them.
  if (type == kMediaReallocated) Store(event, 18, static_cast<uint16_t>(std::min<uint64_t>(blocks, UINT16_MAX)));
  Store(event, 32, static_cast<uint16_t>(place.group));
  Store(event, 34, static_cast<uint16_t>(place.handle));
}

}  // namespace assay::model
