// The file of a software drive comes from anywhere: it is refused, or the drive in it works within its bounds.
#include "../model/drive_file.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <future>

#include "../core/host_table.h"
#include "../core/clock.h"
#include "../model/power_switch.h"
#include "fuzz.h"

using namespace assay;

namespace {

constexpr uint64_t kCapacity = 64 * 1024;
constexpr uint32_t kTimeoutMs = 50;

model::DriveSpec Spec(uint32_t lba_bytes) {
  model::DriveSpec spec;
  spec.model = "FUZZ";
  spec.serial = "1";
  spec.firmware = "1";
  spec.capacity_bytes = kCapacity;
  spec.cache_bytes = 64 * 4096;
  spec.max_namespaces = 1;
  spec.namespaces.push_back(model::PlainNamespace(spec.capacity_bytes, lba_bytes));
  spec.volatile_cache = true;
  spec.ready_ms = 0;
  return spec;
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

  void Send(HostQpair* qpair, uint8_t opcode, uint32_t nsid, uint32_t cdw10, uint32_t cdw12, uint32_t bytes, Direction direction, uint32_t cdw11 = 0) {
    HostSubmission submission;
    submission.sqe.opc = opcode;
    submission.sqe.nsid = nsid;
    submission.sqe.cdw10 = cdw10;
    submission.sqe.cdw11 = cdw11;
    submission.sqe.cdw12 = cdw12;
    submission.data = bytes == 0 ? nullptr : data_;
    submission.data_bytes = bytes;
    submission.direction = direction;
    if (qpair->Submit(submission) != SubmitOutcome::kOk) return;
    const uint64_t until = BoottimeNs() + kTimeoutMs * kNsPerMs;
    HostCompletion completion;
    while (qpair->Poll(&completion, 1) == 0 && BoottimeNs() < until && !qpair->Gone()) qpair->Wait(until, false);
  }

 private:
  HostController* host_;
  uint8_t* data_;
};

void Use(HostController* host) {
  Session session(host);
  HostQpair* admin = host->Admin();
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
  session.Send(io.get(), nvm_opcode::kFlush, 1, 0, 0, 0, Direction::kNone);
  session.Send(io.get(), nvm_opcode::kWrite, 1, 3, 0, 4096, Direction::kToDevice);
  session.Send(admin, admin_opcode::kFormat, 1, 0, 0, 0, Direction::kNone);
  host->DeleteQpair(std::move(io), false);
}

}  // namespace

std::vector<Bytes> Seeds() {
  std::vector<Bytes> seeds;
  for (const uint32_t lba_bytes : {512u, 4096u}) {
    const std::string path = FuzzFolder() + "/seed";
    if (!model::CreateDrive(path, Spec(lba_bytes)).ok()) std::abort();
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
    if (transport.open({.transport = "model", .address = path, .port = 0, .nqn = ""}, options, &host, &ready).ok()) {
      Use(host.get());
      host->Stop(false);
    }
    host.reset();
    model::PowerReport report;
    if (model::SwitchPower(path, false, &report).ok()) (void)model::SwitchPower(path, true, &report);
  }
  return 0;
}
