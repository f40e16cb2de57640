#include "background.h"

#include <algorithm>
#include <cstring>

#include "core/nvme_spec.h"

namespace assay::model {
namespace {

constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kInvalidNamespace = MakeStatus(0, 0x0b, true);
constexpr uint16_t kSanitizeInProgress = MakeStatus(0, 0x1d);
constexpr uint16_t kSelfTestInProgress = MakeStatus(1, 0x1d);

enum SanitizeStatus : uint32_t { kNeverSanitized = 0, kSanitized = 1, kSanitizeRuns = 2 };
enum SanitizeAction : uint32_t { kExitFailureMode = 1, kBlockErase = 2, kOverwrite = 3, kCryptoErase = 4 };
enum SelfTestCode : uint32_t { kShort = 1, kExtended = 2, kAbortTest = 0xf };
constexpr uint8_t kNoResult = 0xf;
constexpr uint32_t kResultBytes = 28;

template <typename T>
void Put(uint8_t* page, size_t at, T value) {
  std::memcpy(page + at, &value, sizeof value);
}

constexpr uint32_t kInvertBetweenPasses = 1 << 8, kNoDeallocate = 1 << 9;

bool Overwrites(uint32_t cdw10) { return (cdw10 & 7) == kOverwrite; }

// 0 stands for 16.
uint32_t Passes(uint32_t cdw10) { return (cdw10 >> 4 & 15) == 0 ? 16 : cdw10 >> 4 & 15; }

uint64_t NeededNs(const SanitizeRecord& sanitize) { return Overwrites(sanitize.cdw10) ? Passes(sanitize.cdw10) * kOverwritePassNs : kSanitizeNs; }

uint32_t PassesDone(const SanitizeRecord& sanitize) {
  return Overwrites(sanitize.cdw10) ? static_cast<uint32_t>(std::min<uint64_t>(sanitize.done_ns / kOverwritePassNs, Passes(sanitize.cdw10))) : 0;
}

// What is on the medium at the end. An overwrite shows its last pass where nothing is deallocated.
void Wipe(Media& media, const SanitizeRecord& sanitize) {
  media.Erase();
  if (!(sanitize.cdw10 & kNoDeallocate)) return;
  const bool inverted = (sanitize.cdw10 & kInvertBetweenPasses) && Passes(sanitize.cdw10) % 2 == 0;
  media.Fill(Overwrites(sanitize.cdw10) ? (inverted ? ~sanitize.cdw11 : sanitize.cdw11) : 0);
}

uint64_t TestNs(uint32_t code) { return code == kShort ? kShortTestNs : kExtendedTestNs; }

}  // namespace

bool Background::Sanitizing() const { return header_->sanitize.status == kSanitizeRuns; }

bool Background::Advance(uint64_t now_ns) {
  if (!Running()) {
    last_ns_ = 0;
    return false;
  }
  const uint64_t passed = last_ns_ == 0 ? 0 : now_ns - std::min(now_ns, last_ns_);
  last_ns_ = now_ns;
  SelfTestRecord& test = header_->self_test;
  if (test.code != 0) {
    test.done_ns += passed;
    if (test.done_ns >= TestNs(test.code)) EndSelfTest(kTestPassed);
  }
  if (!Sanitizing()) return false;
  header_->sanitize.done_ns += passed;
  if (header_->sanitize.done_ns < NeededNs(header_->sanitize)) return false;
  namespaces_->ForEachAllocated([this](Media& media) { Wipe(media, header_->sanitize); });
  header_->sanitize.status = kSanitized;
  return true;
}

uint16_t Background::Sanitize(uint32_t cdw10, uint32_t pattern) {
  if (Sanitizing()) return kSanitizeInProgress;
  switch (cdw10 & 7) {
    case kExitFailureMode: return 0;  // it never fails
    case kBlockErase:
    case kOverwrite:
    case kCryptoErase: break;
    default: return kInvalidField;
  }
  EndSelfTest(kTestEndedBySanitize);
  header_->sanitize.done_ns = 0;
  header_->sanitize.cdw10 = cdw10;
  header_->sanitize.cdw11 = pattern;
  header_->sanitize.status = kSanitizeRuns;
  return 0;
}

uint16_t Background::SelfTest(uint32_t nsid, uint32_t code) {
  if (nsid != 0 && nsid != UINT32_MAX && namespaces_->Active(nsid) == nullptr) return kInvalidNamespace;
  SelfTestRecord& test = header_->self_test;
  if (code == kAbortTest) {
    EndSelfTest(kTestAborted);
    return 0;
  }
  if (code != kShort && code != kExtended) return kInvalidField;
  if (test.code != 0) return kSelfTestInProgress;
  test.nsid = nsid;
  test.done_ns = 0;
  test.code = code;
  return 0;
}

void Background::ControllerReset() {
  if (header_->self_test.code == kShort) EndSelfTest(kTestEndedByReset);
}

void Background::EndSelfTest(SelfTestEnd end) {
  SelfTestRecord& test = header_->self_test;
  if (test.code == 0) return;
  SelfTestResult& result = test.results[test.ended % kSelfTestResults];
  result.code_and_end = static_cast<uint8_t>(test.code << 4 | end);
  result.nsid = test.nsid;
  result.power_on_hours = header_->smart.powered_ms / 3'600'000;
  test.ended++;
  test.code = 0;
}

void FillSanitizeLog(const DriveHeader& header, uint8_t* page) {
  const SanitizeRecord& sanitize = header.sanitize;
  const bool runs = sanitize.status == kSanitizeRuns;
  Put<uint16_t>(page, 0, runs ? static_cast<uint16_t>(std::min<uint64_t>(0xfffe, sanitize.done_ns * 0x10000 / NeededNs(sanitize))) : 0xffff);
  Put<uint16_t>(page, 2, static_cast<uint16_t>(sanitize.status | PassesDone(sanitize) << 3));
  Put<uint32_t>(page, 4, sanitize.cdw10);
  for (size_t at = 8; at < 32; at += 4) Put<uint32_t>(page, at, UINT32_MAX);  // no estimates
}

void FillSelfTestLog(const DriveHeader& header, uint8_t* page) {
  const SelfTestRecord& test = header.self_test;
  page[0] = static_cast<uint8_t>(test.code);
  if (test.code != 0) page[1] = static_cast<uint8_t>(std::min<uint64_t>(99, test.done_ns * 100 / TestNs(test.code)));
  for (uint32_t i = 0; i < kSelfTestResults; i++) {
    uint8_t* at = page + 4 + i * kResultBytes;
    at[0] = kNoResult;
    if (i >= test.ended) continue;
    const SelfTestResult& result = test.results[(test.ended - 1 - i) % kSelfTestResults];
    at[0] = result.code_and_end;
    at[2] = 1;  // the namespace is valid
    Put(at, 4, result.power_on_hours);
    Put(at, 12, result.nsid);
  }
}

}  // namespace assay::model
