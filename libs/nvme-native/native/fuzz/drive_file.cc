// The file of a software drive comes from anywhere: it is refused, or the drive in it works within its bounds.
#include "model/media/drive_file.h"
#include "model/nvm/key_values.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <future>

#include "core/host/host_table.h"
#include "core/clock.h"
#include "model/device/power_switch.h"
#include "drive_kinds.h"
#include "tcg_calls.h"

using namespace assay;

namespace {

constexpr uint64_t kCapacity = 64 * 1024;
constexpr uint32_t kTimeoutMs = 50;

constexpr char kMsid[] = "M";
constexpr uint32_t kTcgProtocol = 1u << 24, kComId = 0x07feu << 8, kDiscovery = 1u << 8;

// One of each kind, or one: a drive that locks and places data.
model::DriveSpec Spec(uint32_t lba_bytes, uint32_t namespaces) {
  model::DriveSpec spec;
  spec.model = "FUZZ";
  spec.serial = "1";
  spec.firmware = "1";
  spec.capacity_bytes = kCapacity;
  spec.cache_bytes = 64 * 4096;
  spec.max_namespaces = namespaces;
  spec.namespaces = NamespacesOfEachKind(kCapacity, lba_bytes, 16);
  spec.namespaces.resize(namespaces);
  spec.capacity_bytes = kCapacity * namespaces;
  if (namespaces == 1) {
    spec.opal_msid = kMsid;
    spec.placement = {SmallPlacement()};
    spec.placement_enabled = 0;
    spec.placement_handles = {{1, 0}};
  }
  spec.volatile_cache = true;
  spec.ready_ms = 0;
  return spec;
}

// What there is to be damaged of the namespace of keys and values: short ones, long ones, one that was replaced.
void StoreValues(const std::string& path) {
  std::unique_ptr<model::DriveFile> file;
  if (!model::DriveFile::OpenAsHolder(path, &file).ok()) std::abort();
  model::Media media(file.get(), 4);
  for (const uint32_t bytes : {0u, 5u, 2000u, 3000u, 2000u}) {
    model::ValueKey key;
    key.bytes = key.text[0] = static_cast<uint8_t>(1 + bytes % 7);
    file->header().smart.io_commands++;
    (void)model::KeyValues(media).Store(key, Bytes(bytes, 7), nullptr);
  }
}

// How long the drive takes is its own affair and not what is looked for.
void Hurry(const std::string& path) {
  Bytes bytes = ReadFile(path);
  if (bytes.size() < model::kHeaderBytes) return;
  auto* header = reinterpret_cast<model::DriveHeader*>(bytes.data());
  header->ready_ms = 0;
  header->format_ms = 0;
  header->has_latency = 0;
  for (auto& fault : header->faults) fault.ms = 0;
  WriteFile(path, bytes.data(), bytes.size());
}

class Session {
 public:
  explicit Session(HostController* host) : host_(host), data_(static_cast<uint8_t*>(host->AllocBuffer(16 * 4096))) {}
  ~Session() { host_->FreeBuffer(data_); }

  void Send(HostQpair* qpair, uint8_t opcode, uint32_t nsid, uint32_t cdw10, uint32_t cdw12, uint32_t bytes, Direction direction, uint32_t cdw11 = 0, uint32_t cdw13 = 0) {
    HostSubmission submission;
    submission.sqe.opc = opcode;
    submission.sqe.nsid = nsid;
    submission.sqe.cdw10 = cdw10;
    submission.sqe.cdw11 = cdw11;
    submission.sqe.cdw12 = cdw12;
    submission.sqe.cdw13 = cdw13;
    submission.data = bytes == 0 ? nullptr : data_;
    submission.data_bytes = bytes;
    submission.direction = direction;
    if (qpair->Submit(submission) != SubmitOutcome::kOk) return;
    const uint64_t until = BoottimeNs() + kTimeoutMs * kNsPerMs;
    HostCompletion completion;
    while (qpair->Poll(&completion, 1) == 0 && BoottimeNs() < until && !qpair->Gone()) qpair->Wait(until, false);
  }

  // One call of a TCG method, and its answer.
  void Call(const Bytes& payload, bool in_session) {
    const Bytes packets = Packed(payload, in_session);
    std::memcpy(data_, packets.data(), packets.size());
    Send(host_->Admin(), admin_opcode::kSecuritySend, 0, kTcgProtocol | kComId, 0, 4096, Direction::kToDevice, static_cast<uint32_t>(packets.size()));
    Send(host_->Admin(), admin_opcode::kSecurityReceive, 0, kTcgProtocol | kComId, 0, 4096, Direction::kFromDevice, 2048);
  }
  uint8_t* data() { return data_; }

