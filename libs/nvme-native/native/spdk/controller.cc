#include "controller.h"

#include <spdk/env.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/clock.h"
#include "core/random.h"
#include "discovery.h"
#include "environment.h"
#include "log_capture.h"
#include "open_addresses.h"

namespace assay::spdk {
namespace {

constexpr uint64_t kAdminIdlePollNs = 50 * kNsPerMs;
constexpr uint32_t kMaxIoQueues = 1024;

}  // namespace

Controller::Controller(const Traits& traits, const TransportAddress& address, const HostOptions& options)
    : traits_(traits),
      address_(address),
      options_(options),
      admin_(traits, ctrlr_, gone_, [this] { return TakenAway(); }),
      registers_(traits, ctrlr_, admin_, options_) {}

Controller::~Controller() = default;

Status Controller::Open(const Traits& traits, const TransportAddress& address, const HostOptions& options,
                        std::unique_ptr<HostController>* out, ReadyReport* report) {
  if (Status status = TakeAddress(traits, address); !status.ok()) return status;
  std::unique_ptr<Controller> controller(new Controller(traits, address, options));
  const uint64_t start = BoottimeNs();
  if (Status status = controller->Connect(); !status.ok()) {
    Opened().Give(address);
    return status;
  }
  report->ready_ns = BoottimeNs() - start;
  *out = std::move(controller);
  return Status::Ok();
}

// Name and identifier go together (NVMe Base 2.0, 3.11): two names are two hosts, one name is the same host each time.
// FNV-1a, spread over both halves.
static void IdentifyHost(const std::string& host_nqn, uint8_t (&id)[16]) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : host_nqn) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  const uint64_t halves[] = {SplitMix(hash), SplitMix(~hash)};
  std::memcpy(id, halves, sizeof halves);
}

Status Controller::Connect() {
  struct spdk_nvme_transport_id id;
  if (Status status = ToTransportId(traits_, address_, &id); !status.ok()) return status;
  if (traits_.fabrics && address_.nqn.empty()) {
    if (Status status = Discover(&id, options_.timeout_ms); !status.ok()) return status;
  }

  struct spdk_nvme_ctrlr_opts opts;
  spdk_nvme_ctrlr_get_default_ctrlr_opts(&opts, sizeof(opts));
  opts.num_io_queues = kMaxIoQueues;
  opts.io_queue_size = traits_.max_queue_entries;
  opts.admin_queue_size = traits_.admin_entries;
  opts.keep_alive_timeout_ms = traits_.keep_alive_ms;
  opts.admin_timeout_ms = options_.timeout_ms;
  opts.header_digest = address_.header_digest;
  opts.data_digest = address_.data_digest;
  if (!address_.host_nqn.empty()) {
    snprintf(opts.hostnqn, sizeof(opts.hostnqn), "%s", address_.host_nqn.c_str());
    IdentifyHost(address_.host_nqn, opts.extended_host_id);
  }
  opts.disable_error_logging = true;  // an error status is a value for the caller

  // SPDK would wait for it as long as a CAP of all ones allows, two minutes.
  if (const std::string why = traits_.type == SPDK_NVME_TRANSPORT_PCIE ? WhyUnreachable(address_.address) : ""; !why.empty()) {
    return Status::Error(Code::kOpen, std::string(traits_.name) + " " + address_.address + " does not open: " + why);
  }
  ForgetLastError();
  ctrlr_ = spdk_nvme_connect(&id, &opts, sizeof(opts));
  if (ctrlr_ == nullptr) {
    const auto refusal = LastConnectRefusal();
    const std::string detail = refusal ? Describe(*refusal, id.subnqn, opts.hostnqn) : LastError();
    return Status::Error(Code::kOpen, std::string(traits_.name) + " " + address_.address + " does not open" +
                                          (detail.empty() ? "" : " (" + detail + ")"));
  }
  gone_.store(false, std::memory_order_release);
  presence_.Forget();
  admin_.Attach();
  registers_.Attach();
  ReadLimits();
  return Status::Ok();
}

