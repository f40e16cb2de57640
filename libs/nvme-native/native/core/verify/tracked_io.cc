#include "tracked_io.h"

#include <algorithm>
#include <cstring>

namespace assay {
namespace {

struct Span {
  uint64_t slba;
  uint64_t count;
};

using Table = std::shared_ptr<VerifyTable>;

bool TryLockAll(VerifyTable& table, const std::vector<Span>& spans) {
  for (size_t i = 0; i < spans.size(); i++) {
    if (table.TryLock(spans[i].slba, spans[i].count)) continue;
    while (i > 0) {
      i--;
      table.Ended(spans[i].slba, spans[i].count, WriteEnd::kNotSent, false);
    }
    return false;
  }
  return true;
}

// Bytes from one LBA to the next in the data of a command: metadata may lie between them, or be the drive's own affair
// (PRACT). 0: neither fits.
uint32_t StrideOf(const Namespace& ns, const Command& command, uint64_t count) {
  const NamespaceGeometry& geometry = ns.geometry();
  if (count * geometry.lba_bytes == command.data_bytes) return geometry.lba_bytes;
  const uint32_t extended = geometry.lba_bytes + geometry.extended_metadata_bytes;
  return count * extended == command.data_bytes ? extended : 0;
}

// `note(lba, index)` gives the version that an LBA is about to get.
template <typename Note>
void Follow(const Table& table, Request* request, std::vector<Span> spans, bool fua, Note note) {
  request->admit = [table, spans, note](Request& self) {
    if (!TryLockAll(*table, spans)) return false;
    uint64_t index = 0;
    for (const Span& span : spans) {
      const uint64_t covered = span.slba < table->lba_count() ? std::min(span.count, table->lba_count() - span.slba) : 0;
      for (uint64_t i = 0; i < covered; i++) table->Submitted(span.slba + i, note(self, index + i));
      index += span.count;
    }
    return true;
  };
  const WriteOrigin origin{request->command.sqe.opc, request->qid, 0};
  request->finish = [table, spans, fua, origin, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    // A request that never got its locks has none to give back.
    if (!self.admit) {
      const WriteEnd end = !status.ok()     ? WriteEnd::kUncertain
                           : done.cqe.Ok()  ? WriteEnd::kAcknowledged
                           : done.released  ? WriteEnd::kUncertain
                                            : WriteEnd::kUnknown;
      for (const Span& span : spans) table->Ended(span.slba, span.count, end, fua, origin);
    }
    then(status, done, self);
  };
}

std::vector<Span> RangesOf(const Request& request, const VerifyTable& table) {
  std::vector<Span> spans;
  const uint32_t count = (request.command.sqe.cdw10 & 0xff) + 1;
  const auto* at = static_cast<const uint8_t*>(request.command.data);
  for (uint32_t i = 0; i < count && (i + 1) * 16 <= request.command.data_bytes; i++) {
    uint32_t lbas;
    uint64_t slba;
    std::memcpy(&lbas, at + i * 16 + 4, 4);
    std::memcpy(&slba, at + i * 16 + 8, 8);
    if (lbas == 0 || slba >= table.lba_count()) continue;
    spans.push_back({slba, std::min<uint64_t>(lbas, table.lba_count() - slba)});
  }
  return spans;
}

// Overlapping ranges of one command would wait for themselves.
std::vector<Span> Merged(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.slba < b.slba; });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (merged.empty() || span.slba > merged.back().slba + merged.back().count) {
      merged.push_back(span);
    } else {
      merged.back().count = std::max(merged.back().count, span.slba + span.count - merged.back().slba);
    }
  }
  return merged;
}

void FollowFlush(const Table& table, Request* request) {
  auto epoch = std::make_shared<uint32_t>(0);
  request->admit = [table, epoch](Request&) {
    *epoch = table->FlushSubmitted();
    return true;
  };
  request->finish = [table, epoch, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    if (status.ok() && done.cqe.Ok()) table->FlushAcknowledged(*epoch);
    then(status, done, self);
  };
}

