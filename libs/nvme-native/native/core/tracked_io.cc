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

// `note(lba, index)` gives the version that an LBA is about to get.
template <typename Note>
void Follow(const Table& table, Request* request, std::vector<Span> spans, bool fua, Note note) {
  request->admit = [table, spans, note](Request& self) {
    if (!TryLockAll(*table, spans)) return false;
    uint64_t index = 0;
    for (const Span& span : spans) {
      for (uint64_t i = 0; i < span.count; i++) table->Submitted(span.slba + i, note(self, index++));
    }
    return true;
  };
  request->finish = [table, spans, fua, then = std::move(request->finish)](const Status& status, const Done& done, Request& self) {
    // A request that never got its locks has none to give back.
    if (!self.admit) {
      const WriteEnd end = !status.ok()     ? WriteEnd::kUncertain
                           : done.cqe.Ok()  ? WriteEnd::kAcknowledged
                           : done.released  ? WriteEnd::kUncertain
                                            : WriteEnd::kUnknown;
      for (const Span& span : spans) table->Ended(span.slba, span.count, end, fua);
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

void ForgetAll(const Table& table, Request* request) {
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
  const bool inside = sqe.Slba() < table->lba_count() && count <= table->lba_count() - sqe.Slba();
  const bool fua = (sqe.cdw12 & kCdw12Fua) != 0;
  const std::vector<Span> span = {{sqe.Slba(), count}};
  const uint32_t lba_bytes = table->lba_bytes();
  switch (sqe.opc) {
    case nvm_opcode::kFlush: return FollowFlush(table, request);
    case nvm_opcode::kWrite: {
      if (!inside) return;
      return Follow(table, request, span, fua, [lba_bytes](Request& self, uint64_t i) -> Version {
        if ((i + 1) * lba_bytes > self.command.data_bytes) return kVersionUnknown;
        return CrcVersion(static_cast<const uint8_t*>(self.command.data) + i * lba_bytes, lba_bytes);
      });
    }
    case nvm_opcode::kWriteZeroes:
      if (inside) Follow(table, request, span, fua, [](Request&, uint64_t) { return kVersionZeroes; });
      return;
    case nvm_opcode::kWriteUncorrectable:
      if (inside) Follow(table, request, span, false, [](Request&, uint64_t) { return kVersionUncorrectable; });
      return;
    case nvm_opcode::kDatasetManagement:
      if (sqe.cdw11 & 4) {
        Follow(table, request, Merged(RangesOf(*request, *table)), false, [](Request&, uint64_t) { return kVersionUnknown; });
      }
      return;
    case nvm_opcode::kRead:
    case nvm_opcode::kCompare:
    case nvm_opcode::kVerify: return;
    default:
      if (sqe.opc == nvm_opcode::kCopy || sqe.opc == nvm_opcode::kZoneAppend || sqe.opc == nvm_opcode::kZoneManagementSend ||
          request->command.direction == Direction::kToDevice) {
        ForgetAll(table, request);
      }
  }
}

}  // namespace assay
