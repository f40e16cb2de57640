// A host may send anything: whatever the commands say, the software drive answers them or keeps quiet, within its bounds.
// An input is a row of commands of kCommandBytes; the data of each are the bytes that follow it.
//   0 queue (bit 0: I/O), bits 3:2 direction, bits 5:4 fused     1 opcode     2 nsid (ffh: ffffffffh)     3 512-byte blocks of data
//   4 metadata blocks, 8.. dwords 10 to 15
#include "model/media/drive_file.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/clock.h"
#include "core/host/host_table.h"
#include "drive_kinds.h"
#include "tcg_calls.h"

using namespace assay;

namespace {

constexpr uint64_t kNamespaceBytes = 64 * 1024;
constexpr size_t kCommandBytes = 32;
constexpr size_t kMostCommands = 24;
constexpr uint64_t kPatienceNs = 20 * kNsPerMs;
constexpr uint32_t kDataBytes = 64 * 1024;
constexpr uint8_t kToDevice = 1 << 2, kFromDevice = 2 << 2;

// A namespace of each kind, and room for one more.
model::DriveSpec Spec() {
  model::DriveSpec spec;
  spec.model = "FUZZ";
  spec.serial = "1";
  spec.firmware = "1";
  spec.capacity_bytes = 5 * kNamespaceBytes;
  spec.max_namespaces = 5;
  spec.cache_bytes = 64 * 4096;
  spec.volatile_cache = true;
  spec.weighted_round_robin = true;
  spec.opal_msid = spec.opal_psid = "M";
  spec.ready_ms = 0;
  spec.namespaces = NamespacesOfEachKind(kNamespaceBytes, 512, 32);
  spec.placement = {SmallPlacement()};
  return spec;
}

const Bytes& FreshDrive() {
  static const Bytes bytes = [] {
    const std::string path = FuzzFolder() + "/seed";
    if (!model::CreateDrive(path, Spec()).ok()) std::abort();
    Bytes made = ReadFile(path);
    unlink(path.c_str());
    return made;
  }();
  return bytes;
}

uint32_t Word(const uint8_t* at) {
  uint32_t word;
  std::memcpy(&word, at, 4);
  return word;
}

class Script {
 public:
  explicit Script(HostController* host) : host_(host) {
    data_ = static_cast<uint8_t*>(host->AllocBuffer(kDataBytes));
    metadata_ = static_cast<uint8_t*>(host->AllocBuffer(kDataBytes));
    (void)host->CreateQpair({.entries = 32, .priority = 0}, &io_);
  }
  ~Script() {
    if (io_ != nullptr) host_->DeleteQpair(std::move(io_), false);
    host_->FreeBuffer(data_);
    host_->FreeBuffer(metadata_);
  }

  void Run(const uint8_t* input, size_t size) {
    for (size_t n = 0; n < kMostCommands && (n + 1) * kCommandBytes <= size; n++) {
      const size_t at = n * kCommandBytes;
      Send(input + at, input + at + kCommandBytes, size - at - kCommandBytes);
    }
  }

 private:
  void Send(const uint8_t* record, const uint8_t* behind, size_t left) {
    HostQpair* qpair = record[0] & 1 ? io_.get() : host_->Admin();
    if (qpair == nullptr) return;
    HostSubmission submission;
    submission.sqe.opc = record[1];
    submission.sqe.fuse_psdt = record[0] >> 4 & 3;
    submission.sqe.nsid = record[2] == 0xff ? UINT32_MAX : record[2];
    submission.sqe.cdw10 = Word(record + 8);
    submission.sqe.cdw11 = Word(record + 12);
    submission.sqe.cdw12 = Word(record + 16);
    submission.sqe.cdw13 = Word(record + 20);
    submission.sqe.cdw14 = Word(record + 24);
    submission.sqe.cdw15 = Word(record + 28);
    submission.direction = record[0] & kToDevice ? Direction::kToDevice : record[0] & kFromDevice ? Direction::kFromDevice : Direction::kNone;
    if (submission.direction != Direction::kNone) {
      submission.data = data_;
      submission.data_bytes = std::min<uint32_t>(kDataBytes, record[3] * 512u);
    }
    if (record[4] != 0) {
      submission.metadata = metadata_;
      submission.metadata_bytes = record[4] * 512u / 2;
    }
    if (submission.direction == Direction::kToDevice) std::memcpy(data_, behind, std::min<size_t>(left, kDataBytes));
    if (qpair->Submit(submission) != SubmitOutcome::kOk) return;
    // Requests for events are not answered until there is one, half of a fused pair not until the other comes.
    const bool silent = (!(record[0] & 1) && record[1] == admin_opcode::kAsyncEvent) || submission.sqe.fuse_psdt != 0;
    if (silent) return;
    const uint64_t until = BoottimeNs() + kPatienceNs;
    HostCompletion completion;
    while (qpair->Poll(&completion, 1) == 0 && BoottimeNs() < until && !qpair->Gone()) qpair->Wait(until, false);
  }

