// Commands that name LBAs and move no data of theirs: Write Zeroes, Write Uncorrectable, Dataset Management, Flush.
#include "nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kMaxRanges = 256;
constexpr uint32_t kDeac = 1u << 25;      // of dword 12
constexpr uint32_t kAttributeDeallocate = 4;

}  // namespace

Device::Outcome NvmCommands::WriteZeroes(const Sqe& sqe, Media& media) {
  const uint64_t count = LbasOf(sqe);
  if (const uint16_t status = MayWrite(media, sqe.Slba(), count)) return Fail(status);
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  const NamespaceProtection format = ProtectionFormatOf(media);
  const ProtectionRequest request = ProtectionOf(format, sqe);
  if (sqe.cdw12 & kDeac) {
    media.Deallocate(sqe.Slba(), count);
  } else {
    const uint8_t zeroes[kLargestLba] = {};
    for (uint64_t i = 0; i < count; i++) {
      uint8_t metadata[kLargestMetadata] = {};
      if (format.type != 0 && request.action) Protect(format, request, i, zeroes, metadata);
      media.Write(sqe.Slba() + i, nullptr, kSectorWritten, metadata);
    }
    Place(sqe, media, sqe.Slba(), count);
  }
  Wrote(media, sqe.Slba(), count);
  Durable(sqe, media, sqe.Slba(), count, &outcome);
  return outcome;
}

Device::Outcome NvmCommands::WriteUncorrectable(const Sqe& sqe, Media& media) {
  const uint64_t count = LbasOf(sqe);
  if (const uint16_t status = MayWrite(media, sqe.Slba(), count)) return Fail(status);
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  for (uint64_t i = 0; i < count; i++) media.Write(sqe.Slba() + i, nullptr, kSectorWritten | kSectorUncorrectable);
  Place(sqe, media, sqe.Slba(), count);
  Wrote(media, sqe.Slba(), count);
  Durable(sqe, media, sqe.Slba(), count, &outcome);
  return outcome;
}

Device::Outcome NvmCommands::DatasetManagement(const Sqe& sqe, Media& media) {
  struct Range {
    uint32_t attributes;
    uint32_t lba_count;
    uint64_t slba;
  };
  const uint32_t count = (sqe.cdw10 & 0xff) + 1;
  static_assert(sizeof(Range) * kMaxRanges == 4096);
  Range ranges[kMaxRanges];
  if (const uint16_t status = Take(sqe, ranges, count * sizeof(Range))) return Fail(status);
  const uint64_t total = media.lba_count();
  for (uint32_t i = 0; i < count; i++) {
    if (ranges[i].slba > total || ranges[i].lba_count > total - ranges[i].slba) return Fail(status::kLbaOutOfRange);
    if (d_.opal_.Denies(media.nsid(), ranges[i].slba, ranges[i].lba_count, true)) return Fail(status::kAccessDenied);
  }
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  // Hints need nothing, and what a zone holds stays until the zone is reset.
  if (!(sqe.cdw11 & kAttributeDeallocate) || media.record().command_set == kZonedCommandSet) return outcome;
  const bool durable = !d_.VolatileCacheEnabled();
  for (uint32_t i = 0; i < count; i++) {
    media.Deallocate(ranges[i].slba, ranges[i].lba_count);
    if (durable) media.MakeDurable(ranges[i].slba, ranges[i].lba_count);
  }
  return outcome;
}

Device::Outcome NvmCommands::Flush(const Sqe&, Media& media) {
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->flush_us);
  if (!d_.faults_.FlushLies()) media.MakeAllDurable();
  return outcome;
}

Device::Outcome NvmCommands::FlushAll() {
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->flush_us);
  if (!d_.faults_.FlushLies()) d_.namespaces_.MakeAllDurable();
  return outcome;
}

}  // namespace assay::model
