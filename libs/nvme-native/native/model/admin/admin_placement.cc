// Features 1Dh and 1Eh: Flexible Data Placement of the endurance group, and which of its events are kept (NVMe Base 2.1,
// 5.1.25.1.20 and 21).
#include <algorithm>
#include <iterator>

#include "admin_commands.h"
#include "log_pages.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kSaved = 2;  // SEL

bool Saves(const Sqe& sqe) { return sqe.cdw10 >> 31; }
uint32_t CountOf(const Sqe& sqe) { return sqe.cdw11 >> 16 & 0xff; }

}  // namespace

Device::Outcome AdminCommands::SetPlacement(const Sqe& sqe, uint32_t* value) {
  const bool enabled = sqe.cdw12 & kPlacementFeatureEnabled;
  const uint32_t index = sqe.cdw12 >> 8 & 0xff;
  Placement& placement = d_.placement_;
  if ((sqe.cdw11 & 0xffff) != kEnduranceGroup || !Saves(sqe)) return Fail(status::kInvalidField);
  if (enabled && index >= placement.record().configuration_count) return Fail(status::kInvalidField);
  const bool changes = enabled != placement.Enabled() || (enabled && index != placement.record().index);
  if (changes) {
    bool any = false;
    d_.namespaces_.ForEachAllocated([&](const Media&) { any = true; });
    if (any) return Fail(status::kSequenceError);
    const std::span<uint16_t> map = d_.file_->reclaim_map();
    d_.file_->ZeroAt(reinterpret_cast<const uint8_t*>(map.data()), map.size_bytes());
    placement.Enable(enabled, enabled ? index : 0, d_.header_->capacity_bytes);
  }
  *value = PlacementFeatureValue(placement.record());
  return {};
}

Device::Outcome AdminCommands::GetPlacement(const Sqe& sqe) {
  if ((sqe.cdw11 & 0xffff) != kEnduranceGroup) return Fail(status::kInvalidField);
  return Value(PlacementFeatureValue(d_.placement_.record()));
}

// The reclaim unit handle that a placement handle of the namespace stands for; a status without phase.
uint16_t AdminCommands::HandleOfEvents(const Sqe& sqe, uint32_t* handle) const {
  if (!d_.placement_.Enabled()) return status::kPlacementDisabled;
  if (d_.namespaces_.Active(sqe.nsid) == nullptr) return status::kInvalidNamespace;
  const uint32_t placement_handle = sqe.cdw11 & 0xffff;
  const PlacementHandles& ns = d_.placement_.Of(sqe.nsid);
  if (placement_handle >= std::min(ns.count, kMaxReclaimUnitHandles)) return status::kInvalidField;
  *handle = ns.handles[placement_handle] % kMaxReclaimUnitHandles;
  return 0;
}

Device::Outcome AdminCommands::SetPlacementEvents(const Sqe& sqe, uint32_t* value) {
  uint32_t handle = 0;
  if (const uint16_t status = HandleOfEvents(sqe, &handle)) return Fail(status);
  uint8_t types[UINT8_MAX];
  if (const uint16_t status = CountOf(sqe) == 0 ? 0 : Take(sqe, types, CountOf(sqe))) return Fail(status);
  uint32_t bits = 0;
  for (uint32_t i = 0; i < CountOf(sqe); i++) {
    const std::optional<uint32_t> bit = Placement::BitOf(types[i]);
    if (!bit) return Fail(status::kInvalidField);
    bits |= 1u << *bit;
  }
  PlacementRecord& r = d_.placement_.record();
  const bool enabled = sqe.cdw12 & 1;
  r.events[handle] = enabled ? r.events[handle] | bits : r.events[handle] & ~bits;
  if (Saves(sqe)) r.saved_events[handle] = enabled ? r.saved_events[handle] | bits : r.saved_events[handle] & ~bits;
  *value = 0;
  return {};
}

Device::Outcome AdminCommands::GetPlacementEvents(const Sqe& sqe) {
  uint32_t handle = 0;
  if (const uint16_t status = HandleOfEvents(sqe, &handle)) return Fail(status);
  const PlacementRecord& r = d_.placement_.record();
  const uint32_t enabled = (sqe.cdw10 >> 8 & 7) == kSaved ? r.saved_events[handle] : r.events[handle];
  uint8_t page[2 * std::size(kPlacementEvents)];
  for (uint32_t bit = 0; bit < std::size(kPlacementEvents); bit++) {
    page[2 * bit] = kPlacementEvents[bit];
    page[2 * bit + 1] = enabled >> bit & 1;
  }
  Device::Outcome outcome = sqe.prp1 == 0 ? Device::Outcome{} : Give(sqe, page, sizeof page);
  outcome.cdw0 = std::size(kPlacementEvents);
  return outcome;
}

}  // namespace assay::model
