// What the suites of the verify table share: tables and their sectors, and writes as those who keep a table do them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/verify/verify_table.h"

namespace assay {

constexpr uint32_t kLbaBytes = 512;
using Sector = std::vector<uint8_t>;
inline const Sector kZeroes(kLbaBytes, 0);

constexpr TableGeometry GeometryOf(uint64_t lbas) {
  return {.lba_count = lbas, .lba_bytes = kLbaBytes, .seed = 9, .volatile_cache = true, .power_cycles = 1};
}

std::shared_ptr<VerifyTable> OpenTable(const std::string& path, const TableGeometry& geometry);

// What a read of this sector comes to.
SectorState Reads(VerifyTable& table, uint64_t lba, const Sector& sector, Rule rule = Rule::kExact);
// What is wrong with it by the durable-or-newer rule; nothing.
std::optional<MiscompareKind> Wrong(VerifyTable& table, uint64_t lba, const Sector& sector);

// A write as a verifying worker does it, in its steps.
class Written {
 public:
  Written(VerifyTable& table, uint64_t lba) : table_(table), lba_(lba), sector_(kLbaBytes) {}
  Written& Lock();
  Written& Send();
  // Durably, if nothing else is said.
  const Sector& End(WriteEnd end = WriteEnd::kAcknowledged, bool fua = true);
  const Sector& sector() const { return sector_; }

 private:
  VerifyTable& table_;
  const uint64_t lba_;
  Sector sector_;
};

// All steps of it; the sector that it sent.
Sector Write(VerifyTable& table, uint64_t lba, WriteEnd end, bool fua = false);
Sector WriteDurably(VerifyTable& table, uint64_t lba);

// A tracked write of content that proves nothing.
void WriteForeign(VerifyTable& table, uint64_t lba, const Sector& sector, bool fua = false);
inline Sector Foreign(uint8_t fill) { return Sector(kLbaBytes, fill); }

}  // namespace assay
