// Statuses that the software drive answers with (NVMe Base 2.0, figures 94 to 103; NVM Command Set 1.0, section 3.1.2.1;
// ZNS Command Set 1.1, section 3.1.2; Key Value Command Set 1.0, section 3.1.2).
#pragma once
#include "core/nvme_spec.h"

namespace assay::model::status {

constexpr uint16_t kInvalidOpcode = MakeStatus(0, 0x01, true);
constexpr uint16_t kInvalidField = MakeStatus(0, 0x02, true);
constexpr uint16_t kFailedFused = MakeStatus(0, 0x09);
constexpr uint16_t kMissingFused = MakeStatus(0, 0x0a);
constexpr uint16_t kInvalidNamespace = MakeStatus(0, 0x0b, true);
constexpr uint16_t kSequenceError = MakeStatus(0, 0x0c, true);
constexpr uint16_t kInvalidPrp = MakeStatus(0, 0x13, true);
constexpr uint16_t kHostIdFormat = MakeStatus(0, 0x18, true);
constexpr uint16_t kSanitizeInProgress = MakeStatus(0, 0x1d);
constexpr uint16_t kOperationDenied = MakeStatus(0, 0x15, true);
constexpr uint16_t kWriteProtected = MakeStatus(0, 0x20, true);
constexpr uint16_t kProhibited = MakeStatus(0, 0x23, true);
constexpr uint16_t kPlacementDisabled = MakeStatus(0, 0x29, true);
constexpr uint16_t kInvalidPlacementHandles = MakeStatus(0, 0x2a, true);
constexpr uint16_t kLbaOutOfRange = MakeStatus(0, 0x80, true);
constexpr uint16_t kCapacityExceeded = MakeStatus(0, 0x81, true);
constexpr uint16_t kReservationConflict = MakeStatus(0, 0x83);
constexpr uint16_t kInvalidValueSize = MakeStatus(0, 0x85, true);
constexpr uint16_t kInvalidKeySize = MakeStatus(0, 0x86, true);
constexpr uint16_t kKeyDoesNotExist = MakeStatus(0, 0x87, true);
constexpr uint16_t kUnrecoveredValue = MakeStatus(0, 0x88);
constexpr uint16_t kKeyExists = MakeStatus(0, 0x89, true);

constexpr uint16_t kCqInvalid = MakeStatus(1, 0x00, true);
constexpr uint16_t kInvalidQid = MakeStatus(1, 0x01, true);
constexpr uint16_t kInvalidQueueSize = MakeStatus(1, 0x02, true);
constexpr uint16_t kTooManyEvents = MakeStatus(1, 0x05, true);
constexpr uint16_t kInvalidVector = MakeStatus(1, 0x08, true);
constexpr uint16_t kInvalidLogPage = MakeStatus(1, 0x09, true);
constexpr uint16_t kInvalidFormat = MakeStatus(1, 0x0a, true);
constexpr uint16_t kInvalidDeletion = MakeStatus(1, 0x0c, true);
constexpr uint16_t kNotSaveable = MakeStatus(1, 0x0d, true);
constexpr uint16_t kNotChangeable = MakeStatus(1, 0x0e, true);
constexpr uint16_t kNotNamespaceSpecific = MakeStatus(1, 0x0f, true);
constexpr uint16_t kInsufficientCapacity = MakeStatus(1, 0x15, true);
constexpr uint16_t kNsidUnavailable = MakeStatus(1, 0x16, true);
constexpr uint16_t kAlreadyAttached = MakeStatus(1, 0x18, true);
constexpr uint16_t kNotAttached = MakeStatus(1, 0x1a, true);
constexpr uint16_t kThinProvisioning = MakeStatus(1, 0x1b, true);
constexpr uint16_t kInvalidControllerList = MakeStatus(1, 0x1c, true);
constexpr uint16_t kProhibitionNotSupported = MakeStatus(1, 0x28, true);
constexpr uint16_t kCommandSetNotSupported = MakeStatus(1, 0x29, true);
constexpr uint16_t kInvalidCommandSet = MakeStatus(1, 0x2c, true);
constexpr uint16_t kNoStreamResources = MakeStatus(1, 0x7f);
constexpr uint16_t kInvalidProtection = MakeStatus(1, 0x81, true);
constexpr uint16_t kCommandSizeLimit = MakeStatus(1, 0x83, true);
constexpr uint16_t kZoneBoundary = MakeStatus(1, 0xb8, true);
constexpr uint16_t kZoneFull = MakeStatus(1, 0xb9, true);
constexpr uint16_t kZoneReadOnly = MakeStatus(1, 0xba, true);
constexpr uint16_t kZoneOffline = MakeStatus(1, 0xbb, true);
constexpr uint16_t kZoneInvalidWrite = MakeStatus(1, 0xbc, true);
constexpr uint16_t kTooManyActive = MakeStatus(1, 0xbd);
constexpr uint16_t kTooManyOpen = MakeStatus(1, 0xbe);
constexpr uint16_t kZoneTransition = MakeStatus(1, 0xbf, true);

constexpr uint16_t kUnrecoveredRead = MakeStatus(2, 0x81);
constexpr uint16_t kGuardCheck = MakeStatus(2, 0x82);
constexpr uint16_t kApplicationTagCheck = MakeStatus(2, 0x83);
constexpr uint16_t kReferenceTagCheck = MakeStatus(2, 0x84);
constexpr uint16_t kCompareFailure = MakeStatus(2, 0x85);
constexpr uint16_t kAccessDenied = MakeStatus(2, 0x86, true);
constexpr uint16_t kDeallocated = MakeStatus(2, 0x87, true);
constexpr uint16_t kStorageTagCheck = MakeStatus(2, 0x88);

}  // namespace assay::model::status