// Wrong sectors make the completion 07/81; the data go to the script all the same.
void FollowRead(const Namespace& ns, const Table& table, Request* request) {
  const uint64_t slba = request->command.sqe.Slba();
  const uint64_t count = (request->command.sqe.cdw12 & 0xffff) + 1;
  const uint32_t stride = StrideOf(ns, request->command, count);
  if (stride == 0) return;
  auto floors = std::make_shared<std::vector<ReadFloor>>();
  request->admit = [table, floors, slba, count](Request&) {
    for (uint64_t i = 0; i < count; i++) floors->push_back(table->Floor(slba + i, Rule::kDurableOrNewer));
    return true;
  };
  auto found = ns.miscompares();
  const uint32_t nsid = ns.geometry().nsid;
  request->finish = [table, floors, slba, stride, found, nsid, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    if (!status.ok() || done.local || !done.cqe.Ok()) return then(status, done, self);
    Done checked = done;
    const auto* data = static_cast<const uint8_t*>(self.command.data);
    for (uint64_t i = 0; i < floors->size(); i++) {
      SectorCheck check = table->Check(slba + i, data + i * stride, (*floors)[i], Rule::kDurableOrNewer);
      if (check.state != SectorState::kWrong) continue;
      checked.cqe.status = MakeStatus(kLocalSct, kLocalMiscompare);
      check.miscompare.nsid = nsid;
      check.miscompare.last_writes = table->LastWrites(slba + i);
      found->Add(std::move(check.miscompare));
    }
    then(status, checked, self);
  };
}

// What is copied from another namespace, whose table nobody looks into.
constexpr uint64_t kElsewhere = UINT64_MAX;

// NVM Command Set 1.0, 3.2.2: source ranges of 32 bytes (descriptor formats 0h and 2h) or 40 (1h and 3h), of which 2h and 3h
// name a namespace; the destination in dwords 10 and 11.
void FollowCopy(const Table& table, Request* request) {
  constexpr uint32_t kNsidAt = 0, kSlbaAt = 8, kLbasAt = 16;
  const Command& command = request->command;
  const uint32_t ranges = (command.sqe.cdw12 & 0xff) + 1;
  const uint32_t format = command.sqe.cdw12 >> 8 & 15;
  const uint32_t range_bytes = format & 1 ? 40 : 32;
  auto sources = std::make_shared<std::vector<uint64_t>>();
  for (uint32_t i = 0; i < ranges && (i + 1) * range_bytes <= command.data_bytes; i++) {
    const auto* range = static_cast<const uint8_t*>(command.data) + i * range_bytes;
    uint32_t nsid;
    uint64_t slba;
    uint16_t last;
    std::memcpy(&nsid, range + kNsidAt, 4);
    std::memcpy(&slba, range + kSlbaAt, 8);
    std::memcpy(&last, range + kLbasAt, 2);
    const bool here = !(format & 2) || nsid == command.sqe.nsid;
    for (uint32_t n = 0; n <= last; n++) sources->push_back(here ? slba + n : kElsewhere);
  }
  const uint64_t to = command.sqe.Slba();
  const bool fua = (command.sqe.cdw12 & kCdw12Fua) != 0;
  Follow(table, request, {{to, sources->size()}}, fua, [table, sources](Request&, uint64_t i) { return table->CopyOf((*sources)[i]); });
  // Which version is copied of a source that others write meanwhile is the drive's affair.
  auto before = std::make_shared<std::vector<ReadFloor>>();
  request->admit = [table, sources, before, lock = std::move(request->admit)](Request& self) {
    before->clear();
    for (uint64_t lba : *sources) before->push_back(table->Floor(lba, Rule::kExact));
    return lock(self);
  };
  request->finish = [table, sources, before, to, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    for (uint64_t i = 0; !self.admit && i < before->size(); i++) {
      const ReadFloor now = table->Floor((*sources)[i], Rule::kExact);
      const bool same = now.version == (*before)[i].version && now.submitted == (*before)[i].submitted;
      if (!same) table->Submitted(to + i, kVersionUnknown);
    }
    then(status, done, self);
  };
}

