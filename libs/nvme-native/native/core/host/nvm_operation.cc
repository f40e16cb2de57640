#include "nvm_operation.h"

namespace assay {
namespace {

constexpr NvmOperation kOperationTable[] = {
    {nvm_opcode::kFlush, Addressing::kNone, Direction::kNone, Effect::kFlush},
    {nvm_opcode::kWrite, Addressing::kCdw, Direction::kToDevice, Effect::kWrites},
    {nvm_opcode::kRead, Addressing::kCdw, Direction::kFromDevice, Effect::kNone},
    {nvm_opcode::kWriteUncorrectable, Addressing::kCdw, Direction::kNone, Effect::kUncorrectable},
    {nvm_opcode::kCompare, Addressing::kCdw, Direction::kToDevice, Effect::kNone},
    {nvm_opcode::kWriteZeroes, Addressing::kCdw, Direction::kNone, Effect::kZeroes},
    {nvm_opcode::kDatasetManagement, Addressing::kRange, Direction::kToDevice, Effect::kUnknown},
    {nvm_opcode::kVerify, Addressing::kCdw, Direction::kNone, Effect::kNone},
};

}  // namespace

const NvmOperation* FindNvmOperation(uint8_t opcode) {
  for (const NvmOperation& operation : kOperationTable) {
    if (operation.opcode == opcode) return &operation;
  }
  return nullptr;
}

}  // namespace assay
