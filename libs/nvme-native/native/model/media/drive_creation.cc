// A drive's file is made: what its spec says, in the places of its layout.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "drive_file.h"
#include "model/tcg/opal.h"
#include "model/placement/placement.h"

namespace assay::model {
namespace {

uint64_t RoundUp(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

void Layout(const DriveSpec& spec, DriveHeader* h) {
  const uint64_t units = spec.capacity_bytes / kSmallestLba;
  const uint64_t undo_bytes = std::bit_ceil(std::max<uint64_t>(spec.cache_bytes, 64 * kLargestLba));
  const uint64_t undo_units = undo_bytes / kSmallestLba * spec.max_namespaces;
  h->capacity_bytes = spec.capacity_bytes;
  h->undo_bytes = undo_bytes;
  uint64_t at = kHeaderBytes;
  auto place = [&](uint64_t bytes) {
    const uint64_t offset = at;
    at += RoundUp(bytes, 4096);
    return offset;
  };
  h->flags_offset = place(units);
  h->index_offset = place(units * sizeof(uint32_t));
  h->metadata_offset = place(units * kMetadataBytesPerUnit);
  h->zones_offset = place(uint64_t{spec.max_namespaces} * kMaxZones * sizeof(ZoneRecord));
  h->zone_extensions_offset = place(uint64_t{spec.max_namespaces} * kMaxZones * kZoneExtensionBytes);
  h->undo_records_offset = place(undo_units * sizeof(UndoRecord));
  h->undo_data_offset = place(undo_units * kSmallestLba);
  h->undo_metadata_offset = place(undo_units * kMetadataBytesPerUnit);
  if (!spec.placement.empty()) {
    h->placement_offset = place(sizeof(PlacementRecord));
    h->reclaim_map_offset = place(units * sizeof(uint16_t));
  }
  h->media_offset = at;
  h->file_bytes = h->media_offset + spec.capacity_bytes;
}

// The namespaces follow one another.
void PlaceNamespaces(const DriveSpec& spec, DriveHeader* h) {
  uint64_t at = 0;
  h->max_namespaces = spec.max_namespaces;
  for (size_t i = 0; i < spec.namespaces.size(); i++) {
    NamespaceRecord& record = h->namespaces[i];
    record = spec.namespaces[i];
    record.start_bytes = at;
    record.lba_count = record.bytes / kLbaFormats[record.lba_format].lba_bytes;
    if (record.zone_lbas != 0) record.lba_count -= record.lba_count % record.zone_lbas;
    at += record.bytes;
  }
}

// As Identify has texts.
void Pad(char* field, size_t bytes, const std::string& text) {
  std::memset(field, ' ', bytes);
  std::memcpy(field, text.data(), std::min(bytes, text.size()));
}

void Describe(const DriveSpec& spec, DriveHeader* h) {
  h->version = kDriveVersion;
  h->header_bytes = kHeaderBytes;
  h->volatile_cache = spec.volatile_cache;
  Pad(h->model, sizeof h->model, spec.model);
  Pad(h->serial, sizeof h->serial, spec.serial);
  Pad(h->firmware, sizeof h->firmware, spec.firmware);
  h->seed = spec.seed;
  h->max_qpairs = spec.max_qpairs;
  h->max_queue_entries = spec.max_queue_entries;
  h->mdts_bytes = spec.mdts_bytes;
  h->ready_ms = spec.ready_ms;
  h->format_ms = spec.format_ms;
  h->weighted_round_robin = spec.weighted_round_robin;
  if (!spec.opal_msid.empty()) MakeOpal(spec.opal_msid, spec.opal_psid, &h->opal);
  h->has_latency = spec.has_latency;
  h->read_us = spec.read_us;
  h->write_us = spec.write_us;
  h->flush_us = spec.flush_us;
  h->jitter_percent = spec.jitter_percent;
  h->nand = spec.nand;
  h->loss_policy = spec.loss_policy;
  h->awupf = spec.awupf;
  h->awun = spec.awun;
  h->fault_count = static_cast<uint32_t>(std::min<size_t>(spec.faults.size(), kMaxFaults));
  for (uint32_t i = 0; i < h->fault_count; i++) h->faults[i] = spec.faults[i];
  h->power = kPowerOn;
  h->clean = 1;
  h->smart.power_cycles = 1;
  h->smart.powered_since_ns = RealtimeNs();
}

bool WriteAt(int fd, const void* from, size_t bytes, uint64_t at) {
  return pwrite(fd, from, bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes);
}

bool WriteWornZones(int fd, const DriveSpec& spec, const DriveHeader& h) {
  for (const WornZone& worn : spec.worn_zones) {
    const ZoneRecord record{.written = 0, .state = worn.state, .attributes = 0};
    const uint64_t at = h.zones_offset + (uint64_t{worn.nsid - 1} * kMaxZones + worn.index) * sizeof record;
    if (!WriteAt(fd, &record, sizeof record, at)) return false;
  }
  return true;
}

// False: its namespaces cannot have those placement handles.
bool MakePlacement(const DriveSpec& spec, DriveHeader* h, PlacementRecord* record) {
  record->configuration_count = static_cast<uint32_t>(std::min<size_t>(spec.placement.size(), kMaxPlacementConfigurations));
  std::copy_n(spec.placement.begin(), record->configuration_count, record->configurations);
  if (spec.placement_enabled < 0) return true;
  const auto index = static_cast<uint32_t>(spec.placement_enabled);
  Placement placement(record, {});
  placement.Enable(true, index, spec.capacity_bytes);
  h->saved_features[kPlacementFeature] = PlacementFeatureValue(*record);
  h->has_saved_feature[kPlacementFeature] = 1;
  for (size_t i = 0; i < spec.placement_handles.size(); i++) {
    const std::vector<uint16_t>& list = spec.placement_handles[i];
    PlacementHandles handles;
    if (placement.ChooseHandles(list.data(), static_cast<uint32_t>(list.size()), h->namespaces[i].lba_format, h->namespaces, &handles) != 0) return false;
    record->namespaces[i] = handles;
  }
  return true;
}

// Empty, or why it cannot be made.
std::string Fill(int fd, const DriveSpec& spec) {
  auto header = std::make_unique<DriveHeader>();
  DriveHeader* h = header.get();
  Layout(spec, h);
  PlaceNamespaces(spec, h);
  Describe(spec, h);
  auto placement = std::make_unique<PlacementRecord>();
  if (h->placement_offset != 0 && !MakePlacement(spec, h, placement.get())) return "its namespaces cannot have these placement handles";
  struct statvfs fs;
  if (fstatvfs(fd, &fs) == 0 && fs.f_bavail * fs.f_frsize < h->file_bytes) {
    return "the drive can come to need " + std::to_string(h->file_bytes) + " bytes, the file system has " +
           std::to_string(fs.f_bavail * fs.f_frsize) + " free";
  }
  if (ftruncate(fd, static_cast<off_t>(h->file_bytes)) != 0) return std::strerror(errno);
  if (!WriteWornZones(fd, spec, *h)) return std::strerror(errno);
  if (h->placement_offset != 0 && !WriteAt(fd, placement.get(), sizeof *placement, h->placement_offset)) return std::strerror(errno);
  if (posix_fallocate(fd, 0, static_cast<off_t>(kHeaderBytes)) != 0) return "no space for the header";
  if (!WriteAt(fd, h, sizeof *h, 0)) return std::strerror(errno);
  // The magic goes in last, so that a half-made file is no drive.
  if (!WriteAt(fd, kDriveMagic, sizeof kDriveMagic, 0)) return std::strerror(errno);
  if (fsync(fd) != 0) return std::strerror(errno);
  return "";
}

}  // namespace

NamespaceRecord PlainNamespace(uint64_t bytes, uint32_t lba_bytes) {
  NamespaceRecord ns{};
  ns.bytes = bytes;
  ns.lba_format = lba_bytes == kSmallestLba ? 0 : 1;
  ns.attached = 1;
  return ns;
}

Status CreateDrive(const std::string& path, const DriveSpec& spec) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return Status::Error(Code::kFile, "cannot create " + path + ": " + std::strerror(errno));
  const std::string why = Fill(fd, spec);
  close(fd);
  if (why.empty()) return Status::Ok();
  unlink(path.c_str());
  return Status::Error(Code::kFile, "cannot create " + path + ": " + why);
}

}  // namespace assay::model
