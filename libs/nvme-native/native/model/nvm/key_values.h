// The keys and values of a namespace of the key value command set (Key Value Command Set 1.0), in its sectors of 512 bytes:
// a value lies in parts, one a sector, each behind a head that says whose part it is, so that the sectors alone tell
// everything. A key has a value when its part 0 is there, which is written last. A new value goes to free sectors, then those
// of the old one are freed; they are used again only when a power cut can no longer bring the old one back. So a process that
// dies leaves the old value or the new one, and so does a power cut, which takes a command as a whole. To replace a value
// there must be room for both.
//
// Works on the sectors of the drive's file and an index of them in memory; made anew for each command. Device thread only.
#pragma once
#include <compare>
#include <map>
#include <span>
#include <vector>

#include "model/faults/faults.h"

namespace assay::model {

// In the order of List: by bytes, a key before those that begin with it.
struct ValueKey {
  uint8_t bytes = 0;
  uint8_t text[kMaxKeyBytes] = {};

  std::strong_ordering operator<=>(const ValueKey& other) const;
  bool operator==(const ValueKey& other) const { return (*this <=> other) == std::strong_ordering::equal; }
};

// A part of a value and the sector that has it.
struct PartPlace {
  uint32_t part;
  uint32_t sector;
};

struct StoredValue {
  uint64_t sequence;  // of two values of a key the greater one is the newer
  uint32_t bytes;
  std::vector<PartPlace> places;  // ascending; a part that a defect has lost is not there and reads zeroes
};

class KeyValues {
 public:
  explicit KeyValues(Media& media);

  // Null: the key does not exist.
  const StoredValue* Find(const ValueKey& key) const;
  // So many bytes from its beginning. False: a sector cannot be read.
  bool Read(const StoredValue& value, uint32_t bytes, uint8_t* to) const;
  // New, or instead of the one before. A status without phase. `faults` may damage it, null: nothing does.
  uint16_t Store(const ValueKey& key, std::span<const uint8_t> value, Faults* faults);
  void Delete(const ValueKey& key);
  // The list from that key on, or from the next one where it does not exist: number of keys, then for each its length and
  // itself, padded to dwords; no more than fits (Key Value Command Set 1.0, figures 15 and 16). `bytes` 4 or more.
  std::vector<uint8_t> List(const ValueKey& from, uint64_t bytes) const;
  // Of sectors: what is left of the namespace's size can be stored.
  uint64_t used_bytes() const;

 private:
  struct Index : SectorIndex {
    std::map<ValueKey, StoredValue> values;
    uint64_t newest = 0;  // sequence
    uint64_t used = 0;    // sectors
    uint64_t next = 0;    // sector to look at for the next part
  };

  void FindAll();
  // Free sectors that no power cut fills again; empty: there are not so many.
  std::vector<uint32_t> TakeSectors(uint64_t count);
  void Free(const StoredValue& value);

  Media& media_;
  Index* index_;
};

}  // namespace assay::model
