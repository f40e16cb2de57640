// Where an ioworker's commands come from: the generator, or a sequence that is replayed. LBAs that were written
// uncorrectable are left out on request: a command on both sides of such LBAs becomes two.
#pragma once
#include <memory>

#include "core/verify/verify_table.h"
#include "worker_options.h"

namespace assay {

// Commands that lie on left out LBAs only, one behind the other; then there is nothing left to do.
constexpr uint32_t kMaxLeftOutInARow = 1'000'000;

enum class NextStep : uint8_t {
  kStep,
  kLeftOut,  // all of its LBAs
  kNone,     // there are no more
};

class WorkerSteps {
 public:
  // `options` must outlive this; `table` may be null when nothing is left out.
  WorkerSteps(const WorkerOptions& options, std::shared_ptr<VerifyTable> table);

  // `passed`: LBAs of the region that this step is done with, the left out ones included.
  NextStep Next(IoStep* step, uint64_t* passed) {
    if (!plain_) return Replay(step, passed);
    *step = pattern_.Next();
    *passed = step->lbas;
    return NextStep::kStep;
  }
  uint64_t left_out_lbas() const { return left_out_; }

 private:
  NextStep Replay(IoStep* step, uint64_t* passed);
  void Trim(IoStep* step, uint64_t* passed);

  const WorkerOptions& options_;
  std::shared_ptr<VerifyTable> table_;
  IoPattern pattern_;
  const bool plain_;  // the generator's steps as they come
  size_t replayed_ = 0;
  IoStep rest_{};  // of a command that was cut in two
  uint32_t left_out_in_a_row_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace assay
