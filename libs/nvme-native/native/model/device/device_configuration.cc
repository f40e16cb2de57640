// CC and what follows from it: enabling, disabling, resets and shutdown of the controller (NVMe Base 2.0, 3.5 to 3.7).
#include <algorithm>

#include "model/admin/admin_commands.h"
#include "device.h"
#include "model/nvm/zones.h"

namespace assay::model {
namespace {

constexpr uint32_t kCcEnable = 1;
constexpr uint32_t kCcShutdown = 3u << 14;
constexpr uint32_t kCstsSubsystemReset = 1u << 4;

}  // namespace

void Device::FollowConfiguration(uint64_t now_ns) {
  const uint32_t cc = cc_.load(std::memory_order_acquire);
  if (cc != cc_seen_) {
    const uint32_t changed = cc ^ cc_seen_;
    cc_seen_ = cc;
    if ((changed & kCcEnable) && (cc & kCcEnable)) {
      ready_at_ns_ = now_ns + (uint64_t{header_->ready_ms} + faults_.ExtraReadyMs()) * kNsPerMs;
      header_->clean = 0;
      csts_.fetch_and(kCstsSubsystemReset);
    } else if ((changed & kCcEnable) && !(cc & kCcEnable)) {
      Disable();
    }
    if ((changed & kCcShutdown) && (cc & kCcShutdown)) ShutDown();
  }
  if (now_ns >= ready_at_ns_) {
    ready_at_ns_ = kNever;
    Enable();
  }
}

void Device::Enable() {
  ForgetQueues();
  if (!Startable()) return Fail();
  const uint32_t aqa = aqa_.load();
  sq_[0] = {Ring(asq_.load(), (aqa & 0xfff) + 1, sizeof(Sqe)), 0, 0};
  cq_[0] = {Ring(acq_.load(), (aqa >> 16 & 0xfff) + 1, sizeof(Cqe)), 0, 1, 0, true};
  AdminCommands(*this).ResetFeatures();
  NoteReset();
  granted_sqs_ = granted_cqs_ = header_->max_qpairs;
  operational_state_ = 0;
  idle_since_ns_ = BoottimeNs();
  namespaces_.ForEachAllocated([&](Media& media) {
    if (media.record().command_set == kZonedCommandSet) Zones(*file_, media).CloseAll();
  });
  if (firmware_.ActivationWaits() && !firmware_.Activate(faults_.FailActivation())) RaiseEvent(0, 5, 3);  // image load error
  csts_.fetch_or(kCstsReady);
  notify_.push_back(0);
}

void Device::Disable() {
  ready_at_ns_ = kNever;
  keep_alive_due_ns_ = kNever;
  host_memory_.Forget();
  ForgetQueues();
  background_.ControllerReset();
  firmware_.Forget();
  csts_.fetch_and(kCstsSubsystemReset);  // CFS goes with the reset
  notify_.push_back(0);
}

bool Device::Startable() {
  // CAP allows 4 KiB pages only; the admin queues must lie in memory that was lent.
  if (cc_.load() & 0x780) return false;
  const uint32_t aqa = aqa_.load();
  if ((aqa & 0xfff) == 0 || (aqa >> 16 & 0xfff) == 0 || asq_.load() % kPageBytes != 0 || acq_.load() % kPageBytes != 0) return false;
  const bool lent = memory_.Resolve(asq_.load(), sizeof(Sqe)) != nullptr && memory_.Resolve(acq_.load(), sizeof(Cqe)) != nullptr;
  (void)memory_.TakeFault();
  return lent;
}

void Device::ResetSubsystem() {
  ResetController(kCstsSubsystemReset);
  std::lock_guard lock(turn_mutex_);
  if (opal_.Activated()) LockAgain(&header_->opal, kOpalHardwareReset);
  opal_.ForgetSession();
}

void Device::ResetController(uint32_t csts) {
  std::lock_guard lock(turn_mutex_);
  ready_at_ns_ = kNever;
  stalled_until_ns_ = 0;
  ForgetQueues();
  background_.ControllerReset();
  firmware_.Forget();
  cc_ = 0;
  cc_seen_ = 0;
  csts_ = csts;
}

void Device::ShutDown() {
  namespaces_.MakeAllDurable();
  header_->clean = 1;
  // What was at work is cut off: whoever has seen SHST may take the memory of its queues away.
  pending_.clear();
  held_events_.clear();
  keep_alive_due_ns_ = kNever;
  stalled_until_ns_ = 0;
  csts_ = csts_.load() | kCstsShutdownDone;
  notify_.push_back(0);
}

void Device::ForgetQueues() {
  pending_.clear();
  held_events_.clear();
  waiting_events_.clear();
  streams_.Forget();
  persistent_events_.clear();
  std::fill(std::begin(event_silence_), std::end(event_silence_), uint8_t{0});
  for (auto& queue : sq_) queue = {};
  for (auto& queue : cq_) queue = {};
  for (auto& doorbell : sq_tail_) doorbell = 0;
  for (auto& doorbell : cq_head_) doorbell = 0;
  interrupts_.Forget();
  interrupts_.Aggregate(1, 0);
  std::lock_guard lock(doorbell_mutex_);
  doorbells_.clear();
}

}  // namespace assay::model
