#include "bare_controller.h"

#include <spdk/env.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "environment.h"
#include "lent_pages.h"
#include "open_addresses.h"
#include "registers.h"

namespace assay::spdk {
namespace {

constexpr uint64_t kPageBytes = 4096;

constexpr uint64_t AllOnes(uint32_t bytes) { return bytes == 8 ? UINT64_MAX : UINT32_MAX; }

using Memories = std::vector<std::shared_ptr<uint8_t>>;

// Memory that a closed function may still reach, until it was opened again. Guarded by OpenAddresses: one owner an address.
class StillReached {
 public:
  void Keep(const std::string& address, Memories memories) {
    std::lock_guard<std::mutex> lock(mutex_);
    Memories& kept = kept_[address];
    kept.insert(kept.end(), memories.begin(), memories.end());
  }
  void Forget(const std::string& address) {
    std::lock_guard<std::mutex> lock(mutex_);
    kept_.erase(address);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Memories> kept_;
};

StillReached& AfterTheEnd() {
  static StillReached memories;
  return memories;
}

}  // namespace

BareController::BareController(const Traits& traits, const TransportAddress& address, std::unique_ptr<BusFunction> function)
    : traits_(traits), address_(address), function_(std::move(function)) {}

Status BareController::Open(const Traits& traits, const TransportAddress& address, std::unique_ptr<HostController>* out) {
  if (Status status = TakeAddress(traits, address); !status.ok()) return status;
  std::unique_ptr<BusFunction> function;
  Status status = traits.type == SPDK_NVME_TRANSPORT_PCIE ? OpenPcieFunction(address.address, &function)
                                                          : OpenVfioUserFunction(address.address, &function);
  if (status.ok()) {
    // Who is heard now was let go by the owner before.
    AfterTheEnd().Forget(address.address);
    std::unique_ptr<BareController> controller(new BareController(traits, address, std::move(function)));
    status = controller->ReadLimits();
    if (status.ok()) *out = std::move(controller);
  }
  if (!status.ok()) Opened().Give(address);
  return status;
}

Status BareController::ReadLimits() {
  uint64_t cap = 0;
  limits_.bar_bytes = function_->BarBytes();
  if (Status status = ReadRegister(reg::kCap, 8, &cap); !status.ok()) return status;
  limits_.max_qpairs = 65'535;
  limits_.max_queue_entries = static_cast<uint32_t>(cap & 0xffff) + 1;
  limits_.ready_timeout_ms = std::max<uint32_t>(1, cap >> 24 & 0xff) * 500;
  return Status::Ok();
}

// Nothing is said to the drive. Silent: not even the function is let go, since the kernel would reset it.
void BareController::Stop(bool silent) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (silent && !Gone()) {
    AfterTheEnd().Keep(address_.address, std::move(lent_));
    (void)function_.release();
    gone_.store(true, std::memory_order_release);
    return;
  }
  const bool reaches = function_->ReachesMemoryAfterwards();
  function_ = nullptr;
  if (reaches) AfterTheEnd().Keep(address_.address, std::move(lent_));
  lent_.clear();
  Opened().Give(address_);
}

bool BareController::Answers() {
  uint64_t version = 0;
  return function_->Read(reg::kVs, 4, &version) == Answer::kDone && IsVersion(version);
}

Status BareController::Failed(Answer answer, const std::string& what) {
  if (answer == Answer::kRefused) return Status::Error(Code::kUnsupported, what + ": the device refuses it, and it has to be opened again after that");
  gone_.store(true, std::memory_order_release);
  return Status::Error(Code::kGone, what + ": the device does not answer");
}

Status BareController::FailedAt(Answer answer, const char* verb, uint32_t offset) {
  char text[96];
  snprintf(text, sizeof text, "%s: register %02xh cannot be %s", traits_.name, offset, verb);
  return Failed(answer, text);
}

Status BareController::NotByHand(const char* what) const {
  return Status::Error(Code::kUnsupported, std::string(traits_.name) + ": this controller is driven by hand: " + what);
}

// A register may be all ones or zero by right; the version never is.
Status BareController::ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) {
  const Answer answer = function_->Read(offset, bytes, value);
  if (answer != Answer::kDone) return FailedAt(answer, "read", offset);
  return (*value != AllOnes(bytes) && *value != 0) || Answers() ? Status::Ok() : FailedAt(Answer::kNone, "read", offset);
}

Status BareController::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  const Answer answer = function_->Write(offset, bytes, value);
  return answer == Answer::kDone ? Status::Ok() : FailedAt(answer, "written", offset);
}

// Class code and revision are never all ones; the vendor may come from the host's memory (vfio-pci).
Answer BareController::ConfigAnswers() {
  uint8_t value[4] = {};
  const Answer answer = function_->ReadConfig(0x08, value, sizeof value);
  const bool silent = std::all_of(std::begin(value), std::end(value), [](uint8_t byte) { return byte == 0xff; });
  return answer == Answer::kDone && silent ? Answer::kNone : answer;
}

Status BareController::ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) {
  const std::string what = "the configuration space cannot be read at " + std::to_string(offset);
  if (const Answer answer = ConfigAnswers(); answer != Answer::kDone) return Failed(answer, what);
  const Answer answer = function_->ReadConfig(offset, to, bytes);
  return answer == Answer::kDone ? Status::Ok() : Failed(answer, what);
}

Status BareController::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  const std::string what = "the configuration space cannot be written at " + std::to_string(offset);
  if (const Answer answer = ConfigAnswers(); answer != Answer::kDone) return Failed(answer, what);
  const Answer answer = function_->WriteConfig(offset, from, bytes);
  return answer == Answer::kDone ? Status::Ok() : Failed(answer, what);
}

Status BareController::HotReset() { return function_->HotReset(); }

Status BareController::Lend(uint64_t bytes, bool scattered, DmaRegion* out) {
  LentPages pages;
  if (Status status = LendPages(bytes, scattered, &pages); !status.ok()) return status;
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return Status::Error(Code::kClosed, "the controller is closed");
  for (const uint8_t* place : pages.places) {
    const uint64_t address = function_->BusAddress(place);
    if (address == SPDK_VTOPHYS_ERROR) return Status::Error(Code::kUnsupported, "SPDK knows no bus address of its DMA memory");
    out->pages.push_back(address);
  }
  out->memory = pages.memory;
  out->bytes = pages.bytes;
  lent_.push_back(pages.memory);
  return Status::Ok();
}

void BareController::TakeBack(const DmaRegion&) {}

void* BareController::AllocBuffer(size_t bytes) { return AllocateDma(bytes, kPageBytes); }
void BareController::FreeBuffer(void* memory) { FreeDma(memory); }

Status BareController::BusAddress(const void* memory, uint64_t* address) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return Status::Error(Code::kClosed, "the controller is closed");
  *address = function_->BusAddress(memory);
  if (*address != SPDK_VTOPHYS_ERROR) return Status::Ok();
  return Status::Error(Code::kUnsupported, "SPDK knows no bus address of this memory");
}

Status BareController::Reset(ReadyReport*) { return NotByHand("its reset is the script's"); }
Status BareController::Restart(ReadyReport*) { return NotByHand("open it again"); }
Status BareController::CreateQpair(const QpairOptions&, std::unique_ptr<HostQpair>*) { return NotByHand("its queues are the script's"); }
void BareController::DeleteQpair(std::unique_ptr<HostQpair>, bool) {}
Status BareController::SetUpAdminQueue() {
  return Status::Error(Code::kUnsupported, "SPDK's queues cannot be put over a controller that a script brought up; `driver.openBare` has queues by hand");
}

}  // namespace assay::spdk
