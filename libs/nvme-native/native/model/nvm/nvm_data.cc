// Read, Write, Compare, Verify and Zone Append.
#include <algorithm>
#include <vector>

#include "nvm_commands.h"
#include "model/reply.h"
#include "zones.h"

namespace assay::model {
namespace {

constexpr uint32_t kStreams = 1, kDataPlacement = 2;  // directive types
constexpr uint32_t kDulbe = 1u << 16;  // of feature 05h: deallocated LBAs are errors
constexpr uint32_t kRemap = 1u << 25;  // PIREMAP (ZNS Command Set 1.1, 3.4.1.1)

// A contiguous buffer, MPTR; null when the host gave none.
uint8_t* MetadataPointer(const Sqe& sqe, uint64_t bytes) { return sqe.mptr == 0 || sqe.mptr % 4 != 0 ? nullptr : DmaPointer(sqe.mptr, bytes); }

uint32_t DirectiveType(const Sqe& sqe) { return sqe.cdw12 >> 20 & 15; }

}  // namespace

uint16_t NvmCommands::CheckDirective(const Sqe& sqe) const {
  const uint32_t type = DirectiveType(sqe);
  if (type == 0 || (type == kStreams && d_.streams_.Enabled(sqe.nsid))) return 0;
  if (type != kDataPlacement || !d_.placement_.Supported()) return status::kInvalidField;
  // With no directive enabled the field means nothing (NVMe Base 2.1, 8.1.8).
  return d_.placement_.Directed(sqe.nsid) || !d_.streams_.Enabled(sqe.nsid) ? 0 : status::kInvalidField;
}

uint16_t NvmCommands::Readable(const Media& media, uint64_t slba, uint64_t count) const {
  if (media.record().command_set == kZonedCommandSet) {
    if (const uint16_t status = Zones(d_.file(), const_cast<Media&>(media)).MayRead(slba, count)) return status;
  }
  if (media.AnyUncorrectable(slba, count)) return status::kUnrecoveredRead;
  if (d_.ErrorRecovery(media.nsid()) & kDulbe) {
    for (uint64_t i = 0; i < count; i++) {
      if (!media.Written(slba + i)) return status::kDeallocated;
    }
  }
  return 0;
}

uint16_t NvmCommands::CheckStored(const Sqe& sqe, const Media& media) const {
  const NamespaceProtection format = ProtectionFormatOf(media);
  if (format.type == 0) return 0;
  const ProtectionRequest request = ProtectionOf(format, sqe);
  for (uint64_t i = 0; i < LbasOf(sqe); i++) {
    const uint64_t lba = sqe.Slba() + i;
    // Deallocated sectors have tags of all ones (DLFEAT) and are not checked.
    if (!media.Written(lba)) continue;
    if (const uint16_t status = CheckProtection(format, request, i, media.Read(lba), media.ReadMetadata(lba))) return status;
  }
  return 0;
}

std::pair<uint64_t, uint64_t> NvmCommands::TornPart(const Media& media, uint64_t slba, uint64_t count) const {
  for (const Pending& pending : d_.pending_) {
    if (pending.wrote_nsid != media.nsid()) continue;
    const uint64_t from = std::max(slba, pending.wrote_slba), to = std::min(slba + count, pending.wrote_slba + pending.wrote_lbas);
    if (from + 1 < to && d_.faults_.TearsRead(slba, count, pending.wrote_lbas <= d_.NormalUnitLbas())) return {from + (to - from) / 2, to};
  }
  return {};
}

Device::Outcome NvmCommands::Read(const Sqe& sqe, Media& media) {
  const uint64_t count = LbasOf(sqe);
  const uint32_t lba_bytes = media.lba_bytes();
  Device::Outcome outcome;
  outcome.delay_ns = d_.ReadTimeNs(media, sqe.Slba(), count);
  d_.header_->smart.read_commands++;
  d_.header_->smart.sectors_read += count * lba_bytes / 512;
  outcome.status = Readable(media, sqe.Slba(), count);
  if (outcome.status != 0) return outcome;
  if (media.metadata_bytes() == 0) {
    const uint8_t* from = media.Read(sqe.Slba());
    std::vector<uint8_t> torn;
    const auto [first, end] = TornPart(media, sqe.Slba(), count);
    if (first != end) {
      torn.assign(from, from + count * lba_bytes);
      for (uint64_t lba = first; lba < end; lba++) {
        const uint8_t* before = media.Previous(lba);
        if (before != nullptr) std::memcpy(torn.data() + (lba - sqe.Slba()) * lba_bytes, before, lba_bytes);
      }
      from = torn.data();
    }
    const bool ok = ForEachRun(sqe, count * lba_bytes, [&](uint8_t* to, uint64_t bytes) {
      std::memcpy(to, from, bytes);
      from += bytes;
    });
    if (!ok) outcome.status = status::kInvalidPrp;
    return outcome;
  }
  outcome.status = CheckStored(sqe, media);
  if (outcome.status != 0) return outcome;
  const NamespaceProtection format = ProtectionFormatOf(media);
  const bool inside = MetadataStaysInside(media, ProtectionOf(format, sqe));
  const bool extended = media.record().extended && !inside;
  const uint32_t metadata_bytes = media.metadata_bytes();
  const uint32_t stride = lba_bytes + (extended ? metadata_bytes : 0);
  uint8_t* beside = extended || inside ? nullptr : MetadataPointer(sqe, count * metadata_bytes);
  if (!extended && !inside && beside == nullptr) return Fail(status::kInvalidField);
  std::vector<uint8_t> staged(count * stride);
  for (uint64_t i = 0; i < count; i++) {
    const uint64_t lba = sqe.Slba() + i;
    std::memcpy(staged.data() + i * stride, media.Read(lba), lba_bytes);
    if (inside) continue;
    uint8_t* to = extended ? staged.data() + i * stride + lba_bytes : beside + i * metadata_bytes;
    std::memcpy(to, media.ReadMetadata(lba), metadata_bytes);
    if (format.type != 0 && !media.Written(lba)) std::memset(to + format.Offset(), 0xff, format.TupleBytes());
  }
  outcome.status = Give(sqe, staged.data(), staged.size()).status;
  return outcome;
}

Device::Outcome NvmCommands::WritePlain(const Sqe& sqe, Media& media, uint64_t slba) {
  const uint32_t lba_bytes = media.lba_bytes();
  uint64_t lba = slba;
  // A sector may straddle two runs when the pointer has an offset.
  uint8_t straddling[kLargestLba];
  uint64_t held = 0;
  const bool ok = ForEachRun(sqe, LbasOf(sqe) * lba_bytes, [&](uint8_t* from, uint64_t bytes) {
    while (bytes > 0) {
      if (held == 0 && bytes >= lba_bytes) {
        media.Write(lba++, from, kSectorWritten);
        from += lba_bytes;
        bytes -= lba_bytes;
        continue;
      }
      const uint64_t part = std::min<uint64_t>(bytes, lba_bytes - held);
      std::memcpy(straddling + held, from, part);
      held += part;
      from += part;
      bytes -= part;
      if (held == lba_bytes) {
        media.Write(lba++, straddling, kSectorWritten);
        held = 0;
      }
    }
  });
  return Fail(ok ? 0 : status::kInvalidPrp);
}

uint16_t NvmCommands::WriteWithMetadata(const Sqe& sqe, Media& media, uint64_t slba) {
  const uint64_t count = LbasOf(sqe);
  const uint32_t lba_bytes = media.lba_bytes();
  const uint32_t metadata_bytes = media.metadata_bytes();
  const NamespaceProtection format = ProtectionFormatOf(media);
  const ProtectionRequest request = ProtectionOf(format, sqe);
  // An append is stored as if it had been sent to where it lands.
  const bool remaps = sqe.opc == nvm_opcode::kZoneAppend && (sqe.cdw12 & kRemap);
  const uint64_t moved = remaps ? slba - sqe.Slba() : 0;
  const bool inside = MetadataStaysInside(media, request);
  const bool extended = media.record().extended && !inside;
  const uint32_t stride = lba_bytes + (extended ? metadata_bytes : 0);
  const uint8_t* beside = extended || inside ? nullptr : MetadataPointer(sqe, count * metadata_bytes);
  if (!extended && !inside && beside == nullptr) return status::kInvalidField;
  std::vector<uint8_t> staged(count * stride);
  if (const uint16_t status = Take(sqe, staged.data(), staged.size())) return status;
  std::vector<uint8_t> metadata(count * metadata_bytes);
  for (uint64_t i = 0; i < count; i++) {
    const uint8_t* data = staged.data() + i * stride;
    uint8_t* own = metadata.data() + i * metadata_bytes;
    if (!inside) std::memcpy(own, extended ? data + lba_bytes : beside + i * metadata_bytes, metadata_bytes);
    if (format.type == 0) continue;
    if (request.action) {
      Protect(format, request, i + moved, data, own);
      continue;
    }
    if (const uint16_t status = CheckProtection(format, request, i, data, own)) return status;
    if (!remaps) continue;
    ProtectionTuple tuple = LoadTuple(format, own);
    tuple.reference = ReferenceOf(format, request, i + moved);
    StoreTuple(format, tuple, own);
  }
  for (uint64_t i = 0; i < count; i++) {
    media.Write(slba + i, staged.data() + i * stride, kSectorWritten, metadata.data() + i * metadata_bytes);
  }
  return 0;
}

Device::Outcome NvmCommands::WriteAt(const Sqe& sqe, Media& media, uint64_t slba) {
  const uint64_t count = LbasOf(sqe);
  if (const uint16_t status = MayWrite(media, slba, count)) return Fail(status);
  if (const uint16_t status = CheckDirective(sqe)) return Fail(status);
  Device::Outcome outcome;
  outcome.delay_ns = d_.WriteTimeNs(media, slba, count);
  // Past the cache to the medium takes as long as a flush does.
  if ((sqe.cdw12 & kCdw12Fua) && d_.VolatileCacheEnabled()) outcome.delay_ns += d_.Jittered(d_.header_->flush_us);
  d_.header_->smart.write_commands++;
  d_.header_->smart.sectors_written += count * media.lba_bytes() / 512;
  outcome.status = media.metadata_bytes() == 0 ? WritePlain(sqe, media, slba).status : WriteWithMetadata(sqe, media, slba);
  if (outcome.status != 0) return Fail(outcome.status);
  d_.faults_.Corrupt(&media, slba, count);
  d_.health_.Wear(&media, slba, count);
  Wrote(media, slba, count);
  if (DirectiveType(sqe) == kStreams) d_.streams_.Write(media.nsid(), static_cast<uint16_t>(sqe.cdw13 >> 16));
  Place(sqe, media, slba, count);
  Durable(sqe, media, slba, count, &outcome);
  outcome.wrote_nsid = media.nsid();
  outcome.wrote_slba = slba;
  outcome.wrote_lbas = count;
  return outcome;
}

Device::Outcome NvmCommands::Write(const Sqe& sqe, Media& media) { return WriteAt(sqe, media, sqe.Slba()); }

Device::Outcome NvmCommands::ZoneAppend(const Sqe& sqe, Media& media) {
  uint64_t slba = 0;
  const NamespaceProtection format = ProtectionFormatOf(media);
  const bool remaps = sqe.cdw12 & kRemap;
  if ((format.type == 1 && !remaps) || (format.type == 3 && remaps)) return Fail(status::kInvalidProtection);
  if (const uint16_t status = Zones(d_.file(), media).AppendPlace(sqe.Slba(), LbasOf(sqe), &slba)) return Fail(status);
  Device::Outcome outcome = WriteAt(sqe, media, slba);
  outcome.cdw0 = static_cast<uint32_t>(slba);
  outcome.cdw1 = static_cast<uint32_t>(slba >> 32);
  return outcome;
}

Device::Outcome NvmCommands::Compare(const Sqe& sqe, Media& media) {
  const uint64_t count = LbasOf(sqe);
  const uint32_t lba_bytes = media.lba_bytes();
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  d_.header_->smart.read_commands++;
  if (const uint16_t status = Readable(media, sqe.Slba(), count)) return Fail(status);
  const NamespaceProtection format = ProtectionFormatOf(media);
  const ProtectionRequest request = ProtectionOf(format, sqe);
  const bool inside = MetadataStaysInside(media, request);
  const bool extended = media.record().extended && !inside;
  const uint32_t metadata_bytes = inside ? 0 : media.metadata_bytes();
  const uint32_t stride = lba_bytes + (extended ? metadata_bytes : 0);
  const bool separate = metadata_bytes != 0 && !extended;
  const uint8_t* beside = separate ? MetadataPointer(sqe, count * metadata_bytes) : nullptr;
  if (separate && beside == nullptr) return Fail(status::kInvalidField);
  if (const uint16_t status = CheckStored(sqe, media)) return Fail(status);
  std::vector<uint8_t> given(count * stride);
  if (const uint16_t status = Take(sqe, given.data(), given.size())) return Fail(status);
  for (uint64_t i = 0; i < count && outcome.status == 0; i++) {
    const uint64_t lba = sqe.Slba() + i;
    const uint8_t* data = given.data() + i * stride;
    const uint8_t* metadata = extended ? data + lba_bytes : beside + i * metadata_bytes;
    // What the host sends is checked as well (5.3.2.4).
    if (format.type != 0 && metadata_bytes != 0) outcome.status = CheckProtection(format, request, i, data, metadata);
    if (outcome.status != 0) break;
    bool equal = std::memcmp(data, media.Read(lba), lba_bytes) == 0;
    if (metadata_bytes != 0) equal = equal && std::memcmp(metadata, media.ReadMetadata(lba), metadata_bytes) == 0;
    if (!equal) outcome.status = status::kCompareFailure;
  }
  return outcome;
}

Device::Outcome NvmCommands::Verify(const Sqe& sqe, Media& media) {
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  outcome.status = Readable(media, sqe.Slba(), LbasOf(sqe));
  if (outcome.status == 0) outcome.status = CheckStored(sqe, media);
  return outcome;
}

}  // namespace assay::model
