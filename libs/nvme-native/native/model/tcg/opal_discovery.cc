#include "opal.h"

namespace assay::model {
namespace {

constexpr size_t kHeaderLength = 48;
enum FeatureCode : uint16_t { kTper = 0x0001, kLocking = 0x0002, kGeometry = 0x0003, kOpalSsc = 0x0203 };
constexpr uint8_t kSynchronous = 1, kStreaming = 0x10;
constexpr uint8_t kLockingSupported = 1, kLockingEnabled = 2, kLocked = 4, kMediaEncryption = 8, kNoShadowMbr = 0x40;

// A descriptor with so many bytes of its own; returns where it begins.
size_t Add(FeatureCode code, uint8_t version, uint8_t bytes, std::vector<uint8_t>* page) {
  const size_t at = page->size();
  page->resize(at + 4 + bytes);
  tcg::PutBig(page->data(), at, static_cast<uint16_t>(code));
  (*page)[at + 2] = static_cast<uint8_t>(version << 4);
  (*page)[at + 3] = bytes;
  return at;
}

bool Locked(const OpalRange& range) {
  return (range.read_lock_enabled && range.read_locked) || (range.write_lock_enabled && range.write_locked);
}

}  // namespace

void FillOpalDiscovery(const DriveHeader& header, uint32_t lba_bytes, std::vector<uint8_t>* page) {
  const OpalRecord& opal = header.opal;
  page->assign(kHeaderLength, 0);
  const size_t tper = Add(kTper, 1, 12, page);
  (*page)[tper + 4] = kSynchronous | kStreaming;
  const size_t locking = Add(kLocking, 1, 12, page);
  uint8_t flags = kLockingSupported | kMediaEncryption | kNoShadowMbr;
  if (opal.activated) flags |= kLockingEnabled;
  for (const OpalRange& range : opal.ranges) {
    if (opal.activated && Locked(range)) flags |= kLocked;
  }
  (*page)[locking + 4] = flags;
  const size_t geometry = Add(kGeometry, 1, 28, page);
  tcg::PutBig(page->data(), geometry + 12, lba_bytes);
  tcg::PutBig(page->data(), geometry + 16, uint64_t{1});  // alignment granularity, LBAs
  const size_t ssc = Add(kOpalSsc, 2, 16, page);
  tcg::PutBig(page->data(), ssc + 4, kOpalComId);
  tcg::PutBig(page->data(), ssc + 6, uint16_t{1});  // ComIDs
  tcg::PutBig(page->data(), ssc + 9, static_cast<uint16_t>(kOpalAdmins));
  tcg::PutBig(page->data(), ssc + 11, static_cast<uint16_t>(kOpalUsers));
  // Byte 13 and 14: SID is MSID at first and again after a revert. Byte 8: commands may cross ranges.
  tcg::PutBig(page->data(), 0, static_cast<uint32_t>(page->size() - 4));
  tcg::PutBig(page->data(), 4, uint32_t{1});  // revision of this structure
}

}  // namespace assay::model
