#include "worker_options.h"

#include <algorithm>
#include <cassert>

namespace assay {

std::vector<WorkerOperation> OperationsOf(const WorkerOptions& options) {
  std::vector<WorkerOperation> lines;
  const auto add = [&](uint8_t opcode) {
    const auto same = [opcode](const WorkerOperation& line) { return line.operation.opcode == opcode; };
    if (std::any_of(lines.begin(), lines.end(), same)) return;
    const auto told = std::find_if(options.operations.begin(), options.operations.end(), same);
    if (told != options.operations.end()) return lines.push_back(*told);
    const NvmOperation* known = FindNvmOperation(opcode);
    assert(known != nullptr);
    lines.push_back({*known});
  };
  const PatternOptions& pattern = options.pattern;
  if (!options.sequence.empty()) {
    for (const SequenceStep& step : options.sequence) add(step.step.opcode);
    return lines;
  }
  for (const OperationShare& share : pattern.operations) add(share.opcode);
  if (pattern.operations.empty() && pattern.read_percent > 0) add(nvm_opcode::kRead);
  if (pattern.operations.empty() && pattern.read_percent < 100) add(nvm_opcode::kWrite);
  if (pattern.flush_every != 0) add(nvm_opcode::kFlush);
  return lines;
}

}  // namespace assay
