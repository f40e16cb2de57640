#include "worker_steps.h"

namespace assay {

WorkerSteps::WorkerSteps(const WorkerOptions& options, std::shared_ptr<VerifyTable> table)
    : options_(options), table_(std::move(table)), pattern_(options.pattern), plain_(options.sequence.empty() && !options.skip_uncorrectable) {}

NextStep WorkerSteps::Replay(IoStep* step, uint64_t* passed) {
  if (!options_.sequence.empty()) {
    if (replayed_ == options_.sequence.size()) return NextStep::kNone;
    *step = options_.sequence[replayed_++].step;
    *passed = step->lbas;
    return NextStep::kStep;
  }
  *step = rest_.lbas != 0 ? rest_ : pattern_.Next();
  rest_.lbas = 0;
  *passed = step->lbas;
  if (!options_.skip_uncorrectable || step->lbas == 0) return NextStep::kStep;
  Trim(step, passed);
  if (step->lbas == 0) return ++left_out_in_a_row_ < kMaxLeftOutInARow ? NextStep::kLeftOut : NextStep::kNone;
  left_out_in_a_row_ = 0;
  return NextStep::kStep;
}

// The first run of LBAs that are not marked; what comes behind the next marked ones is a command of its own.
void WorkerSteps::Trim(IoStep* step, uint64_t* passed) {
  const auto run = [&](uint32_t at, bool marked) {
    while (at < step->lbas && table_->Uncorrectable(step->slba + at) == marked) at++;
    return at;
  };
  const uint32_t from = run(0, true);
  const uint32_t to = run(from, false);
  const uint32_t next = run(to, true);
  if (next < step->lbas) rest_ = {step->opcode, step->slba + next, step->lbas - next};
  left_out_ += from + (next - to);
  *passed = next;
  step->slba += from;
  step->lbas = to - from;
}

}  // namespace assay
