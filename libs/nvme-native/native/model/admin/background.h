// Work that the drive does on its own time: sanitize (NVMe Base 2.0, 5.24 and 8.21) and device self-test (5.9, 8.6). How
// far it is stands in the drive's file, so that it goes on after a reset, a power cut or the death of the process.
#pragma once
#include "model/media/namespaces.h"

namespace assay::model {

constexpr uint64_t kSanitizeNs = 1000 * kNsPerMs;
constexpr uint64_t kOverwritePassNs = 400 * kNsPerMs;
constexpr uint64_t kShortTestNs = 200 * kNsPerMs;
constexpr uint64_t kExtendedTestNs = 4000 * kNsPerMs;
constexpr uint64_t kBackgroundTickNs = 5 * kNsPerMs;
// SANICAP: crypto erase, block erase, overwrite; nothing else changes the medium after a sanitize.
constexpr uint32_t kSanitizeCapabilities = 1 | 2 | 4 | 1u << 30;
constexpr uint32_t kSanitizeLogBytes = 512;
constexpr uint32_t kSelfTestLogBytes = 564;

// How a self-test ended (NVMe Base 2.0, figure 203).
enum SelfTestEnd : uint8_t { kTestPassed = 0, kTestAborted = 1, kTestEndedByReset = 2, kTestEndedByFormat = 4, kTestEndedBySanitize = 9 };

// Device thread only.
class Background {
 public:
  Background(DriveHeader* header, Namespaces* namespaces) : header_(header), namespaces_(namespaces) {}

  // Takes the time that passed since the last call off the work. True when a sanitize operation has just finished.
  bool Advance(uint64_t now_ns);
  // When to call Advance again; kNever while nothing runs.
  uint64_t NextDueNs(uint64_t now_ns) const { return Running() ? now_ns + kBackgroundTickNs : kNever; }
  // The time until the next Advance does not count: there was no power.
  void Pause() { last_ns_ = 0; }

  bool Sanitizing() const;
  // Starts; `pattern` is that of an overwrite. Returns a status without phase.
  uint16_t Sanitize(uint32_t cdw10, uint32_t pattern);
  uint16_t SelfTest(uint32_t nsid, uint32_t code);
  // A controller level reset ends a short self-test; an extended one goes on.
  void ControllerReset();
  void EndSelfTest(SelfTestEnd end);

 private:
  bool Running() const { return Sanitizing() || header_->self_test.code != 0; }

  DriveHeader* header_;
  Namespaces* namespaces_;
  uint64_t last_ns_ = 0;
};

void FillSanitizeLog(const DriveHeader& header, uint8_t* page);
void FillSelfTestLog(const DriveHeader& header, uint8_t* page);

}  // namespace assay::model
