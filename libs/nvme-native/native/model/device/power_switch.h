// The simulated power switch: acts on the file, whoever holds the drive and whether that process lives, sleeps or died.
#pragma once
#include <string>

#include "core/status.h"

namespace assay::model {

struct PowerReport {
  bool on = false;
  uint64_t generation = 0;  // number of cuts since creation
};

// Off: waits for the end of the batch of commands that the holder is executing, loses what a cut may lose (seeded by the
// drive's seed and the generation) and leaves the holder with a dead device. kTimeout when the holder is stopped in the
// middle of a batch. On: counts the power cycle. The state it is in already: nothing happens.
Status SwitchPower(const std::string& path, bool on, PowerReport* report);
Status ReadPower(const std::string& path, PowerReport* report);

}  // namespace assay::model
