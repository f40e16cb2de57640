// Command and Feature Lockdown (NVMe Base 2.0, 8.4): what the Lockdown command prohibits is refused until that is taken back
// or the power goes.
#include "admin_commands.h"
#include "model/faults/effects.h"
#include "model/reply.h"

namespace assay::model {
namespace {

enum Scope : uint32_t { kAdminCommand = 0, kFeature = 2, kManagementCommand = 3, kPcieCommand = 4 };
enum Contents : uint32_t { kCanBeProhibited = 0, kProhibited = 1, kProhibitedOutOfBand = 2 };

constexpr uint32_t kAdminQueue = 0, kReservedInterface = 3;
constexpr uint32_t kUuidIndex = 0x7f;
constexpr uint32_t kFirstIdentifier = 4;

bool Reserved(uint32_t scope) { return scope != kAdminCommand && (scope < kFeature || scope > kPcieCommand); }

bool Has(const uint32_t (&set)[kLockdownWords], uint8_t id) { return set[id / 32] >> (id % 32) & 1; }

}  // namespace

// Of commands those that change what the drive holds or is: who looks after it needs the others.
bool AdminCommands::CanBeProhibited(uint32_t scope, uint8_t id) const {
  if (scope == kAdminCommand) {
    const Entry* entry = Find(*d_.header_, id);
    return entry != nullptr && (!entry->while_sanitizing || (entry->effects & effect::kContent));
  }
  const Feature* feature = scope == kFeature ? FindFeature(id) : nullptr;
  return feature != nullptr && (feature->kind & kChangeable);
}

bool AdminCommands::Prohibited(const Sqe& sqe) const {
  const LockdownRecord& lockdown = d_.header_->lockdown;
  return Has(lockdown.commands, sqe.opc) || (sqe.opc == admin_opcode::kSetFeatures && Has(lockdown.features, sqe.cdw10 & 0xff));
}

Device::Outcome AdminCommands::Lockdown(const Sqe& sqe) {
  const uint32_t scope = sqe.cdw10 & 15, interface = sqe.cdw10 >> 5 & 3;
  const uint8_t id = sqe.cdw10 >> 8 & 0xff;
  const bool prohibit = sqe.cdw10 >> 4 & 1;
  if (Reserved(scope) || interface == kReservedInterface || (sqe.cdw14 & kUuidIndex)) return Fail(status::kInvalidField);
  if (interface != kAdminQueue || !CanBeProhibited(scope, id)) return Fail(status::kProhibitionNotSupported);
  LockdownRecord& lockdown = d_.header_->lockdown;
  uint32_t& word = (scope == kAdminCommand ? lockdown.commands : lockdown.features)[id / 32];
  const uint32_t bit = 1u << (id % 32);
  word = prohibit ? word | bit : word & ~bit;
  return {};
}

// Log 14h (NVMe Base 2.0, 5.16.1.20).
uint16_t AdminCommands::FillLockdownLog(uint32_t lsp, uint8_t* page) const {
  const uint32_t scope = lsp & 15, contents = lsp >> 4 & 3;
  if (Reserved(scope) || contents > kProhibitedOutOfBand) return status::kInvalidField;
  const LockdownRecord& lockdown = d_.header_->lockdown;
  page[0] = static_cast<uint8_t>(contents << 4 | scope);
  for (uint32_t id = 0; id < 256; id++) {
    const auto identifier = static_cast<uint8_t>(id);
    const bool prohibited = contents == kProhibited && (scope == kAdminCommand ? Has(lockdown.commands, identifier) : scope == kFeature && Has(lockdown.features, identifier));
    if (!prohibited && !(contents == kCanBeProhibited && CanBeProhibited(scope, identifier))) continue;
    page[kFirstIdentifier + page[3]++] = identifier;
  }
  return 0;
}

}  // namespace assay::model
