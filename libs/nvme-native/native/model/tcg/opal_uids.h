// Identifiers of the TCG Storage Architecture Core Specification 2.01, 5.1.5, and of Opal SSC 2.01, 4.2 and 4.3. The first
// byte is the highest. Numbered ones end with their number.
#pragma once
#include <cstdint>

namespace assay::model::tcg {

constexpr uint64_t kThisSp = 0x01;
constexpr uint64_t kSessionManager = 0xff;

constexpr uint64_t kProperties = 0xff01;
constexpr uint64_t kStartSession = 0xff02;
constexpr uint64_t kSyncSession = 0xff03;
constexpr uint64_t kGenKey = 0x0000'0006'0000'0010;
constexpr uint64_t kRevertSp = 0x0000'0006'0000'0011;
constexpr uint64_t kGet = 0x0000'0006'0000'0016;
constexpr uint64_t kSet = 0x0000'0006'0000'0017;
constexpr uint64_t kAuthenticate = 0x0000'0006'0000'001c;
constexpr uint64_t kRevert = 0x0000'0006'0000'0202;
constexpr uint64_t kActivate = 0x0000'0006'0000'0203;

constexpr uint64_t kAdminSp = 0x0000'0205'0000'0001;
constexpr uint64_t kLockingSp = 0x0000'0205'0000'0002;

constexpr uint64_t kAnybody = 0x0000'0009'0000'0001;
constexpr uint64_t kSid = 0x0000'0009'0000'0006;
constexpr uint64_t kPsid = 0x0000'0009'0001'ff01;
constexpr uint64_t kAdmins = 0x0000'0009'0001'0000;  // + n, of the Locking SP
constexpr uint64_t kUsers = 0x0000'0009'0003'0000;   // + n

constexpr uint64_t kPinOfSid = 0x0000'000b'0000'0001;
constexpr uint64_t kPinOfMsid = 0x0000'000b'0000'8402;
constexpr uint64_t kPinsOfAdmins = 0x0000'000b'0001'0000;  // + n
constexpr uint64_t kPinsOfUsers = 0x0000'000b'0003'0000;   // + n

constexpr uint64_t kLockingInfo = 0x0000'0801'0000'0001;
constexpr uint64_t kGlobalRange = 0x0000'0802'0000'0001;
constexpr uint64_t kRanges = 0x0000'0802'0003'0000;  // + n
constexpr uint64_t kGlobalKey = 0x0000'0806'0000'0001;
constexpr uint64_t kKeys = 0x0000'0806'0003'0000;          // + n
constexpr uint64_t kMaySetReadLocked = 0x0000'0008'0003'e000;   // + n, access control elements; 0 is the global range
constexpr uint64_t kMaySetWriteLocked = 0x0000'0008'0003'e800;  // + n

// n of `first` + n, for n from 1 on; 0: another object, or beyond `most`.
constexpr uint32_t NumberIn(uint64_t uid, uint64_t first, uint32_t most) {
  return uid > first && uid - first <= most ? static_cast<uint32_t>(uid - first) : 0;
}

// Core Specification, 5.1.5.
enum MethodStatus : uint8_t {
  kSuccess = 0x00,
  kNotAuthorized = 0x01,
  kSpBusy = 0x03,
  kNoSessionsAvailable = 0x07,
  kInvalidParameter = 0x0c,
  kAuthorityLockedOut = 0x12,
  kFailed = 0x3f,
};

}  // namespace assay::model::tcg
