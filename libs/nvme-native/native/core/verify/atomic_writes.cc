#include "atomic_writes.h"

#include <algorithm>

namespace assay {

bool AtomicUnit::Holds(uint64_t slba, uint64_t count) const {
  if (count > lbas) return false;
  if (boundary_lbas == 0) return true;
  // From a boundary at or below LBA 0 on.
  const uint64_t shift = boundary_lbas - offset_lba % boundary_lbas;
  return (slba + shift) / boundary_lbas == (slba + count - 1 + shift) / boundary_lbas;
}

AtomicWrites::AtomicWrites(const AtomicUnit& unit, const std::vector<LoggedWrite>& writes) {
  for (const LoggedWrite& write : writes) {
    if (write.lba_count > 1 && write.token && unit.Holds(write.slba, write.lba_count)) writes_.push_back({.write = write, .missing_lba = {}, .found_token = {}});
  }
  std::sort(writes_.begin(), writes_.end(), [](const Watched& a, const Watched& b) { return *a.write.token < *b.write.token; });
}

void AtomicWrites::Found(uint64_t lba, std::optional<uint64_t> found, uint64_t newest) {
  auto at = std::upper_bound(writes_.begin(), writes_.end(), newest, [](uint64_t token, const Watched& watched) { return token < *watched.write.token; });
  if (at == writes_.begin()) return;
  Watched& watched = *--at;
  const uint64_t index = newest - *watched.write.token;
  if (index >= watched.write.lba_count || watched.write.slba + index != lba) return;
  if (found == newest) {
    watched.there = true;
  } else if (!watched.missing_lba || lba < *watched.missing_lba) {
    watched.missing_lba = lba;
    watched.found_token = found;
  }
}

std::vector<AtomicWrites::Torn> AtomicWrites::TornWrites() const {
  std::vector<Torn> torn;
  for (const Watched& watched : writes_) {
    if (watched.there && watched.missing_lba) torn.push_back({watched.write, *watched.missing_lba, watched.found_token});
  }
  return torn;
}

std::optional<AtomicWrites::Torn> TornInRead(const AtomicUnit& unit, const RecentWrites& recent, uint64_t slba, const std::vector<SeenSector>& seen) {
  for (size_t i = 0; i < seen.size(); i++) {
    if (!seen[i].found) continue;
    const std::optional<StampedWrite> write = recent.Of(slba + i, *seen[i].found);
    if (!write || !unit.Holds(write->slba, write->lba_count)) continue;
    for (size_t j = 0; j < seen.size(); j++) {
      const uint64_t lba = slba + j;
      if (!write->Covers(lba)) continue;
      const uint64_t token = write->TokenOf(lba);
      // What proves nothing is older than the newest write, if that is this one.
      const bool older = seen[j].found ? *seen[j].found < token : seen[j].newest == token;
      if (!older) continue;
      AtomicWrites::Torn torn;
      torn.write.slba = write->slba;
      torn.write.lba_count = write->lba_count;
      torn.write.token = write->token;
      torn.missing_lba = lba;
      torn.found_token = seen[j].found;
      return torn;
    }
    // All of it that lies in the read is done with.
    while (i + 1 < seen.size() && write->Covers(slba + i + 1) && seen[i + 1].found == write->TokenOf(slba + i + 1)) i++;
  }
  return {};
}

}  // namespace assay
