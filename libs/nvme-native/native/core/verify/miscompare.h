// A sector that is not what it must be. The kinds are those of NativeMiscompare in src/namespace/miscompare.ts.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "write_log.h"

namespace assay {

enum class MiscompareKind : uint8_t {
  kBitError,
  kWrongLba,
  kStaleVersion,
  kTornWrite,
  kUnexpectedZeroes,
  kUnexpectedData,
  kUncorrectable,
  kLostWrite,
  kProtectionInformation,
};

struct Miscompare {
  uint32_t nsid = 1;
  uint64_t lba = 0;
  MiscompareKind kind = MiscompareKind::kUnexpectedData;
  std::optional<uint32_t> byte_offset;
  std::optional<uint64_t> expected_token;
  std::optional<uint64_t> got_token;
  std::optional<uint64_t> expected_lba;
  std::optional<uint64_t> got_lba;
  std::string expected;  // hex, at most 64 bytes around the first difference
  std::string got;
  std::vector<LoggedWrite> last_writes;  // to this LBA, newest first
};

}  // namespace assay