void Controller::ReadLimits() {
  const struct spdk_nvme_ctrlr_opts* opts = spdk_nvme_ctrlr_get_opts(ctrlr_);
  limits_.max_qpairs = opts->num_io_queues;
  limits_.max_queue_entries = opts->io_queue_size;
  limits_.max_transfer_bytes = spdk_nvme_ctrlr_get_max_xfer_size(ctrlr_);
  limits_.ready_timeout_ms = std::max<uint32_t>(1, spdk_nvme_ctrlr_get_regs_cap(ctrlr_).bits.to) * 500;
  limits_.idle_poll_ns = kAdminIdlePollNs;
}

Status Controller::Lost(const char* what) const {
  const std::string detail = LastError();
  return Status::Error(Code::kGone, std::string(traits_.name) + " " + address_.address + ": " + what +
                                        (detail.empty() ? "" : " (" + detail + ")"));
}

void Controller::Detach() {
  registers_.Detach();
  admin_.Forget();
  spdk_nvme_detach(ctrlr_);
  ctrlr_ = nullptr;
  gone_.store(true, std::memory_order_release);
}

void Controller::Stop(bool silent) {
  const bool lost = Gone();
  if (ctrlr_ == nullptr) {
    Opened().Give(address_);
    return;
  }
  if (silent && !lost) {
    // Detaching would write CC. The controller stays as it is until the process ends, its address taken.
    registers_.Detach();
    for (IoQpair* qpair : qpairs_) qpair->Abandon();
    admin_.Forget();
    pinned_.store(true, std::memory_order_release);
    ctrlr_ = nullptr;
    gone_.store(true, std::memory_order_release);
    return;
  }
  if (lost) SayNothingMore();
  for (IoQpair* qpair : qpairs_) qpair->Detach();
  Detach();
  abandoned_.clear();
  Opened().Give(address_);
}

Status Controller::CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) {
  if (Gone()) return Lost("the controller does not answer");
  assert(options.entries >= 2 && options.entries <= limits_.max_queue_entries);
  if (!options.interrupts || options.vector != QpairOptions::kOwnQid) {
    return Status::Error(Code::kUnsupported, std::string(traits_.name) + ": SPDK polls and chooses interrupts and vectors of its queues itself");
  }
  auto qpair = std::make_unique<IoQpair>(traits_, options, ctrlr_);
  if (Status status = qpair->Attach(); !status.ok()) return status;
  qpairs_.push_back(qpair.get());
  *out = std::move(qpair);
  return Status::Ok();
}

void Controller::DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) {
  auto* io = static_cast<IoQpair*>(qpair.get());
  const auto found = std::find(qpairs_.begin(), qpairs_.end(), io);
  assert(found != qpairs_.end());
  qpairs_.erase(found);
  if (!silent || Gone()) {
    if (ctrlr_ != nullptr && Gone()) spdk_nvme_ctrlr_fail(ctrlr_);
    io->Detach();
    return;
  }
  if (io->HasOutstanding()) pinned_.store(true, std::memory_order_release);
  io->Abandon();
  abandoned_.push_back(std::move(qpair));
}

Status Controller::ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) {
  if (Gone()) return Lost("the controller does not answer");
  return Accessed(registers_.Read(offset, bytes, value));
}

Status Controller::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (Gone()) return Lost("the controller does not answer");
  return Accessed(registers_.Write(offset, bytes, value));
}

void* Controller::AllocBuffer(size_t bytes) { return AllocateDma(bytes, 4096); }

void Controller::FreeBuffer(void* memory) {
  if (pinned_.load(std::memory_order_acquire)) return;
  FreeDma(memory);
}

Status Controller::BusAddress(const void* memory, uint64_t* address) {
  if (traits_.fabrics) {
    return Status::Error(Code::kUnsupported, std::string(traits_.name) + ": data go through a socket, memory has no bus address");
  }
  *address = spdk_vtophys(memory, nullptr);
  if (*address != SPDK_VTOPHYS_ERROR) return Status::Ok();
  return Status::Error(Code::kUnsupported, std::string(traits_.name) + ": SPDK knows no bus address of this memory");
}

}  // namespace assay::spdk