  HostController* host_;
  uint8_t* data_;
  uint8_t* metadata_;
  std::unique_ptr<HostQpair> io_;
};

void Add(Bytes* bytes, uint8_t how, uint8_t opcode, uint8_t nsid, uint8_t blocks, std::initializer_list<uint32_t> dwords) {
  uint8_t record[kCommandBytes] = {how, opcode, nsid, blocks};
  size_t at = 8;
  for (const uint32_t dword : dwords) {
    std::memcpy(record + at, &dword, 4);
    at += 4;
  }
  bytes->insert(bytes->end(), record, record + kCommandBytes);
}

}  // namespace

std::vector<Bytes> Seeds() {
  constexpr uint8_t kIo = 1;
  Bytes plain, zones, guarded, values, admin, care, copies, streams, properties, session;
  for (const uint8_t opcode : {nvm_opcode::kWrite, nvm_opcode::kCompare, nvm_opcode::kZoneAppend}) Add(&plain, kIo | kToDevice, opcode, 1, 8, {16, 0, 7});
  for (const uint8_t opcode : {nvm_opcode::kWriteZeroes, nvm_opcode::kWriteUncorrectable, nvm_opcode::kVerify, nvm_opcode::kFlush}) Add(&plain, kIo, opcode, 1, 0, {24, 0, 7});
  Add(&plain, kIo | kFromDevice, nvm_opcode::kRead, 1, 8, {16, 0, 7});
  Add(&plain, kIo | kToDevice, nvm_opcode::kDatasetManagement, 1, 8, {1, 4});
  Add(&plain, kIo | kToDevice, nvm_opcode::kCopy, 1, 8, {64, 0, 0});
  Add(&zones, kIo | kToDevice, nvm_opcode::kZoneAppend, 2, 8, {32, 0, 7});
  Add(&zones, kIo | kToDevice, nvm_opcode::kWrite, 2, 8, {64, 0, 7});
  for (const uint32_t action : {1u, 2u, 3u, 4u, 5u}) Add(&zones, kIo, nvm_opcode::kZoneManagementSend, 2, 0, {32, 0, 0, action});
  Add(&zones, kIo | kFromDevice, 0x7a, 2, 8, {0, 0, 1023, 0});
  for (const uint32_t bits : {0x2000'0000u, 0x3c00'0000u}) {
    Add(&guarded, kIo | kToDevice, nvm_opcode::kWrite, 3, 17, {4, 0, bits | 1, 0, 4});
    Add(&guarded, kIo | kFromDevice, nvm_opcode::kRead, 3, 17, {4, 0, bits | 1, 0, 4});
    Add(&guarded, kIo | kToDevice, nvm_opcode::kCopy, 3, 8, {8, 0, bits, 0, 8});
  }
  namespace kv = key_value_opcode;
  for (const uint32_t bytes : {0u, 1000u, 8192u}) {
    Add(&values, kIo | kToDevice, kv::kStore, 4, 16, {bytes, 1 + bytes % 16});
    Add(&values, kIo | kFromDevice, kv::kRetrieve, 4, 16, {4096, 1 + bytes % 16});
    Add(&values, kIo, kv::kExist, 4, 0, {0, 1 + bytes % 16});
  }
  Add(&values, kIo | kFromDevice, kv::kListKeys, 4, 8, {4096, 0});
  Add(&values, kIo, kv::kDeleteKey, 4, 0, {0, 1});
  Add(&values, kFromDevice, admin_opcode::kIdentify, 4, 8, {5, 1u << 24});
  for (const uint32_t cns : {0u, 1u, 2u, 3u, 5u, 6u, 0x10u, 0x11u, 0x13u}) Add(&admin, kFromDevice, admin_opcode::kIdentify, 1, 8, {cns});
  for (const uint32_t log : {1u, 2u, 3u, 4u, 5u, 6u, 0xbfu}) Add(&admin, kFromDevice, admin_opcode::kGetLogPage, 0xff, 8, {log | 1023u << 16});
  for (const uint32_t feature : {1u, 2u, 7u, 0xdu}) Add(&admin, kFromDevice, admin_opcode::kGetFeatures, 1, 8, {feature});
  Add(&care, kToDevice, 0x0d, 0, 8, {0});      // Namespace Management: create
  Add(&care, kToDevice, 0x15, 5, 8, {0});      // Namespace Attachment
  Add(&care, kToDevice, 0x09, 1, 8, {0xd, 1, 4096, 0, 0, 4});
  Add(&care, 0, 0x14, 1, 0, {1});              // Device Self-test
  Add(&care, kToDevice, 0x11, 0, 8, {7, 0});   // Firmware Image Download
  Add(&care, 0, 0x10, 0, 0, {1 | 1 << 3});     // Firmware Commit
  Add(&care, kToDevice, 0x19, 1, 1, {0, 1});   // Directive Send
  Add(&care, 0, 0x84, 0, 0, {2});              // Sanitize
  Add(&care, 0, admin_opcode::kFormat, 1, 0, {2});
  Add(&care, 0, 0x0d, 3, 0, {1});              // Namespace Management: delete
  for (const uint32_t format : {1u, 2u, 3u, 4u}) Add(&copies, kIo | kToDevice, nvm_opcode::kCopy, 1, 8, {64, 0, format << 8 | 3});
  // Identify directive: enable streams; streams: allocate, parameters, status, a write with one, release.
  Add(&streams, 0, admin_opcode::kDirectiveSend, 1, 0, {0, 1, 1 << 8 | 1});
  for (const uint32_t operation : {3u, 1u, 2u}) Add(&streams, kFromDevice, admin_opcode::kDirectiveReceive, 1, 8, {1023, 1 << 8 | operation, 4});
  Add(&streams, kIo | kToDevice, nvm_opcode::kWrite, 1, 8, {16, 0, 7 | 1 << 20, 5u << 16});
  for (const uint32_t operation : {1u, 2u}) Add(&streams, 0, admin_opcode::kDirectiveSend, 1, 0, {0, 5u << 16 | 1 << 8 | operation});
  // Each sends the packets that stand behind all commands: what a command moves are the bytes that follow it.
  for (const Bytes& payload : {CallProperties(), CallStartSession(model::tcg::kAdminSp, model::tcg::kSid, "M")}) {
    const Bytes packets = Packed(payload, false);
    Bytes& one = payload.size() == CallProperties().size() ? properties : session;
    Add(&one, kToDevice, admin_opcode::kSecuritySend, 0, 1, {1u << 24 | 0x07feu << 8, static_cast<uint32_t>(packets.size())});
    one.insert(one.end(), packets.begin(), packets.end());
    one.resize((one.size() + kCommandBytes - 1) / kCommandBytes * kCommandBytes);
    Add(&one, kFromDevice, admin_opcode::kSecurityReceive, 0, 8, {1u << 24 | 0x07feu << 8, 2048});
  }
  return {plain, zones, guarded, values, admin, care, copies, streams, properties, session};
}

size_t HeadBytes() { return kMostCommands * kCommandBytes; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = FuzzFolder() + "/drive";
  WriteFile(path, FreshDrive().data(), FreshDrive().size());
  for (const HostTransport& transport : HostTransports()) {
    if (std::strcmp(transport.name, "model") != 0) continue;
    std::unique_ptr<HostController> host;
    ReadyReport ready;
    TransportAddress address;
    address.transport = "model";
    address.address = path;
    if (!transport.open(address, {}, &host, &ready).ok()) std::abort();
    Script(host.get()).Run(data, size);
    host->Stop(false);
  }
  return 0;
}
