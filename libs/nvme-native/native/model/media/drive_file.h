// One software drive's file: created, locked, mapped. The holder's lock is an open-file-description lock on byte 0, the
// power switch takes byte 1; both vanish with their process.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/mapped_file.h"
#include "core/status.h"
#include "drive_layout.h"

namespace assay::model {

// A zone that is worn out from the beginning.
struct WornZone {
  uint32_t nsid;
  uint32_t index;
  ZoneState state;
};

struct DriveSpec {
  std::string model, serial, firmware;
  uint64_t capacity_bytes = 0;
  // nsid 1 and on; the records' places, sizes in LBAs and identifiers are filled in.
  std::vector<NamespaceRecord> namespaces;
  uint32_t max_namespaces = 4;
  std::vector<WornZone> worn_zones;
  uint64_t seed = 0;
  bool volatile_cache = false;
  uint64_t cache_bytes = 8 << 20;
  uint32_t max_qpairs = 16;
  uint32_t max_queue_entries = 1024;
  uint32_t mdts_bytes = 1 << 20;
  uint32_t ready_ms = 2;
  uint32_t format_ms = 0;
  bool weighted_round_robin = false;
  // Empty MSID: no security commands.
  std::string opal_msid, opal_psid;
  bool has_latency = false;
  uint32_t read_us = 0, write_us = 0, flush_us = 0, jitter_percent = 0;
  NandRecord nand{};
  uint32_t loss_policy = kAnyLoss;
  uint32_t awupf = 0;
  uint32_t awun = 0;
  std::vector<FaultRule> faults;
  // Empty: no Flexible Data Placement. `placement_enabled`: with which configuration it begins; -1: switched off.
  std::vector<PlacementConfiguration> placement;
  int32_t placement_enabled = -1;
  // Of each namespace; none: the controller chooses.
  std::vector<std::vector<uint16_t>> placement_handles;
};

// An attached namespace with that LBA size and no metadata.
NamespaceRecord PlainNamespace(uint64_t bytes, uint32_t lba_bytes);

// Makes a new file, powered on. kFile when it exists, cannot be made, or the file system has less free space than the
// drive could come to need.
Status CreateDrive(const std::string& path, const DriveSpec& spec);

class DriveFile {
 public:
  ~DriveFile();
  DriveFile(const DriveFile&) = delete;

  // Takes the holder's lock and finishes what a dead holder left in the middle. kOpen, kLocked, kFile.
  static Status OpenAsHolder(const std::string& path, std::unique_ptr<DriveFile>* out);
  // Takes the power switch's lock (waits for another switch). kOpen, kFile.
  static Status OpenAsSwitch(const std::string& path, std::unique_ptr<DriveFile>* out);

  DriveHeader& header() { return *reinterpret_cast<DriveHeader*>(map_); }
  const DriveHeader& header() const { return *reinterpret_cast<const DriveHeader*>(map_); }
  uint8_t* At(uint64_t offset) { return map_ + offset; }
  uint8_t* scratch_data() { return map_ + kScratchDataOffset; }
  uint8_t* scratch_metadata() { return map_ + kScratchMetadataOffset; }
  // Null: the drive has no Flexible Data Placement.
  PlacementRecord* placement() { return header().placement_offset == 0 ? nullptr : reinterpret_cast<PlacementRecord*>(map_ + header().placement_offset); }
  std::span<uint16_t> reclaim_map() {
    if (header().placement_offset == 0) return {};
    return {reinterpret_cast<uint16_t*>(map_ + header().reclaim_map_offset), header().capacity_bytes / kSmallestLba};
  }
  // The file system had no room for a page of it, or somebody cut it short: what was written since may be lost, and nothing
  // of it counts. Any thread.
  bool Broken() const { return file_->Broken(); }
  const std::string& path() const { return path_; }
  // Once, when nothing works on it any more: gives back the holder's lock, the descriptor and the memory; the mapping stays
  // for those who still look at its header.
  void ReleaseHold();
  // True while some open file description holds the holder's lock.
  bool HasHolder() const;
  // Gives the pages of a range back and reads it as zeroes from now on.
  void Zero(uint64_t offset, uint64_t bytes);
  void ZeroAt(const uint8_t* at, uint64_t bytes) { Zero(static_cast<uint64_t>(at - map_), bytes); }

 private:
  DriveFile(std::string path, int fd, std::unique_ptr<MappedFile> file) : path_(std::move(path)), fd_(fd), file_(std::move(file)), map_(file_->data()) {}
  static Status Map(const std::string& path, std::unique_ptr<DriveFile>* out);

  std::string path_;
  int fd_;
  std::unique_ptr<MappedFile> file_;
  uint8_t* map_;
};

}  // namespace assay::model
