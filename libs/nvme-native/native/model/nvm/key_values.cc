#include "key_values.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "model/statuses.h"

namespace assay::model {
namespace {

constexpr uint64_t kMaxSequence = UINT64_MAX / 2;

// At the beginning of a sector.
struct PartHead {
  uint64_t sequence;
  uint32_t part;
  uint32_t value_bytes;
  uint8_t key_bytes;
  uint8_t reserved[7];
  uint8_t key[kMaxKeyBytes];
};
static_assert(sizeof(PartHead) == 40);
constexpr uint32_t kPartBytes = kSmallestLba - sizeof(PartHead);

// Of the value, in that part.
uint32_t BytesIn(uint32_t part, uint32_t value_bytes) { return std::min(kPartBytes, value_bytes - std::min(value_bytes, part * kPartBytes)); }
// An empty value has a part as well.
uint32_t Parts(uint32_t value_bytes) { return value_bytes == 0 ? 1 : (value_bytes + kPartBytes - 1) / kPartBytes; }

PartHead HeadOf(const Media& media, uint64_t sector) {
  PartHead head;
  std::memcpy(&head, media.Read(sector), sizeof head);
  return head;
}

// Sectors come from a file that anybody may have written.
bool Possible(const PartHead& head) {
  return head.sequence != 0 && head.sequence <= kMaxSequence && head.value_bytes <= kMaxValueBytes && head.part < Parts(head.value_bytes) &&
         head.key_bytes >= 1 && head.key_bytes <= kMaxKeyBytes;
}

struct FoundPart {
  PartHead head;
  uint32_t sector;

