// Copy (NVM Command Set 1.0, 3.2.2), source range descriptors of format 0.
#include <vector>

#include "copy_limits.h"
#include "nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kDescriptorBytes = 32;

struct Source {
  uint64_t slba;
  uint64_t count;
  ProtectionRequest expected;
};

Source SourceOf(const uint8_t* descriptor, uint32_t read_protection) {
  Source source;
  source.slba = Get<uint64_t>(descriptor, 8);
  source.count = uint64_t{Get<uint16_t>(descriptor, 16)} + 1;
  source.expected.action = read_protection >> 3 & 1;
  source.expected.guard = read_protection >> 2 & 1;
  source.expected.application = read_protection >> 1 & 1;
  source.expected.reference = read_protection & 1;
  source.expected.reference_tag = Get<uint32_t>(descriptor, 24);
  source.expected.application_tag = Get<uint16_t>(descriptor, 28);
  source.expected.application_mask = Get<uint16_t>(descriptor, 30);
  return source;
}

}  // namespace

Device::Outcome NvmCommands::Copy(const Sqe& sqe, Media& media) {
  const uint32_t ranges = (sqe.cdw12 & 0xff) + 1;
  if ((sqe.cdw12 >> 8 & 15) != 0) return Fail(status::kInvalidField);
  if (ranges > kCopyRanges) return Fail(status::kCommandSizeLimit);
  uint8_t descriptors[kCopyRanges * kDescriptorBytes];
  if (const uint16_t status = Take(sqe, descriptors, ranges * kDescriptorBytes)) return Fail(status);
  const ProtectionFormat format = ProtectionFormatOf(media);
  const ProtectionRequest made = ProtectionOf(sqe);
  std::vector<Source> sources;
  uint64_t total = 0;
  for (uint32_t i = 0; i < ranges; i++) {
    const Source source = SourceOf(descriptors + i * kDescriptorBytes, sqe.cdw12 >> 12 & 15);
    if (source.count > kCopyRangeLbas) return Fail(status::kCommandSizeLimit);
    if (source.slba >= media.lba_count() || source.count > media.lba_count() - source.slba) return Fail(status::kLbaOutOfRange);
    if (const uint16_t status = CheckRequest(format, source.expected, source.slba, false)) return Fail(status);
    if (d_.opal_.Denies(media.nsid(), source.slba, source.count, false)) return Fail(status::kAccessDenied);
    total += source.count;
    sources.push_back(source);
  }
  if (total > kCopyLbas) return Fail(status::kCommandSizeLimit);
  const uint64_t to = sqe.Slba();
  if (to >= media.lba_count() || total > media.lba_count() - to) return Fail(status::kLbaOutOfRange);
  if (const uint16_t status = CheckRequest(format, made, to, true)) return Fail(status);
  if (d_.opal_.Denies(media.nsid(), to, total, true)) return Fail(status::kAccessDenied);
  if (const uint16_t status = MayWrite(media, to, total)) return Fail(status);
  // All is read before anything is written: source and destination may overlap.
  const uint32_t lba_bytes = media.lba_bytes();
  const uint32_t metadata_bytes = media.metadata_bytes();
  std::vector<uint8_t> data, metadata;
  for (const Source& source : sources) {
    if (const uint16_t status = Readable(media, source.slba, source.count)) return Fail(status);
    for (uint64_t i = 0; i < source.count; i++) {
      const uint8_t* sector = media.Read(source.slba + i);
      const uint8_t* beside = media.ReadMetadata(source.slba + i);
      const bool checked = format.type != 0 && media.Written(source.slba + i);
      if (const uint16_t status = checked ? CheckProtection(format, source.expected, i, sector, beside) : 0) return Fail(status);
      data.insert(data.end(), sector, sector + lba_bytes);
      metadata.insert(metadata.end(), beside, beside + metadata_bytes);
    }
  }
  for (uint64_t i = 0; i < total; i++) {
    uint8_t* own = metadata.data() + i * metadata_bytes;
    if (format.type != 0 && made.action) Protect(format, made, i, data.data() + i * lba_bytes, own);
    media.Write(to + i, data.data() + i * lba_bytes, kSectorWritten, own);
  }
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us) + d_.Jittered(d_.header_->write_us);
  d_.faults_.Corrupt(&media, to, total);
  d_.health_.Wear(&media, to, total);
  Wrote(media, to, total);
  Place(sqe, media, to, total);
  Durable(sqe, media, to, total, &outcome);
  return outcome;
}

}  // namespace assay::model
