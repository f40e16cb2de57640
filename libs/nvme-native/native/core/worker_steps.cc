#include "worker_steps.h"

namespace assay {

WorkerSteps::WorkerSteps(const WorkerOptions& options, std::shared_ptr<VerifyTable> table)
    : options_(options), table_(std::move(table)), pattern_(options.pattern) {}

bool WorkerSteps::Next(IoStep* step, uint64_t* passed) {
  *passed = 0;
  if (!options_.sequence.empty()) {
    if (replayed_ == options_.sequence.size()) return false;
    *step = options_.sequence[replayed_++].step;
    *passed = step->lbas;
    return true;
  }
  for (uint32_t i = 0; i < kMaxLeftOutInARow; i++) {
    *step = rest_.lbas != 0 ? rest_ : pattern_.Next();
    rest_.lbas = 0;
    if (!options_.skip_uncorrectable) {
      *passed = step->lbas;
      return true;
    }
    if (step->lbas == 0 || Trim(step, passed)) return true;
  }
  return false;
}

// The first run of LBAs that are not marked; what comes behind it is the next command.
bool WorkerSteps::Trim(IoStep* step, uint64_t* passed) {
  uint32_t from = 0;
  while (from < step->lbas && table_->Uncorrectable(step->slba + from)) from++;
  uint32_t to = from;
  while (to < step->lbas && !table_->Uncorrectable(step->slba + to)) to++;
  if (to < step->lbas) rest_ = {step->opcode, step->slba + to, step->lbas - to};
  left_out_ += from;
  *passed += to;
  step->slba += from;
  step->lbas = to - from;
  return step->lbas != 0;
}

}  // namespace assay
