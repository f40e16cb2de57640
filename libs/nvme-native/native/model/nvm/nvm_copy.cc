// Copy inside a namespace (NVM Command Set 1.0, 3.2.2): source ranges of descriptor format 0h where guards have 16 bits,
// of 1h where they have more.
#include <vector>

#include "copy_limits.h"
#include "nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kShortBytes = 32, kLongBytes = 40;  // of a source range

struct Source {
  uint64_t slba;
  uint64_t count;
  ProtectionRequest expected;
};

// PRINFOR, STCR and what the range expects of its tags.
Source SourceOf(const ProtectionFormat& format, const Sqe& sqe, const uint8_t* descriptor, uint32_t bytes) {
  Source source;
  source.slba = Get<uint64_t>(descriptor, 8);
  source.count = uint64_t{Get<uint16_t>(descriptor, 16)} + 1;
  source.expected.SetActionAndChecks(sqe.cdw12 >> 12);
  source.expected.storage = sqe.cdw12 >> 25 & 1;
  if (bytes == kShortBytes) {
    Sqe tags{};
    tags.cdw14 = Get<uint32_t>(descriptor, 24);
    source.expected.tags = TagsOf(format, tags);
  } else {
    uint8_t tags[10];
    std::memcpy(tags, descriptor + 26, sizeof tags);
    source.expected.tags = TagsOf(format, tags);
  }
  source.expected.application_tag = Get<uint16_t>(descriptor, bytes - 4);
  source.expected.application_mask = Get<uint16_t>(descriptor, bytes - 2);
  return source;
}

}  // namespace

Device::Outcome NvmCommands::Copy(const Sqe& sqe, Media& media) {
  const uint32_t ranges = (sqe.cdw12 & 0xff) + 1;
  const uint32_t descriptor_format = sqe.cdw12 >> 8 & 15;
  if (!(kCopyFormats >> descriptor_format & 1)) return Fail(status::kInvalidField);
  const NamespaceProtection format = ProtectionFormatOf(media);
  const bool wide = format.type != 0 && format.guard != Guard::k16;
  if (format.type != 0 && wide != (descriptor_format == 1)) return Fail(status::kInvalidNamespace);
  if (ranges > kCopyRanges) return Fail(status::kCommandSizeLimit);
  const uint32_t bytes = descriptor_format == 1 ? kLongBytes : kShortBytes;
  uint8_t descriptors[kCopyRanges * kLongBytes];
  if (const uint16_t status = Take(sqe, descriptors, ranges * bytes)) return Fail(status);
  const ProtectionRequest made = ProtectionOf(format, sqe);
  std::vector<Source> sources;
  uint64_t total = 0;
  for (uint32_t i = 0; i < ranges; i++) {
    const Source source = SourceOf(format, sqe, descriptors + i * bytes, bytes);
    // Tuples pass as they are, or are all made anew.
    if (format.type != 0 && source.expected.action != made.action) return Fail(status::kInvalidField);
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
      const bool written = media.Written(source.slba + i);
      if (const uint16_t status = format.type != 0 && written ? CheckProtection(format, source.expected, i, sector, beside) : 0) return Fail(status);
      data.insert(data.end(), sector, sector + lba_bytes);
      metadata.insert(metadata.end(), beside, beside + metadata_bytes);
      if (format.type != 0 && !written) std::memset(metadata.data() + metadata.size() - metadata_bytes + format.Offset(), 0xff, format.TupleBytes());
    }
  }
  for (uint64_t i = 0; i < total; i++) {
    uint8_t* own = metadata.data() + i * metadata_bytes;
    if (format.type == 0) continue;
    const uint8_t* sector = data.data() + i * lba_bytes;
    if (made.action) {
      Protect(format, made, i, sector, own);
    } else if (const uint16_t status = CheckProtection(format, made, i, sector, own)) {
      return Fail(status);
    }
  }
  for (uint64_t i = 0; i < total; i++) {
    const uint8_t* own = metadata.data() + i * metadata_bytes;
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
