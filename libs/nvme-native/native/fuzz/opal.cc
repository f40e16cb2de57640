// What a host sends to an Opal drive may be anything: it is answered or not, within the drive's bounds.
// An input is a row of [how][length, two bytes, little endian][bytes]:
//   how bit 0: the bytes are the payload of the open session, bit 1: of the session manager, neither: the whole packets
//   how bit 2: the power went off and came back before     how bits 7:4: how long an answer the host takes, 256 bytes each
#include "model/tcg/opal.h"

#include <unistd.h>

#include <cstdlib>

#include "tcg_calls.h"

using namespace assay;
namespace tcg = assay::model::tcg;

namespace {

constexpr uint64_t kNamespaceBytes = 64 * 1024;
constexpr size_t kMostPackets = 64;
constexpr uint8_t kInSession = 1, kManages = 2, kPowerCycle = 4;
constexpr char kMsid[] = "M", kPsid[] = "P";

std::unique_ptr<model::DriveFile> OpenDrive() {
  const std::string path = FuzzFolder() + "/drive";
  model::DriveSpec spec;
  spec.model = spec.serial = spec.firmware = "FUZZ";
  spec.capacity_bytes = kNamespaceBytes;
  spec.cache_bytes = 64 * 4096;
  spec.max_namespaces = 1;
  spec.namespaces = {model::PlainNamespace(kNamespaceBytes, 512)};
  spec.opal_msid = kMsid;
  spec.opal_psid = kPsid;
  std::unique_ptr<model::DriveFile> file;
  if (!model::CreateDrive(path, spec).ok() || !model::DriveFile::OpenAsHolder(path, &file).ok()) std::abort();
  unlink(path.c_str());
  return file;
}

void Feed(model::Opal& opal, model::DriveFile& file, uint8_t how, const Bytes& bytes) {
  if (how & kPowerCycle) {
    if (opal.Activated()) model::LockAgain(&file.header().opal, model::kOpalPowerCycle);
    opal.ForgetSession();
  }
  (void)opal.Send(1, model::kOpalComId, how & (kInSession | kManages) ? Packed(bytes, how & kInSession) : bytes);
  std::vector<uint8_t> answer((how >> 4) * 256);
  (void)opal.Receive(1, model::kOpalComId, &answer);
  (void)opal.Receive(1, 1, &answer);
  for (const bool write : {false, true}) (void)opal.Denies(1, 60, 8, write);
}

void Add(Bytes* bytes, uint8_t how, const Bytes& payload) {
  bytes->push_back(how | 0xf0);
  bytes->push_back(static_cast<uint8_t>(payload.size()));
  bytes->push_back(static_cast<uint8_t>(payload.size() >> 8));
  bytes->insert(bytes->end(), payload.begin(), payload.end());
}

Bytes TakenOver() {
  Bytes bytes;
  Add(&bytes, kManages, CallStartSession(tcg::kAdminSp, tcg::kSid, kMsid));
  Add(&bytes, kInSession, CallMethod(tcg::kLockingSp, tcg::kActivate));
  Add(&bytes, kInSession, EndSession());
  Add(&bytes, kManages, CallStartSession(tcg::kLockingSp, tcg::kAdmins + 1, kMsid));
  return bytes;
}

}  // namespace

std::vector<Bytes> Seeds() {
  Bytes looks, ranges = TakenOver(), users = TakenOver(), reverts = TakenOver();
  Add(&looks, kManages, CallProperties());
  Add(&looks, 0, Packed(CallProperties(), false));
  Add(&looks, kManages, CallStartSession(tcg::kAdminSp, tcg::kAnybody, ""));
  for (const uint64_t object : {tcg::kPinOfMsid, tcg::kLockingSp}) Add(&looks, kInSession, CallMethod(object, tcg::kGet));
  for (uint64_t column = 3; column <= 8; column++) Add(&ranges, kInSession, CallSet(tcg::kRanges + 1, column, column == 4 ? 16 : 1));
  Add(&ranges, kInSession, CallMethod(tcg::kRanges + 1, tcg::kGet));
  Add(&ranges, kInSession, CallMethod(tcg::kKeys + 1, tcg::kGenKey));
  Add(&ranges, kInSession, CallMethod(tcg::kGlobalKey, tcg::kGenKey));
  Add(&ranges, kManages | kPowerCycle, CallStartSession(tcg::kLockingSp, tcg::kAdmins + 1, kMsid));
  Add(&users, kInSession, CallSet(tcg::kPinsOfUsers + 1, 3, 0, "user"));
  Add(&users, kInSession, CallSet(tcg::kUsers + 1, 5, 1));
  Add(&users, kInSession, CallSet(tcg::kMaySetReadLocked + 1, 3, 0));
  Add(&users, kInSession, EndSession());
  Add(&users, kManages, CallStartSession(tcg::kLockingSp, tcg::kUsers + 1, "user"));
  Add(&users, kInSession, CallMethod(tcg::kThisSp, tcg::kAuthenticate));
  Add(&reverts, kInSession, CallMethod(tcg::kThisSp, tcg::kRevertSp));
  Add(&reverts, kManages, CallStartSession(tcg::kAdminSp, tcg::kPsid, kPsid));
  Add(&reverts, kInSession, CallMethod(tcg::kAdminSp, tcg::kRevert));
  return {looks, ranges, users, reverts};
}

size_t HeadBytes() { return 1024; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<model::DriveFile> file = OpenDrive();
  model::MakeOpal(kMsid, kPsid, &file->header().opal);
  model::Namespaces namespaces(file.get());
  model::Opal opal(&file->header(), &namespaces);
  for (size_t n = 0; n < kMostPackets && size >= 3; n++) {
    const size_t bytes = std::min<size_t>(data[1] | data[2] << 8, size - 3);
    Feed(opal, *file, data[0], Bytes(data + 3, data + 3 + bytes));
    data += 3 + bytes;
    size -= 3 + bytes;
  }
  return 0;
}