// Before the drive has changed what nobody can say yet.
void AnnounceClear(const Table& table, Request* request) {
  request->admit = [table](Request&) {
    table->AnnounceClear();
    return true;
  };
}

// Where the data went is known when the drive says it.
void FollowAppend(const Namespace& ns, const Table& table, Request* request) {
  const uint64_t count = (request->command.sqe.cdw12 & 0xffff) + 1;
  const uint32_t stride = StrideOf(ns, request->command, count);
  const bool fua = (request->command.sqe.cdw12 & kCdw12Fua) != 0;
  const WriteOrigin origin{request->command.sqe.opc, request->qid, 0};
  AnnounceClear(table, request);
  request->finish = [table, count, stride, fua, origin, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    const uint32_t bytes = table->lba_bytes();
    const uint64_t slba = uint64_t{done.cqe.cdw1} << 32 | done.cqe.cdw0;
    if (status.ok() && done.cqe.Ok() && stride != 0 && table->TryLock(slba, count)) {
      const auto* data = static_cast<const uint8_t*>(self.command.data);
      for (uint64_t i = 0; i < count; i++) table->Submitted(slba + i, CrcVersion(data + i * stride, bytes));
      table->Ended(slba, count, WriteEnd::kAcknowledged, fua, origin);
    } else if (status.ok() && !done.cqe.Ok() && !done.local) {
      // Nothing was written.
    } else if (status.ok()) {
      table->Clear();
    }
    then(status, done, self);
  };
}

void ForgetAll(const Table& table, Request* request) {
  AnnounceClear(table, request);
  request->finish = [table, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    table->Clear();
    then(status, done, self);
  };
}

}  // namespace

void TrackRequest(const Namespace& ns, Request* request) {
  const Table table = ns.table();
  if (table == nullptr) return;
  const Sqe& sqe = request->command.sqe;
  if (sqe.nsid != ns.geometry().nsid && sqe.nsid != UINT32_MAX) return;
  const uint64_t count = (sqe.cdw12 & 0xffff) + 1;
  const bool fua = (sqe.cdw12 & kCdw12Fua) != 0;
  const std::vector<Span> span = {{sqe.Slba(), count}};
  const uint32_t lba_bytes = table->lba_bytes();
  switch (sqe.opc) {
    case nvm_opcode::kFlush: return FollowFlush(table, request);
    case nvm_opcode::kWrite: {
      const uint32_t stride = StrideOf(ns, request->command, count);
      return Follow(table, request, span, fua, [lba_bytes, stride](Request& self, uint64_t i) -> Version {
        if (stride == 0) return kVersionUnknown;
        return CrcVersion(static_cast<const uint8_t*>(self.command.data) + i * stride, lba_bytes);
      });
    }
    case nvm_opcode::kWriteZeroes:
      Follow(table, request, span, fua, [version = sqe.cdw12 & kCdw12Deallocate ? ns.geometry().Deallocated() : kVersionZeroes](Request&, uint64_t) { return version; });
      return;
    case nvm_opcode::kWriteUncorrectable:
      Follow(table, request, span, false, [](Request&, uint64_t) { return kVersionUncorrectable; });
      return;
    case nvm_opcode::kDatasetManagement:
      if (sqe.cdw11 & 4) {
        Follow(table, request, Merged(RangesOf(*request, *table)), false, [version = ns.geometry().Deallocated()](Request&, uint64_t) { return version; });
      }
      return;
    case nvm_opcode::kRead:
      if (ns.verify_reads()) FollowRead(ns, table, request);
      return;
    case nvm_opcode::kCopy: return FollowCopy(table, request);
    case nvm_opcode::kZoneAppend: return FollowAppend(ns, table, request);
    case nvm_opcode::kCompare:
    case nvm_opcode::kVerify: return;
    default:
      if (sqe.opc == nvm_opcode::kZoneManagementSend || request->command.direction == Direction::kToDevice) {
        ForgetAll(table, request);
      }
  }
}

}  // namespace assay