 private:
  HostController* host_;
  uint8_t* data_;
};

void UseLocks(HostController* host, Session& session) {
  session.Send(host->Admin(), admin_opcode::kSecurityReceive, 0, kTcgProtocol | kDiscovery, 0, 512, Direction::kFromDevice, 512);
  namespace tcg = model::tcg;
  session.Call(CallStartSession(tcg::kAdminSp, tcg::kSid, kMsid), false);
  session.Call(CallMethod(tcg::kLockingSp, tcg::kActivate), true);
  session.Call(EndSession(), true);
  session.Call(CallStartSession(tcg::kLockingSp, tcg::kAdmins + 1, kMsid), false);
  for (uint64_t column = 3; column <= 7; column++) session.Call(CallSet(tcg::kRanges + 1, column, column == 4 ? 16 : 1), true);
  for (const uint64_t object : {tcg::kRanges + 1, tcg::kRanges + 8, tcg::kGlobalRange}) session.Call(CallMethod(object, tcg::kGet), true);
  for (const uint64_t key : {tcg::kKeys + 1, tcg::kKeys + 8, tcg::kGlobalKey}) session.Call(CallMethod(key, tcg::kGenKey), true);
}

void UnLock(Session& session) {
  namespace tcg = model::tcg;
  session.Call(CallMethod(tcg::kThisSp, tcg::kRevertSp), true);
}

// A row of lengths, as Dataset Management and Copy want it; Copy's descriptors are twice as long.
void PutRanges(uint8_t* data) {
  std::memset(data, 0, 256);
  for (uint32_t range = 0; range < 8; range++) {
    const uint64_t slba = range * 4;
    std::memcpy(data + range * 32 + 8, &slba, sizeof slba);
    data[range * 32 + 4] = 4;
    data[range * 32 + 16] = 3;
  }
}

void UseNamespace(HostController* host, HostQpair* io, Session& session, uint32_t nsid) {
  for (const uint32_t action : {1u, 2u, 3u, 4u, 5u, 4u | 1u << 8}) session.Send(io, nvm_opcode::kZoneManagementSend, nsid, 16, 0, 0, Direction::kNone, 0, action);
  for (const uint32_t lba : {0u, 16u}) session.Send(io, nvm_opcode::kZoneAppend, nsid, lba, 7, 8 * 520, Direction::kToDevice);
  session.Send(io, nvm_opcode::kZoneManagementReceive, nsid, 0, 1023, 4096, Direction::kFromDevice, 0, 1u << 16);
  for (const uint32_t bits : {0u, 0x2000'0000u, 0x3c00'0000u}) {
    session.Send(io, nvm_opcode::kWrite, nsid, 0, bits | 7, 8 * 520, Direction::kToDevice);
    session.Send(io, nvm_opcode::kRead, nsid, 0, bits | 7, 8 * 520, Direction::kFromDevice);
  }
  for (const uint32_t format : {0u, 1u, 4u}) {
    PutRanges(session.data());
    session.Send(io, nvm_opcode::kCopy, nsid, 64, format << 8 | 3, 256, Direction::kToDevice);
  }
  session.Send(io, nvm_opcode::kVerify, nsid, 0, 15, 0, Direction::kNone);
  session.Send(io, nvm_opcode::kCompare, nsid, 0, 0, 4096, Direction::kToDevice);
  PutRanges(session.data());
  session.Send(io, nvm_opcode::kDatasetManagement, nsid, 7, 0, 4096, Direction::kToDevice, 4);
  // Streams: enabled, allocated, written, told, released.
  session.Send(host->Admin(), admin_opcode::kDirectiveSend, nsid, 0, 1 << 8 | 1, 0, Direction::kNone, 1);
  session.Send(host->Admin(), admin_opcode::kDirectiveReceive, nsid, 0, 4, 0, Direction::kNone, 1 << 8 | 3);
  session.Send(io, nvm_opcode::kWrite, nsid, 0, 1 << 20, 4096, Direction::kToDevice, 0, 5u << 16);
  for (const uint32_t operation : {1u, 2u}) session.Send(host->Admin(), admin_opcode::kDirectiveReceive, nsid, 1023, 0, 4096, Direction::kFromDevice, 1 << 8 | operation);
  session.Send(host->Admin(), admin_opcode::kDirectiveSend, nsid, 0, 0, 0, Direction::kNone, 1 << 8 | 2);
}

// Keys of 1 to 4 bytes; what they are does not matter.
void UseValues(HostQpair* io, Session& session, uint32_t nsid) {
  namespace op = key_value_opcode;
  for (const uint32_t bytes : {0u, 100u, 5000u, 8192u}) {
    const uint32_t key_bytes = 1 + bytes % 4;
    session.Send(io, op::kStore, nsid, bytes, 0, bytes, Direction::kToDevice, key_bytes);
    session.Send(io, op::kExist, nsid, 0, 0, 0, Direction::kNone, key_bytes);
    session.Send(io, op::kRetrieve, nsid, 8192, 0, 8192, Direction::kFromDevice, key_bytes);
  }
  session.Send(io, op::kListKeys, nsid, 4096, 0, 4096, Direction::kFromDevice);
  session.Send(io, op::kDeleteKey, nsid, 0, 0, 0, Direction::kNone, 1);
}

// More than the capacity, so that reclaim units have to be emptied.
void UsePlacement(HostController* host, HostQpair* io, Session& session) {
  session.Send(host->Admin(), admin_opcode::kDirectiveSend, 1, 0, 2 << 8 | 1, 0, Direction::kNone, 1);
  std::memset(session.data(), 0, 4);
  session.data()[0] = 0x80;
  session.Send(host->Admin(), admin_opcode::kSetFeatures, 1, 0x1e, 1, 4, Direction::kToDevice, 1 << 16);
  session.Send(host->Admin(), admin_opcode::kGetFeatures, 1, 0x1e, 0, 512, Direction::kFromDevice);
  for (uint32_t i = 0; i < 96; i++) session.Send(io, nvm_opcode::kWrite, 1, i * 5 % 16, 2u << 20, 4096, Direction::kToDevice, 0, (i % 5 == 0 ? 0x8001u : i % 2) << 16);
  session.Send(io, nvm_opcode::kIoManagementReceive, 1, 1, 0, 4096, Direction::kFromDevice, 1023);
  std::memset(session.data(), 0, 4);
  session.Send(io, nvm_opcode::kIoManagementSend, 1, 1u << 16 | 1, 0, 4, Direction::kToDevice);
  for (const uint32_t log : {0x20u, 0x21u, 0x22u, 0x23u}) session.Send(host->Admin(), admin_opcode::kGetLogPage, UINT32_MAX, log | 1023u << 16, 0, 4096, Direction::kFromDevice, 1u << 16);
}

void Use(HostController* host) {
  Session session(host);
  HostQpair* admin = host->Admin();
  for (const uint32_t nsid : {1u, 4u}) session.Send(admin, admin_opcode::kIdentify, nsid, 5, 0, 4096, Direction::kFromDevice, 1u << 24);
  for (const uint32_t cns : {0u, 1u, 2u, 3u}) session.Send(admin, admin_opcode::kIdentify, cns == 1 ? 0 : 1, cns, 0, 4096, Direction::kFromDevice);
  for (const uint32_t log : {1u, 2u, 3u, 5u, 6u, 0x81u}) session.Send(admin, admin_opcode::kGetLogPage, 0xffffffff, log | 127u << 16, 0, 512, Direction::kFromDevice);
  for (const uint32_t feature : {2u, 4u, 6u, 7u}) session.Send(admin, admin_opcode::kGetFeatures, 1, feature, 0, 0, Direction::kNone);
  std::unique_ptr<HostQpair> io;
  if (!host->CreateQpair({.entries = 4, .priority = 0}, &io).ok()) return;
  for (const uint32_t lba : {0u, 7u, 15u, 120u, 127u}) {
    session.Send(io.get(), nvm_opcode::kWrite, 1, lba, 0, 4096, Direction::kToDevice);
    session.Send(io.get(), nvm_opcode::kRead, 1, lba, 0, 4096, Direction::kFromDevice);
    session.Send(io.get(), nvm_opcode::kWriteZeroes, 1, lba, 0, 0, Direction::kNone);
    session.Send(io.get(), nvm_opcode::kWriteUncorrectable, 1, lba, 0, 0, Direction::kNone);
  }
  for (const uint32_t nsid : {1u, 2u, 3u, 4u}) {
    UseNamespace(host, io.get(), session, nsid);
    UseValues(io.get(), session, nsid);
  }
  UsePlacement(host, io.get(), session);
  UseLocks(host, session);
  session.Send(io.get(), nvm_opcode::kRead, 1, 0, 7, 4096, Direction::kFromDevice);
  UnLock(session);
  session.Send(io.get(), nvm_opcode::kFlush, 1, 0, 0, 0, Direction::kNone);
  session.Send(io.get(), nvm_opcode::kWrite, 1, 3, 0, 4096, Direction::kToDevice);
  session.Send(admin, admin_opcode::kFormat, 1, 0, 0, 0, Direction::kNone);
  host->DeleteQpair(std::move(io), false);
}

}  // namespace

