// Writes of which all sectors are there or none. A drive promises it for writes that do not cross an atomic boundary, to
// whoever reads meanwhile up to AWUN or NAWUN LBAs, after a power loss up to AWUPF or NAWUPF (NVM Command Set 1.0, 2.1.4); a
// longer write may be torn between LBAs.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "recent_writes.h"
#include "write_log.h"

namespace assay {

struct AtomicUnit {
  uint32_t lbas = 1;
  // Boundaries at offset_lba and every so many LBAs behind it (NABO, NABSPF); 0: none.
  uint32_t boundary_lbas = 0;
  uint32_t offset_lba = 0;

  bool Holds(uint64_t slba, uint64_t count) const;
};

// Told what each sector holds, in any order, and finds the writes that came apart. Only where a write was the newest that
// was sent to a sector does the sector say anything about it.
class AtomicWrites {
 public:
  struct Torn {
    LoggedWrite write;
    uint64_t missing_lba = 0;              // the first sector without it
    std::optional<uint64_t> found_token;   // what is there, where a worker wrote that
  };

  // Of `writes` those that the unit holds and that have a token.
  AtomicWrites(const AtomicUnit& unit, const std::vector<LoggedWrite>& writes);

  bool empty() const { return writes_.empty(); }
  // `found`: token of the sector, where it proves itself. `newest`: token of the newest write sent there.
  void Found(uint64_t lba, std::optional<uint64_t> found, uint64_t newest);
  std::vector<Torn> TornWrites() const;

 private:
  struct Watched {
    LoggedWrite write;
    bool there = false;
    std::optional<uint64_t> missing_lba;
    std::optional<uint64_t> found_token;
  };

  std::vector<Watched> writes_;  // by token: those of one write follow one another
};

// What a read found in one of its LBAs.
struct SeenSector {
  std::optional<uint64_t> found;   // token, where it proves itself
  std::optional<uint64_t> newest;  // token of the newest write that was sent there, where a worker stamped that
};

// Whether a read, from `slba` on, has found a write that `unit` holds in some of its LBAs and in others what was there
// before it. The drive may give the old or the new data of each such write, not of both.
std::optional<AtomicWrites::Torn> TornInRead(const AtomicUnit& unit, const RecentWrites& recent, uint64_t slba, const std::vector<SeenSector>& seen);

}  // namespace assay
