// How long commands take on something like NAND: a fast SLC region that fills up, a slower steady state with garbage
// collection, dies that do one thing at a time, and heat that throttles. A function of the sequence of commands, the seed
// and, for folding, heat and contention, of when they came. Device thread only.
#pragma once
#include <vector>

#include "core/random.h"
#include "drive_layout.h"

namespace assay::model {

constexpr uint64_t kNandPageBytes = 16 * 1024;  // what one die takes at once
constexpr uint32_t kMaxDies = 256;
// Throttling ends so far below the temperature at which it began.
constexpr double kThrottleHysteresisC = 3;

class Nand {
 public:
  explicit Nand(DriveHeader* header);

  bool enabled() const { return header_->nand.dies != 0; }
  // From now to the end of a read or write of these bytes, ns. `service_ns` is the time of one page by the drive's latency
  // model.
  uint64_t Read(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t now_ns);
  // `steady_ns`: the same when the SLC region is full.
  uint64_t Write(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t steady_ns, uint64_t now_ns);

 private:
  uint64_t Occupy(uint64_t offset, uint64_t bytes, uint64_t service_ns, uint64_t now_ns);
  void Heat(uint64_t bytes, uint64_t now_ns);
  void Fold(uint64_t now_ns);
  void Collect(uint64_t bytes, uint64_t now_ns);

  DriveHeader* header_;
  std::vector<uint64_t> free_at_ns_;  // by die
  uint64_t folded_at_ns_ = 0;
};

// Composite temperature in degrees Celsius at a time of CLOCK_REALTIME.
double TemperatureC(const DriveHeader& header, uint64_t realtime_ns);

}  // namespace assay::model
