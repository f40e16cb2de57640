#include "verify_bench.h"

#include "check.h"

namespace assay {

std::shared_ptr<VerifyTable> OpenTable(const std::string& path, const TableGeometry& geometry) {
  std::shared_ptr<VerifyTable> table;
  CHECK(VerifyTable::Open(path, geometry, &table).ok());
  return table;
}

SectorState Reads(VerifyTable& table, uint64_t lba, const Sector& sector, Rule rule) {
  return table.Check(lba, sector.data(), table.Floor(lba, rule), rule).state;
}

std::optional<MiscompareKind> Wrong(VerifyTable& table, uint64_t lba, const Sector& sector) {
  const SectorCheck check = table.Check(lba, sector.data(), table.Floor(lba, Rule::kDurableOrNewer), Rule::kDurableOrNewer);
  if (check.state != SectorState::kWrong) return {};
  return check.miscompare.kind;
}

Written& Written::Lock() {
  CHECK(table_.TryLock(lba_, 1));
  return *this;
}

Written& Written::Send() {
  const uint64_t token = table_.TakeTokens(1);
  table_.stamp().Fill(sector_.data(), kLbaBytes, lba_, token);
  table_.Submitted(lba_, VerifyTable::TokenVersion(token));
  return *this;
}

const Sector& Written::End(WriteEnd end, bool fua) {
  table_.Ended(lba_, 1, end, fua);
  return sector_;
}

Sector Write(VerifyTable& table, uint64_t lba, WriteEnd end, bool fua) { return Written(table, lba).Lock().Send().End(end, fua); }

Sector WriteDurably(VerifyTable& table, uint64_t lba) { return Write(table, lba, WriteEnd::kAcknowledged, true); }

void WriteForeign(VerifyTable& table, uint64_t lba, const Sector& sector, bool fua) {
  CHECK(table.TryLock(lba, 1));
  table.Submitted(lba, CrcVersion(sector.data(), kLbaBytes));
  table.Ended(lba, 1, WriteEnd::kAcknowledged, fua);
}

}  // namespace assay
