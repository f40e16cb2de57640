#include "faults.h"

#include "core/random.h"
#include "fault_kinds.h"

namespace assay::model {
namespace {

bool Is(const FaultRule& rule, FaultTarget target) { return InfoOf(rule.kind).target == target; }

}  // namespace

Faults::Faults(DriveFile* file) : header_(&file->header()) {
  for (uint32_t i = 0; i < header_->fault_count; i++) {
    any_command_fault_ = any_command_fault_ || Is(header_->faults[i], FaultTarget::kCommand);
    any_data_fault_ = any_data_fault_ || Is(header_->faults[i], FaultTarget::kSector);
  }
}

bool Faults::Strikes(FaultRule& rule, const Candidate& candidate) {
  if (rule.left == 0) return false;
  if (header_->smart.io_commands <= rule.after_commands && rule.after_commands != 0) return false;
  if (header_->smart.write_commands <= rule.after_writes && rule.after_writes != 0) return false;
  if (rule.has_opcode && rule.opcode != candidate.opcode) return false;
  if (rule.lba_count != 0) {
    const bool overlaps = candidate.lba_count != 0 && candidate.slba < rule.slba + rule.lba_count && rule.slba < candidate.slba + candidate.lba_count;
    if (!overlaps) return false;
  }
  rule.seen++;
  if (rule.seen % rule.every_nth != 0) return false;
  const uint64_t dice = SplitMix(header_->seed ^ SplitMix(rule.seed ^ rule.seen));
  if (rule.per_billion < kPerBillion && dice % kPerBillion >= rule.per_billion) return false;
  if (rule.left != kUnlimited) rule.left--;
  rule.acted++;
  return true;
}

template <typename Act>
void Faults::ForEach(FaultKind kind, const Candidate& candidate, Act act) {
  for (uint32_t i = 0; i < header_->fault_count; i++) {
    FaultRule& rule = header_->faults[i];
    if (rule.kind == kind && Strikes(rule, candidate)) act(rule);
  }
}

bool Faults::FlushLies() {
  bool lies = false;
  ForEach(FaultKind::kFlushLies, {}, [&](FaultRule&) { lies = true; });
  return lies;
}

bool Faults::TearsAtPowerLoss() {
  bool tears = false;
  ForEach(FaultKind::kTornAtPowerLoss, {}, [&](FaultRule&) { tears = true; });
  return tears;
}

bool Faults::TearsRead(uint64_t slba, uint64_t lba_count, bool atomic) {
  bool tears = false;
  for (uint32_t i = 0; i < header_->fault_count; i++) {
    FaultRule& rule = header_->faults[i];
    const bool legal_only = rule.amount != 0;
    if (rule.kind == FaultKind::kTornRead && !(legal_only && atomic) && Strikes(rule, {nvm_opcode::kRead, slba, lba_count})) tears = true;
  }
  return tears;
}

uint32_t Faults::ExtraReadyMs() {
  uint32_t ms = 0;
  ForEach(FaultKind::kSlowReady, {}, [&](FaultRule& rule) { ms += rule.ms; });
  return ms;
}

bool Faults::FailActivation() {
  bool fails = false;
  ForEach(FaultKind::kFailedActivation, {}, [&](FaultRule&) { fails = true; });
  return fails;
}

uint16_t Faults::BadStatus(uint8_t opcode, uint64_t slba, uint64_t lba_count) {
  for (uint32_t i = 0; i < header_->fault_count; i++) {
    FaultRule& rule = header_->faults[i];
    if (rule.kind != FaultKind::kBadStatus || !Strikes(rule, {opcode, slba, lba_count})) continue;
    return MakeStatus(static_cast<uint8_t>(rule.sct), static_cast<uint8_t>(rule.sc));
  }
  return 0;
}

Affliction Faults::Afflict(const Sqe& sqe, bool has_lbas) {
  Affliction affliction;
  if (!any_command_fault_) return affliction;
  const bool addressed = has_lbas && sqe.opc != nvm_opcode::kFlush && sqe.opc != nvm_opcode::kDatasetManagement;
  const Candidate candidate{sqe.opc, sqe.Slba(), addressed ? (sqe.cdw12 & 0xffff) + 1 : uint64_t{0}};
  for (uint32_t i = 0; i < header_->fault_count; i++) {
    FaultRule& rule = header_->faults[i];
    if (!Is(rule, FaultTarget::kCommand) || !Strikes(rule, candidate)) continue;
    switch (rule.kind) {
      case FaultKind::kStall: affliction.stall_ms += rule.ms; break;
      case FaultKind::kLostCompletion: affliction.lost = true; break;
      case FaultKind::kLateCompletion: affliction.late_ms += rule.ms; break;
      case FaultKind::kDuplicateCompletion: affliction.duplicated = true; break;
      case FaultKind::kWrongCid: affliction.wrong_cid = true; break;
      case FaultKind::kControllerFatal: affliction.fatal = true; break;
      case FaultKind::kSurpriseRemoval:
        affliction.removed = true;
        affliction.removed_ms = rule.ms;
        break;
      default: break;
    }
  }
  return affliction;
}

}  // namespace assay::model
