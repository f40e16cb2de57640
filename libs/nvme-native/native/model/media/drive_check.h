// What a drive's header must fulfil before anybody works with the file: it may come from anywhere.
#pragma once
#include <string>

#include "drive_layout.h"

namespace assay::model {

// What is wrong with the header of a file of `file_bytes` bytes, as the end of a sentence; empty: nothing.
std::string WhatIsWrong(const DriveHeader& header, uint64_t file_bytes);
std::string WhatIsWrong(const PlacementRecord& record, uint64_t capacity_bytes);

}  // namespace assay::model
