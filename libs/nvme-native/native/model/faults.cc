#include "faults.h"

#include "../core/random.h"

namespace assay::model {
namespace {

template <typename Act>
void ForEach(DriveHeader* header, FaultKind kind, Act act) {
  for (uint32_t i = 0; i < header->fault_count; i++) {
    if (header->faults[i].kind == kind) act(header->faults[i]);
  }
}

bool Once(FaultRule& rule, uint64_t io_command) {
  if (rule.left == 0 || io_command <= rule.after) return false;
  rule.left--;
  return true;
}

}  // namespace

bool Faults::FlushLies() const {
  bool lies = false;
  ForEach(header_, FaultKind::kFlushLies, [&](FaultRule&) { lies = true; });
  return lies;
}

uint32_t Faults::ExtraReadyMs() const {
  uint32_t ms = 0;
  ForEach(header_, FaultKind::kSlowReady, [&](FaultRule& rule) { ms += rule.ms; });
  return ms;
}

bool Faults::FailActivation() {
  bool fails = false;
  ForEach(header_, FaultKind::kFailedActivation, [&](FaultRule& rule) { fails = fails || Once(rule, 1); });
  return fails;
}

uint16_t Faults::BadStatus(uint8_t opcode, uint64_t slba, uint64_t lba_count) {
  uint16_t status = 0;
  ForEach(header_, FaultKind::kBadStatus, [&](FaultRule& rule) {
    const bool hit = rule.opcode == opcode && rule.left != 0 && slba < rule.slba + rule.lba_count && rule.slba < slba + lba_count;
    if (!hit || status != 0) return;
    rule.left--;
    status = MakeStatus(static_cast<uint8_t>(rule.sct), static_cast<uint8_t>(rule.sc));
  });
  return status;
}

uint32_t Faults::Stall(uint64_t io_command) {
  uint32_t ms = 0;
  ForEach(header_, FaultKind::kStall, [&](FaultRule& rule) {
    if (Once(rule, io_command)) ms += rule.ms;
  });
  return ms;
}

bool Faults::LoseCompletion(uint64_t io_command) {
  bool lost = false;
  ForEach(header_, FaultKind::kLostCompletion, [&](FaultRule& rule) { lost = lost || Once(rule, io_command); });
  return lost;
}

void Faults::Corrupt(Media* media, uint64_t slba, uint64_t lba_count) {
  ForEach(header_, FaultKind::kSilentCorruption, [&](FaultRule& rule) {
    if (header_->smart.write_commands <= rule.after) return;
    for (uint64_t i = 0; i < lba_count; i++) {
      rule.seen++;
      if (rule.seen % rule.every_nth == 0) media->FlipBit(slba + i, SplitMix(header_->seed ^ rule.seen));
    }
  });
}

}  // namespace assay::model
