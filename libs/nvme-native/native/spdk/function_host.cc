#include "function_host.h"

#include <spdk/env.h>

#include <algorithm>
#include <cstdio>

#include "core/clock.h"
#include "environment.h"
#include "lent_pages.h"
#include "open_addresses.h"
#include "registers.h"

namespace assay::spdk {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kAdminIdlePollNs = 50 * kNsPerMs;
constexpr uint32_t kMaxIoQueues = 1024;

constexpr uint64_t AllOnes(uint32_t bytes) { return bytes == 8 ? UINT64_MAX : UINT32_MAX; }

}  // namespace

FunctionHost::FunctionHost(const Traits& traits, const TransportAddress& address, const HostOptions& options, std::unique_ptr<FunctionBus> bus)
    : RingHost(std::move(bus), options), traits_(traits), address_(address), functions_(static_cast<FunctionBus&>(*bus_)) {}

Status FunctionHost::Open(const Traits& traits, const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out,
                          ReadyReport* report) {
  if (Status status = TakeAddress(traits, address); !status.ok()) return status;
  std::unique_ptr<BusFunction> function;
  Status status = traits.open_function(address.address, &function);
  if (status.ok()) {
    ForgetReachedMemory(address.address);
    auto bus = std::make_unique<FunctionBus>(address.address, std::move(function));
    std::unique_ptr<FunctionHost> host(new FunctionHost(traits, address, options, std::move(bus)));
    status = host->ReadLimits();
    if (status.ok()) status = host->MakeAdminQueue();
    if (status.ok() && options.bring_up) status = host->Reset(report);
    if (status.ok()) {
      *out = std::move(host);
    } else {
      host->functions_.LetGo(false);
    }
  }
  if (!status.ok()) Opened().Give(address);
  return status;
}

Status FunctionHost::ReadLimits() {
  uint64_t cap = 0;
  limits_.bar_bytes = functions_.function()->BarBytes();
  if (Status status = ReadRegister(reg::kCap, 8, &cap); !status.ok()) return status;
  const uint32_t stride = 4u << (cap >> 32 & 0xf);
  functions_.SetDoorbellStride(stride);
  limits_.max_qpairs = std::min(kMaxIoQueues, (limits_.bar_bytes - reg::kDoorbells) / (2 * stride) - 1);
  limits_.max_queue_entries = static_cast<uint32_t>(cap & 0xffff) + 1;
  limits_.max_transfer_bytes = RingQpair::kMaxTransferBytes;
  limits_.ready_timeout_ms = std::max<uint32_t>(1, cap >> 24 & 0xff) * 500;
  limits_.idle_poll_ns = kAdminIdlePollNs;
  return Status::Ok();
}

Status FunctionHost::Reset(ReadyReport* report) {
  if (Status status = BringUp(report); !status.ok()) return status;
  uint32_t granted = 0;
  if (Status status = AskForQueues(limits_.max_qpairs, &granted); !status.ok()) return status;
  limits_.max_qpairs = granted;
  return AskForSgl();
}

// Says nothing to a drive that is driven by hand.
void FunctionHost::Stop(bool silent) {
  if (!silent && !Gone()) ShutDown();
  const bool keep = silent && !Gone();
  functions_.LetGo(keep);
  if (!keep) Opened().Give(address_);
}

Status FunctionHost::Attach() {
  functions_.Exchange(nullptr);
  std::unique_ptr<BusFunction> function;
  if (Status status = traits_.open_function(address_.address, &function); !status.ok()) return status;
  functions_.Exchange(std::move(function));
  return ReadLimits();
}

Status FunctionHost::NotAttached() const {
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the device does not answer");
}

bool FunctionHost::Answers() {
  uint64_t version = 0;
  return functions_.function()->Read(reg::kVs, 4, &version) == Answer::kDone && IsVersion(version);
}

Status FunctionHost::Failed(Answer answer, const std::string& what) {
  if (answer == Answer::kRefused) return Status::Error(Code::kUnsupported, what + ": the device refuses it, and it has to be opened again after that");
  functions_.Lose();
  return Status::Error(Code::kGone, what + ": the device does not answer");
}

Status FunctionHost::FailedAt(Answer answer, const char* verb, uint32_t offset) {
  char text[96];
  snprintf(text, sizeof text, "%s: register %02xh cannot be %s", traits_.name, offset, verb);
  return Failed(answer, text);
}

// A register may be all ones or zero by right; the version never is.
Status FunctionHost::ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) {
  if (functions_.function() == nullptr) return NotAttached();
  const Answer answer = functions_.function()->Read(offset, bytes, value);
  if (answer != Answer::kDone) return FailedAt(answer, "read", offset);
  return (*value != AllOnes(bytes) && *value != 0) || Answers() ? Status::Ok() : FailedAt(Answer::kNone, "read", offset);
}

Status FunctionHost::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (functions_.function() == nullptr) return NotAttached();
  const Answer answer = functions_.function()->Write(offset, bytes, value);
  return answer == Answer::kDone ? Status::Ok() : FailedAt(answer, "written", offset);
}

// Class code and revision are never all ones; the vendor may come from the host's memory (vfio-pci).
Answer FunctionHost::ConfigAnswers() {
  uint8_t value[4] = {};
  if (functions_.function() == nullptr) return Answer::kNone;
  const Answer answer = functions_.function()->ReadConfig(0x08, value, sizeof value);
  const bool silent = std::all_of(std::begin(value), std::end(value), [](uint8_t byte) { return byte == 0xff; });
  return answer == Answer::kDone && silent ? Answer::kNone : answer;
}

Status FunctionHost::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  const std::string what = "the configuration space cannot be read at " + std::to_string(offset);
  if (const Answer answer = ConfigAnswers(); answer != Answer::kDone) return Failed(answer, what);
  const Answer answer = functions_.function()->ReadConfig(offset, to, bytes);
  return answer == Answer::kDone ? Status::Ok() : Failed(answer, what);
}

Status FunctionHost::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  const std::string what = "the configuration space cannot be written at " + std::to_string(offset);
  if (const Answer answer = ConfigAnswers(); answer != Answer::kDone) return Failed(answer, what);
  const Answer answer = functions_.function()->WriteConfig(offset, from, bytes);
  return answer == Answer::kDone ? Status::Ok() : Failed(answer, what);
}

Status FunctionHost::HotReset() { return functions_.function() == nullptr ? NotAttached() : functions_.function()->HotReset(); }

Status FunctionHost::Lend(uint64_t bytes, bool scattered, DmaRegion* out) {
  LentPages pages;
  if (Status status = LendPages(bytes, scattered, &pages); !status.ok()) return status;
  for (const uint8_t* place : pages.places) {
    uint64_t address = 0;
    if (Status status = BusAddress(place, &address); !status.ok()) return status;
    out->pages.push_back(address);
  }
  out->memory = pages.memory;
  out->bytes = pages.bytes;
  functions_.MayStillReach(pages.memory);
  return Status::Ok();
}

void FunctionHost::TakeBack(const DmaRegion&) {}

void* FunctionHost::AllocBuffer(size_t bytes) { return AllocateDma(bytes, kPageBytes); }
void FunctionHost::FreeBuffer(void* memory) { FreeDma(memory); }

Status FunctionHost::BusAddress(const void* memory, uint64_t* address) {
  *address = functions_.Find(memory);
  if (*address != SPDK_VTOPHYS_ERROR) return Status::Ok();
  return Status::Error(Code::kUnsupported, std::string(traits_.name) + ": there is no bus address of this memory, or the controller is closed");
}

}  // namespace assay::spdk
