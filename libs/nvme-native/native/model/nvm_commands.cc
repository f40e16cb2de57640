#include "nvm_commands.h"

#include <algorithm>

#include "admin_commands.h"
#include "prp.h"

namespace assay::model {
namespace {

constexpr uint16_t kInvalidOpcode = MakeStatus(0, 0x01, true);
constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kInvalidNamespace = MakeStatus(0, 0x0b, true);
constexpr uint16_t kSanitizeInProgress = MakeStatus(0, 0x1d);
constexpr uint16_t kInvalidPrp = MakeStatus(0, 0x13, true);
constexpr uint16_t kLbaOutOfRange = MakeStatus(0, 0x80, true);
constexpr uint16_t kUnrecoveredRead = MakeStatus(2, 0x81);
constexpr uint16_t kCompareFailure = MakeStatus(2, 0x85);
constexpr uint32_t kMaxRanges = 256;

Device::Outcome Fail(uint16_t status) {
  Device::Outcome outcome;
  outcome.status = status;
  return outcome;
}

}  // namespace

Device::Outcome NvmCommands::Execute(const Sqe& sqe) {
  if (d_.background_.Sanitizing()) return Fail(kSanitizeInProgress);
  if (sqe.nsid != 1 && !(sqe.opc == nvm_opcode::kFlush && sqe.nsid == UINT32_MAX)) return Fail(kInvalidNamespace);
  switch (sqe.opc) {
    case nvm_opcode::kFlush: return Flush(sqe);
    case nvm_opcode::kDatasetManagement: return DatasetManagement(sqe);
    case nvm_opcode::kRead:
    case nvm_opcode::kWrite:
    case nvm_opcode::kCompare:
    case nvm_opcode::kWriteZeroes:
    case nvm_opcode::kWriteUncorrectable:
    case nvm_opcode::kVerify: break;
    default: return Fail(kInvalidOpcode);
  }
  uint64_t lba_count;
  if (const uint16_t status = CheckRange(sqe, &lba_count)) return Fail(status);
  if (const uint16_t status = d_.faults_.BadStatus(sqe.opc, sqe.Slba(), lba_count)) return Fail(status);
  switch (sqe.opc) {
    case nvm_opcode::kRead: return Read(sqe);
    case nvm_opcode::kWrite: return Write(sqe);
    case nvm_opcode::kCompare: return Compare(sqe);
    case nvm_opcode::kWriteZeroes: return WriteZeroes(sqe);
    case nvm_opcode::kWriteUncorrectable: return WriteUncorrectable(sqe);
    default: return Verify(sqe);
  }
}

uint16_t NvmCommands::CheckRange(const Sqe& sqe, uint64_t* lba_count) const {
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  *lba_count = count;
  const bool moves_data = sqe.opc == nvm_opcode::kRead || sqe.opc == nvm_opcode::kWrite || sqe.opc == nvm_opcode::kCompare;
  if (moves_data && count * d_.media_.lba_bytes() > d_.header_->mdts_bytes) return kInvalidField;
  const uint64_t total = d_.media_.lba_count();
  if (sqe.Slba() >= total || count > total - sqe.Slba()) return kLbaOutOfRange;
  return 0;
}

void NvmCommands::Durable(const Sqe& sqe, uint64_t lba_count, Device::Outcome* outcome) const {
  if ((sqe.cdw12 & kCdw12Fua) || !AdminCommands(d_).VolatileCacheEnabled()) {
    outcome->slba = sqe.Slba();
    outcome->durable_lbas = lba_count;
  }
}

Device::Outcome NvmCommands::Read(const Sqe& sqe) {
  Media& media = d_.media_;
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  d_.header_->smart.read_commands++;
  d_.header_->smart.sectors_read += count * media.lba_bytes() / 512;
  if (media.AnyUncorrectable(sqe.Slba(), count)) {
    outcome.status = kUnrecoveredRead;
    return outcome;
  }
  const uint8_t* from = media.Read(sqe.Slba());
  const bool ok = ForEachRun(sqe, count * media.lba_bytes(), [&](uint8_t* to, uint64_t bytes) {
    std::memcpy(to, from, bytes);
    from += bytes;
  });
  if (!ok) outcome.status = kInvalidPrp;
  return outcome;
}

Device::Outcome NvmCommands::Write(const Sqe& sqe) {
  Media& media = d_.media_;
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  const uint32_t lba_bytes = media.lba_bytes();
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  d_.header_->smart.write_commands++;
  d_.header_->smart.sectors_written += count * lba_bytes / 512;
  uint64_t lba = sqe.Slba();
  // A sector may straddle two runs when the pointer has an offset.
  uint8_t straddling[kLargestLba];
  uint64_t held = 0;
  const bool ok = ForEachRun(sqe, count * lba_bytes, [&](uint8_t* from, uint64_t bytes) {
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
  if (!ok) return Fail(kInvalidPrp);
  d_.faults_.Corrupt(&media, sqe.Slba(), count);
  Durable(sqe, count, &outcome);
  return outcome;
}

Device::Outcome NvmCommands::Compare(const Sqe& sqe) {
  Media& media = d_.media_;
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  d_.header_->smart.read_commands++;
  if (media.AnyUncorrectable(sqe.Slba(), count)) return Fail(kUnrecoveredRead);
  const uint8_t* stored = media.Read(sqe.Slba());
  bool equal = true;
  const bool ok = ForEachRun(sqe, count * media.lba_bytes(), [&](uint8_t* given, uint64_t bytes) {
    equal = equal && std::memcmp(given, stored, bytes) == 0;
    stored += bytes;
  });
  if (!ok) outcome.status = kInvalidPrp;
  else if (!equal) outcome.status = kCompareFailure;
  return outcome;
}

Device::Outcome NvmCommands::WriteZeroes(const Sqe& sqe) {
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  d_.media_.Deallocate(sqe.Slba(), count);
  Durable(sqe, count, &outcome);
  return outcome;
}

Device::Outcome NvmCommands::WriteUncorrectable(const Sqe& sqe) {
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  for (uint64_t i = 0; i < count; i++) d_.media_.Write(sqe.Slba() + i, nullptr, kSectorWritten | kSectorUncorrectable);
  Durable(sqe, count, &outcome);
  return outcome;
}

Device::Outcome NvmCommands::Verify(const Sqe& sqe) {
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  if (d_.media_.AnyUncorrectable(sqe.Slba(), count)) outcome.status = kUnrecoveredRead;
  return outcome;
}

Device::Outcome NvmCommands::DatasetManagement(const Sqe& sqe) {
  struct Range {
    uint32_t attributes;
    uint32_t lba_count;
    uint64_t slba;
  };
  const uint32_t count = (sqe.cdw10 & 0xff) + 1;
  static_assert(sizeof(Range) * kMaxRanges == 4096);
  Range ranges[kMaxRanges];
  auto* to = reinterpret_cast<uint8_t*>(ranges);
  const bool ok = ForEachRun(sqe, count * sizeof(Range), [&](const uint8_t* from, uint64_t bytes) {
    std::memcpy(to, from, bytes);
    to += bytes;
  });
  if (!ok) return Fail(kInvalidPrp);
  const uint64_t total = d_.media_.lba_count();
  for (uint32_t i = 0; i < count; i++) {
    if (ranges[i].slba > total || ranges[i].lba_count > total - ranges[i].slba) return Fail(kLbaOutOfRange);
  }
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  if (!(sqe.cdw11 & 4)) return outcome;  // hints need nothing
  const bool durable = !AdminCommands(d_).VolatileCacheEnabled();
  for (uint32_t i = 0; i < count; i++) {
    d_.media_.Deallocate(ranges[i].slba, ranges[i].lba_count);
    if (durable) d_.media_.MakeDurable(ranges[i].slba, ranges[i].lba_count);
  }
  return outcome;
}

Device::Outcome NvmCommands::Flush(const Sqe&) {
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->flush_us);
  if (!d_.faults_.FlushLies()) d_.media_.MakeAllDurable();
  return outcome;
}

}  // namespace assay::model