std::vector<Bytes> Seeds() {
  std::vector<Bytes> seeds;
  for (const auto& [lba_bytes, namespaces] : {std::pair{512u, 1u}, {4096u, 1u}, {512u, 4u}}) {
    const std::string path = FuzzFolder() + "/seed";
    if (!model::CreateDrive(path, Spec(lba_bytes, namespaces)).ok()) std::abort();
    if (namespaces == 4) StoreValues(path);
    seeds.push_back(ReadFile(path));
    unlink(path.c_str());
  }
  return seeds;
}

size_t HeadBytes() { return sizeof(model::DriveHeader); }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = FuzzFolder() + "/drive";
  WriteFile(path, data, size);
  Hurry(path);
  for (const HostTransport& transport : HostTransports()) {
    if (std::strcmp(transport.name, "model") != 0) continue;
    std::unique_ptr<HostController> host;
    ReadyReport ready;
    HostOptions options;
    options.timeout_ms = kTimeoutMs;
    if (transport.open({.transport = "model", .address = path, .port = 0, .nqn = "", .host_nqn = ""}, options, &host, &ready).ok()) {
      Use(host.get());
      host->Stop(false);
    }
    host.reset();
    model::PowerReport report;
    if (model::SwitchPower(path, false, &report).ok()) (void)model::SwitchPower(path, true, &report);
  }
  return 0;
}
