#include "drive_check.h"

#include <bit>
#include <cmath>
#include <iterator>

#include "model/faults/fault_kinds.h"
#include "nand.h"
#include "lba_formats.h"

namespace assay::model {
namespace {

constexpr uint64_t kMaxUndoBytes = uint64_t{1} << 40;
constexpr uint32_t kMaxQpairs = 1024;
constexpr uint32_t kMaxQueueEntries = 65'536;
constexpr uint32_t kMinMdtsBytes = 4096, kMaxMdtsBytes = 1 << 20;

struct Area {
  const char* name;
  uint64_t offset, bytes;
};

// Each behind the one before, all inside the file. Sizes were bounded before, so that nothing overflows.
std::string WrongAreas(const DriveHeader& h, uint64_t file_bytes) {
  const uint64_t units = h.capacity_bytes / kSmallestLba;
  const uint64_t undo_units = h.undo_bytes / kSmallestLba * h.max_namespaces;
  const Area areas[] = {
      {"flags", h.flags_offset, units},
      {"undo index", h.index_offset, units * sizeof(uint32_t)},
      {"metadata", h.metadata_offset, units * kMetadataBytesPerUnit},
      {"zones", h.zones_offset, h.max_namespaces * kMaxZones * sizeof(ZoneRecord)},
      {"zone extensions", h.zone_extensions_offset, uint64_t{h.max_namespaces} * kMaxZones * kZoneExtensionBytes},
      {"undo records", h.undo_records_offset, undo_units * sizeof(UndoRecord)},
      {"undo data", h.undo_data_offset, undo_units * kSmallestLba},
      {"undo metadata", h.undo_metadata_offset, undo_units * kMetadataBytesPerUnit},
      {"data placement", h.placement_offset, h.placement_offset == 0 ? 0 : sizeof(PlacementRecord)},
      {"reclaim map", h.reclaim_map_offset, h.placement_offset == 0 ? 0 : units * sizeof(uint16_t)},
      {"media", h.media_offset, h.capacity_bytes},
  };
  uint64_t free_from = kHeaderBytes;
  for (const Area& area : areas) {
    if (area.bytes == 0) continue;
    if (area.offset < free_from || area.offset > file_bytes || area.bytes > file_bytes - area.offset || area.offset % kLargestLba != 0) {
      return std::string("has no place for its ") + area.name;
    }
    free_from = area.offset + area.bytes;
  }
  return "";
}

std::string WrongFaults(const DriveHeader& h) {
  if (h.fault_count > kMaxFaults) return "has more faults than fit";
  for (uint32_t i = 0; i < h.fault_count; i++) {
    const uint32_t kind = static_cast<uint32_t>(h.faults[i].kind);
    if (kind == 0 || kind > std::size(kFaultKinds)) return "has a fault of no known kind";
    if (h.faults[i].every_nth == 0) return "has a fault that acts on every 0th candidate";
  }
  return "";
}

bool PossibleValues(const NamespaceRecord& ns) {
  const bool key = ns.max_key_bytes >= 1 && ns.max_key_bytes <= kMaxKeyBytes;
  const bool value = ns.max_value_bytes >= 1 && ns.max_value_bytes <= kMaxValueBytes;
  return key && value && ns.bytes <= kMaxKeyValueBytes && ns.lba_format == 0 && ns.pi_type == 0;
}

std::string WrongNamespaces(const DriveHeader& h) {
  for (uint32_t i = 0; i < kMaxNamespaces; i++) {
    const NamespaceRecord& ns = h.namespaces[i];
    const std::string name = "namespace " + std::to_string(i + 1);
    if (ns.undo_tail > ns.undo_head || ns.undo_head - ns.undo_tail > h.undo_bytes / kSmallestLba) return "has no possible cache content of " + name;
    if (ns.bytes == 0) continue;
    if (i >= h.max_namespaces) return "has more namespaces than it can have";
    const bool placed = ns.bytes <= h.capacity_bytes && ns.start_bytes <= h.capacity_bytes - ns.bytes;
    if (!placed || (ns.start_bytes | ns.bytes) % kNamespaceGranularity != 0) return "has no place for " + name;
    if (ns.lba_format >= kLbaFormatCount) return "has no such LBA format as that of " + name;
    const LbaFormat& format = kLbaFormats[ns.lba_format];
    if (ns.lba_count == 0 || ns.lba_count > ns.bytes / format.lba_bytes) return "has no possible size of " + name;
    if (ns.pi_type > 3 || (ns.pi_type != 0 && format.metadata_bytes < TupleBytes(format.guard))) return "has no possible protection of " + name;
    if (ns.command_set == kNvmCommandSet) continue;
    if (ns.command_set == kKeyValueCommandSet) {
      if (!PossibleValues(ns)) return "has no possible keys or values of " + name;
      continue;
    }
    const bool zones = ns.command_set == kZonedCommandSet && ns.zone_lbas != 0 && ns.lba_count % ns.zone_lbas == 0;
    if (!zones || ns.lba_count / ns.zone_lbas > kMaxZones || ns.zone_capacity > ns.zone_lbas || ns.zone_extension_units > kMaxZoneExtensionUnits) return "has no possible zones of " + name;
  }
  return "";
}

std::string WrongOpal(const OpalRecord& opal) {
  const auto wrong = [](const OpalPin& pin) { return pin.bytes > kPinBytes; };
  bool pins = wrong(opal.msid) || wrong(opal.psid) || wrong(opal.sid);
  for (const OpalPin& pin : opal.admins) pins = pins || wrong(pin);
  for (const OpalPin& pin : opal.users) pins = pins || wrong(pin);
  if (pins) return "has a PIN of no possible length";
  for (const OpalRange& range : opal.ranges) {
    if (range.lba_count > kMaxCapacityBytes || (range.lba_count != 0 && range.start > kMaxCapacityBytes)) return "has no place for a locking range";
  }
  return "";
}

std::string WrongReservations(const DriveHeader& h) {
  for (const ReservationRecord& record : h.reservations) {
    if (record.type > kExclusiveAccessAll || record.persists > 1) return "has no possible reservation";
  }
  return "";
}

}  // namespace

std::string WhatIsWrong(const DriveHeader& h, uint64_t file_bytes) {
  if (h.header_bytes != kHeaderBytes) return "has a header of another size";
  if (h.file_bytes > file_bytes || h.file_bytes < kHeaderBytes) return "is cut short";
  if (h.capacity_bytes < kLargestLba || h.capacity_bytes > kMaxCapacityBytes || h.capacity_bytes % kLargestLba != 0) return "has no possible capacity";
  if (!std::has_single_bit(h.undo_bytes) || h.undo_bytes < kLargestLba || h.undo_bytes > kMaxUndoBytes) return "has no possible cache";
  if (h.max_namespaces < 1 || h.max_namespaces > kMaxNamespaces) return "has no possible number of namespaces";
  if (std::string wrong = WrongAreas(h, h.file_bytes); !wrong.empty()) return wrong;
  if (h.max_qpairs < 1 || h.max_qpairs > kMaxQpairs) return "has no possible number of queue pairs";
  if (h.max_queue_entries < 2 || h.max_queue_entries > kMaxQueueEntries) return "has no possible queue size";
  if (h.mdts_bytes < kMinMdtsBytes || h.mdts_bytes > kMaxMdtsBytes || !std::has_single_bit(h.mdts_bytes)) return "has no possible transfer size";
  if (h.power.load() > kPowerChanging) return "has no possible power state";
  if (std::string wrong = WrongNamespaces(h); !wrong.empty()) return wrong;
  if (h.firmware_slots.active > kFirmwareSlots || h.firmware_slots.pending > kFirmwareSlots) return "has no possible firmware slot";
  if (h.loss_policy > kTorn) return "has no known policy of power loss";
  const NandRecord& n = h.nand;
  const bool finite = std::isfinite(n.ambient_c) && std::isfinite(n.throttle_c) && std::isfinite(n.degrees_per_gib) && std::isfinite(n.cool_s) && std::isfinite(n.heat_c);
  if (n.dies > kMaxDies || !finite) return "has no possible NAND";
  if (std::string wrong = WrongOpal(h.opal); !wrong.empty()) return wrong;
  if (std::string wrong = WrongReservations(h); !wrong.empty()) return wrong;
  return WrongFaults(h);
}

std::string WhatIsWrong(const PlacementRecord& r, uint64_t capacity_bytes) {
  if (r.configuration_count == 0 || r.configuration_count > kMaxPlacementConfigurations) return "has no possible number of placement configurations";
  for (uint32_t i = 0; i < r.configuration_count; i++) {
    const PlacementConfiguration& c = r.configurations[i];
    const bool shape = c.groups >= 1 && c.groups <= kMaxReclaimGroups && c.handles >= 1 && c.handles <= kMaxReclaimUnitHandles;
    const bool named = c.group_bits <= kMaxReclaimGroupBits && (c.groups == 1 || c.groups <= 1u << c.group_bits);
    if (!shape || !named || c.unit_bytes < kMinReclaimUnitBytes || c.unit_bytes > kMaxCapacityBytes) return "has no possible placement configuration";
    if (ReclaimUnitsNeeded(c, capacity_bytes) > kMaxReclaimUnits) return "has more reclaim units than it can have";
  }
  if (r.index >= r.configuration_count || r.unit_count > kMaxReclaimUnits) return "has no possible data placement";
  return "";
}

}  // namespace assay::model
