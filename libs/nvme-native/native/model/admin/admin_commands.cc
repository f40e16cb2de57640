#include "admin_commands.h"

#include "model/faults/effects.h"
#include "model/reply.h"

namespace assay::model {

using A = AdminCommands;
using namespace admin_opcode;

const AdminCommands::Entry AdminCommands::kTable[] = {
    {kDeleteSq, &A::DeleteSq, effect::kSupported, true},
    {kCreateSq, &A::CreateSq, effect::kSupported, true},
    {kGetLogPage, &A::GetLogPage, effect::kSupported, true},
    {kDeleteCq, &A::DeleteCq, effect::kSupported, true},
    {kCreateCq, &A::CreateCq, effect::kSupported, true},
    {kIdentify, &A::Identify, effect::kSupported, true},
    {kAbort, &A::Abort, effect::kSupported, true},
    {kSetFeatures, &A::SetFeatures, effect::kSupported, true},
    {kGetFeatures, &A::GetFeatures, effect::kSupported, true},
    {kAsyncEvent, &A::AsyncEvent, effect::kSupported, true},
    {kNamespaceManagement, &A::NamespaceManagement, effect::kSupported | effect::kContent | effect::kInventory, false},
    {kFirmwareCommit, &A::FirmwareCommit, effect::kSupported, false},
    {kFirmwareDownload, &A::FirmwareDownload, effect::kSupported, false},
    {kSelfTest, &A::SelfTest, effect::kSupported, false},
    {kNamespaceAttach, &A::NamespaceAttachment, effect::kSupported | effect::kInventory, false},
    {kKeepAlive, &A::KeepAlive, effect::kSupported, true},
    {kDirectiveSend, &A::DirectiveSend, effect::kSupported, false},
    {kDirectiveReceive, &A::DirectiveReceive, effect::kSupported, true},
    {kLockdown, &A::Lockdown, effect::kSupported, true},
    {kFormat, &A::Format, effect::kSupported | effect::kContent | effect::kCapabilities, false},
    {kSecuritySend, &A::SecuritySend, effect::kSupported | effect::kContent, false},
    {kSecurityReceive, &A::SecurityReceive, effect::kSupported, true},
    {kSanitize, &A::Sanitize, effect::kSupported | effect::kContent, true},
};

// Security commands are there where Opal is.
bool AdminCommands::Supported(const DriveHeader& header, const Entry& entry) {
  return header.opal.supported || (entry.opcode != kSecuritySend && entry.opcode != kSecurityReceive);
}

const AdminCommands::Entry* AdminCommands::Find(const DriveHeader& header, uint8_t opcode) {
  for (const Entry& entry : kTable) {
    if (entry.opcode == opcode && Supported(header, entry)) return &entry;
  }
  return nullptr;
}

Device::Outcome AdminCommands::Execute(const Sqe& sqe) {
  const Entry* entry = Find(*d_.header_, sqe.opc);
  if (entry == nullptr) return Fail(status::kInvalidOpcode);
  if (Prohibited(sqe)) return Fail(status::kProhibited);
  if (!entry->while_sanitizing && d_.background_.Sanitizing()) return Fail(status::kSanitizeInProgress);
  return (this->*entry->run)(sqe);
}

void AdminCommands::FillEffects(const DriveHeader& header, uint8_t* page) {
  for (const Entry& entry : kTable) {
    if (Supported(header, entry)) Put(page, entry.opcode * 4, entry.effects);
  }
}

}  // namespace assay::model
