// Store, Retrieve, List, Delete and Exist (Key Value Command Set 1.0, section 3.2).
#include "key_values.h"
#include "nvm_commands.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint32_t kListHeadBytes = 4;
enum StoreOption : uint32_t { kMustExist = 1 << 8, kMustNotExist = 1 << 9 };  // of dword 11

uint32_t KeyBytes(const Sqe& sqe) { return sqe.cdw11 & 0xff; }

// Checked before: it has so many bytes at most.
ValueKey KeyOf(const Sqe& sqe) {
  const uint32_t words[] = {sqe.cdw2, sqe.cdw3, sqe.cdw14, sqe.cdw15};
  static_assert(sizeof words == kMaxKeyBytes);
  ValueKey key;
  key.bytes = static_cast<uint8_t>(KeyBytes(sqe));
  std::memcpy(key.text, words, key.bytes);
  return key;
}

// To the host, whose buffer may be longer than what it gets: what its pointers mean goes by the length of the buffer.
Device::Outcome GiveInto(const Sqe& sqe, uint64_t buffer_bytes, std::span<const uint8_t> data) {
  const bool ok = ForEachRun(sqe, buffer_bytes, [&](uint8_t* to, uint64_t bytes) {
    const size_t part = std::min<uint64_t>(bytes, data.size());
    if (part != 0) std::memcpy(to, data.data(), part);
    data = data.subspan(part);
  });
  return Fail(ok ? 0 : status::kInvalidPrp);
}

}  // namespace

// A length that no key can have is another mistake than one that the namespace has no keys of.
uint16_t NvmCommands::CheckKey(const Sqe& sqe, const Media& media) const {
  if (KeyBytes(sqe) > kMaxKeyBytes) return status::kInvalidField;
  return KeyBytes(sqe) == 0 || KeyBytes(sqe) > media.record().max_key_bytes ? status::kInvalidKeySize : 0;
}

Device::Outcome NvmCommands::Store(const Sqe& sqe, Media& media) {
  const uint32_t bytes = sqe.cdw10;
  if (bytes > media.record().max_value_bytes) return Fail(status::kInvalidValueSize);
  if (bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  if (d_.health_.ReadOnly()) return Fail(status::kWriteProtected);
  const ValueKey key = KeyOf(sqe);
  KeyValues values(media);
  const bool exists = values.Find(key) != nullptr;
  if (!exists && (sqe.cdw11 & kMustExist)) return Fail(status::kKeyDoesNotExist);
  if (exists && (sqe.cdw11 & kMustNotExist)) return Fail(status::kKeyExists);
  std::vector<uint8_t> value(bytes);
  if (const uint16_t status = Take(sqe, value.data(), bytes)) return Fail(status);
  d_.header_->smart.write_commands++;
  if (const uint16_t status = values.Store(key, value, &d_.faults_)) return Fail(status);
  d_.header_->smart.sectors_written += (uint64_t{bytes} + 511) / 512;
  const std::vector<PartPlace>& places = values.Find(key)->places;
  for (const PartPlace& place : places) d_.health_.Wear(&media, place.sector, 1);
  if (!d_.VolatileCacheEnabled()) media.MakeAllDurable();
  Device::Outcome outcome;
  outcome.delay_ns = d_.WriteTimeNs(media, places.front().sector, places.size());
  return outcome;
}

// A buffer that is too short gets the beginning; dword 0 says how long the value is.
Device::Outcome NvmCommands::Retrieve(const Sqe& sqe, Media& media) {
  if (sqe.cdw10 > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  d_.header_->smart.read_commands++;
  const KeyValues values(media);
  const StoredValue* stored = values.Find(KeyOf(sqe));
  if (stored == nullptr) return Fail(status::kKeyDoesNotExist);
  std::vector<uint8_t> value(std::min(sqe.cdw10, stored->bytes));
  if (!values.Read(*stored, static_cast<uint32_t>(value.size()), value.data())) return Fail(status::kUnrecoveredValue);
  d_.header_->smart.sectors_read += (value.size() + 511) / 512;
  Device::Outcome outcome = GiveInto(sqe, sqe.cdw10, value);
  outcome.cdw0 = stored->bytes;
  outcome.delay_ns = d_.ReadTimeNs(media, stored->places.front().sector, stored->places.size());
  return outcome;
}

// Of a key that does not exist it is an error when the host wants it so (feature 20h).
Device::Outcome NvmCommands::DeleteKey(const Sqe& sqe, Media& media) {
  if (d_.health_.ReadOnly()) return Fail(status::kWriteProtected);
  const ValueKey key = KeyOf(sqe);
  KeyValues values(media);
  if (values.Find(key) == nullptr) return Fail(d_.key_value_configuration_[media.nsid() - 1] ? status::kKeyDoesNotExist : 0);
  values.Delete(key);
  if (!d_.VolatileCacheEnabled()) media.MakeAllDurable();
  Device::Outcome outcome;
  outcome.delay_ns = d_.Jittered(d_.header_->write_us);
  return outcome;
}

Device::Outcome NvmCommands::Exist(const Sqe& sqe, Media& media) {
  Device::Outcome outcome = Fail(KeyValues(media).Find(KeyOf(sqe)) == nullptr ? status::kKeyDoesNotExist : 0);
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  return outcome;
}

// Without a key it begins with the first one.
Device::Outcome NvmCommands::ListKeys(const Sqe& sqe, Media& media) {
  if (KeyBytes(sqe) > kMaxKeyBytes || sqe.cdw10 < kListHeadBytes || sqe.cdw10 > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  if (KeyBytes(sqe) > media.record().max_key_bytes) return Fail(status::kInvalidKeySize);
  if (const uint16_t status = d_.faults_.BadStatus(sqe.opc, 0, 0)) return Fail(status);
  const std::vector<uint8_t> list = KeyValues(media).List(KeyOf(sqe), sqe.cdw10);
  Device::Outcome outcome = GiveInto(sqe, sqe.cdw10, list);
  outcome.delay_ns = d_.Jittered(d_.header_->read_us);
  return outcome;
}

}  // namespace assay::model