  bool Before(const FoundPart& other) const {
    return std::tie(head.sequence, head.part, sector) < std::tie(other.head.sequence, other.head.part, other.sector);
  }
  bool SameValue(const PartHead& first) const {
    return head.sequence == first.sequence && head.value_bytes == first.value_bytes && head.key_bytes == first.key_bytes &&
           std::memcmp(head.key, first.key, kMaxKeyBytes) == 0;
  }
};

}  // namespace

std::strong_ordering ValueKey::operator<=>(const ValueKey& other) const {
  const int order = std::memcmp(text, other.text, std::min(bytes, other.bytes));
  return order != 0 ? order <=> 0 : bytes <=> other.bytes;
}

KeyValues::KeyValues(Media& media) : media_(media), index_(static_cast<Index*>(media.index_of_sectors.get())) {
  if (index_ == nullptr) FindAll();
}

void KeyValues::FindAll() {
  auto made = std::make_unique<Index>();
  index_ = made.get();
  media_.index_of_sectors = std::move(made);
  std::vector<FoundPart> parts;
  std::vector<uint32_t> left_over;
  for (uint32_t sector = 0; sector < media_.lba_count(); sector++) {
    if (!media_.Written(sector)) continue;
    index_->used++;
    const PartHead head = HeadOf(media_, sector);
    if (Possible(head)) {
      parts.push_back({head, sector});
    } else {
      left_over.push_back(sector);
    }
  }
  std::sort(parts.begin(), parts.end(), [](const FoundPart& a, const FoundPart& b) { return a.Before(b); });
  const auto leave = [&](const StoredValue& value) {
    for (const PartPlace& place : value.places) left_over.push_back(place.sector);
  };
  for (size_t i = 0; i < parts.size();) {
    const PartHead first = parts[i].head;
    StoredValue value{.sequence = first.sequence, .bytes = first.value_bytes, .places = {}};
    for (; i < parts.size() && parts[i].head.sequence == first.sequence; i++) {
      const bool twice = !value.places.empty() && value.places.back().part == parts[i].head.part;
      if (twice || !parts[i].SameValue(first)) {
        left_over.push_back(parts[i].sector);
      } else {
        value.places.push_back({parts[i].head.part, parts[i].sector});
      }
    }
    // Numbers of what comes later must not be those of what is left over now.
    index_->newest = std::max(index_->newest, first.sequence);
    // Its writer died on the way.
    if (first.part != 0) {
      leave(value);
      continue;
    }
    ValueKey key;
    key.bytes = first.key_bytes;
    std::memcpy(key.text, first.key, key.bytes);
    StoredValue& known = index_->values[key];
    leave(known);
    known = std::move(value);
  }
  if (left_over.empty()) return;
  // What is newer must not be lost when what is older has gone, nor what is older come back when what is newer is deleted.
  media_.MakeAllDurable();
  for (uint32_t sector : left_over) media_.Write(sector, nullptr, 0);
  media_.MakeAllDurable();
  index_->used -= left_over.size();
}

const StoredValue* KeyValues::Find(const ValueKey& key) const {
  const auto found = index_->values.find(key);
  return found == index_->values.end() ? nullptr : &found->second;
}

bool KeyValues::Read(const StoredValue& value, uint32_t bytes, uint8_t* to) const {
  if (bytes == 0) return true;
  std::memset(to, 0, bytes);
  for (const auto& [part, sector] : value.places) {
    const uint32_t at = part * kPartBytes;
    if (at >= bytes) break;
    if (media_.AnyUncorrectable(sector, 1)) return false;
    std::memcpy(to + at, media_.Read(sector) + sizeof(PartHead), std::min(BytesIn(part, value.bytes), bytes - at));
  }
  return true;
}

std::vector<uint32_t> KeyValues::TakeSectors(uint64_t count) {
  const uint64_t all = media_.lba_count();
  if (all - index_->used < count) return {};
  std::vector<uint32_t> taken;
  for (uint64_t looked = 0; taken.size() < count && looked < 2 * all; looked++) {
    // Those that are left were freed since the last flush.
    if (looked == all) {
      media_.MakeAllDurable();
      taken.clear();
    }
    const auto sector = static_cast<uint32_t>(index_->next++ % all);
    if (!media_.Written(sector) && media_.Durable(sector)) taken.push_back(sector);
  }
  if (taken.size() < count) taken.clear();
  return taken;
}

uint16_t KeyValues::Store(const ValueKey& key, std::span<const uint8_t> value, Faults* faults) {
  const auto bytes = static_cast<uint32_t>(value.size());
  const NamespaceRecord& ns = media_.record();
  const StoredValue* old = Find(key);
  if (old == nullptr && ns.max_keys != 0 && index_->values.size() >= ns.max_keys) return status::kCapacityExceeded;
  const uint32_t count = Parts(bytes);
  const std::vector<uint32_t> sectors = TakeSectors(count);
  if (sectors.empty()) return status::kCapacityExceeded;
  // A command that the cache cannot hold as a whole goes past it.
  const bool past_cache = count + (old == nullptr ? 0 : old->places.size()) > media_.cache_sectors();
  if (past_cache) media_.MakeAllDurable();
  StoredValue made{.sequence = ++index_->newest, .bytes = bytes, .places = {}};
  for (uint32_t part = 0; part < count; part++) made.places.push_back({part, sectors[part]});
  for (uint32_t n = 1; n <= count; n++) {
    const uint32_t part = n % count;
    PartHead head{.sequence = made.sequence, .part = part, .value_bytes = bytes, .key_bytes = key.bytes, .reserved = {}, .key = {}};
    std::memcpy(head.key, key.text, key.bytes);
    uint8_t sector[kSmallestLba] = {};
    std::memcpy(sector, &head, sizeof head);
    if (bytes != 0) std::memcpy(sector + sizeof head, value.data() + part * kPartBytes, BytesIn(part, bytes));
    media_.Write(sectors[part], sector, kSectorWritten);
  }
  index_->used += count;
  if (faults != nullptr) {
    std::vector<ValuePart> parts;
    for (const auto& [part, sector] : made.places) {
      const bool before = old != nullptr && part < old->places.size() && BytesIn(part, old->bytes) >= BytesIn(part, bytes);
      const uint8_t* was = before ? media_.Read(old->places[part].sector) + sizeof(PartHead) : nullptr;
      parts.push_back({media_.Raw(sector) + sizeof(PartHead), BytesIn(part, bytes), was});
    }
    faults->CorruptValue(parts);
  }
  if (old != nullptr) Free(*old);
  index_->values[key] = std::move(made);
  if (past_cache) media_.MakeAllDurable();
  return 0;
}

void KeyValues::Free(const StoredValue& value) {
  for (const PartPlace& place : value.places) media_.Write(place.sector, nullptr, 0);
  index_->used -= value.places.size();
}

void KeyValues::Delete(const ValueKey& key) {
  const auto found = index_->values.find(key);
  if (found == index_->values.end()) return;
  const bool past_cache = found->second.places.size() > media_.cache_sectors();
  if (past_cache) media_.MakeAllDurable();
  Free(found->second);
  index_->values.erase(found);
  if (past_cache) media_.MakeAllDurable();
}

std::vector<uint8_t> KeyValues::List(const ValueKey& from, uint64_t bytes) const {
  std::vector<uint8_t> list(sizeof(uint32_t));
  uint32_t count = 0;
  for (auto each = index_->values.lower_bound(from); each != index_->values.end(); ++each, ++count) {
    const uint16_t key_bytes = each->first.bytes;
    const size_t at = list.size();
    const size_t padded = (sizeof key_bytes + key_bytes + 3) / 4 * 4;
    if (at + padded > bytes) break;
    list.resize(at + padded);
    std::memcpy(list.data() + at, &key_bytes, sizeof key_bytes);
    std::memcpy(list.data() + at + sizeof key_bytes, each->first.text, key_bytes);
  }
  std::memcpy(list.data(), &count, sizeof count);
  return list;
}

uint64_t KeyValues::used_bytes() const { return index_->used * media_.lba_bytes(); }

}  // namespace assay::model
