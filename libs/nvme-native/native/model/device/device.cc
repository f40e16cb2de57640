#include "device.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cassert>

namespace assay::model {
namespace {
constexpr uint64_t kLongestSleepNs = kNsPerSecond;
}  // namespace

Device::Device(std::unique_ptr<DriveFile> file)
    : file_(std::move(file)),
      header_(&file_->header()),
      bus_(file_->path()),
      namespaces_(file_.get()),
      faults_(file_.get()),
      background_(header_, &namespaces_),
      firmware_(header_),
      nand_(header_),
      health_(header_),
      opal_(header_, &namespaces_),
      placement_(file_->placement(), file_->reclaim_map()),
      random_(SplitMix(header_->seed ^ header_->smart.io_commands)),
      generation_(header_->generation.load()),
      wake_(&header_->wake),
      config_(header_->max_qpairs + 1),
      interrupts_(header_->max_qpairs + 1),
      sq_tail_(header_->max_qpairs + 1),
      cq_head_(header_->max_qpairs + 1),
      sq_(header_->max_qpairs + 1),
      cq_(header_->max_qpairs + 1),
      listeners_(header_->max_qpairs + 1, nullptr) {
  Enumerate();
  thread_ = std::thread([this] { Run(); });
}

Device::~Device() { Halt(); }

void Device::Halt() {
  if (!thread_.joinable()) return;
  stop_ = true;
  wake_.Notify();
  thread_.join();
}

void Device::RingSqTail(uint16_t qid, uint32_t tail) {
  sq_tail_[qid].store(tail, std::memory_order_release);
  wake_.Notify();
}

// No wake: room in a completion queue is only waited for when it was full.
void Device::RingCqHead(uint16_t qid, uint32_t head) { cq_head_[qid].store(head, std::memory_order_release); }

void Device::SetListener(uint16_t cqid, Event* event) {
  std::lock_guard lock(listener_mutex_);
  listeners_[cqid] = event;
}

void Device::DropQueue(uint16_t qid) {
  std::lock_guard lock(turn_mutex_);
  ForgetPending(qid);
  sq_[qid] = {};
  cq_[qid] = {};
}

bool Device::Attach() {
  while (Dark()) {
    if (header_->power.load() != kPowerOn || file_->Broken()) return false;
    const uint32_t seen = attached_.Epoch();
    attach_ = true;
    wake_.Notify();
    attached_.Wait(seen, BoottimeNs() + 10 * kNsPerMs);
  }
  return true;
}

void Device::Run() {
  prctl(PR_SET_NAME, "assay-drive");
  prctl(PR_SET_TIMERSLACK, 1000);
  device_memory = &memory_;
  while (!stop_) {
    const uint32_t seen = wake_.Epoch();
    if (!Enter()) {
      GoDark();
      if (attach_ && header_->power.load() == kPowerOn && !file_->Broken()) {
        ReAttach();
      } else if (header_->power.load() == kPowerOff && BoottimeNs() >= returns_at_ns_) {
        ComeBack();
      } else if (!stop_) {
        Sleep(seen, returns_at_ns_);
      }
      continue;
    }
    bool progress;
    uint64_t due_ns = 0;
    {
      std::lock_guard lock(turn_mutex_);
      memory_.BeginTurn();
      progress = Step(BoottimeNs());
      memory_.EndTurn();
      if (!progress) due_ns = NextDueNs();  // a reset by another thread changes what it looks at
    }
    Leave();
    if (removed_) LeaveTheSlot();
    if (!notify_.empty()) {
      std::lock_guard lock(listener_mutex_);
      for (uint16_t cqid : notify_) {
        if (listeners_[cqid] != nullptr) listeners_[cqid]->Notify();
      }
      notify_.clear();
    }
    if (!progress && !stop_) Sleep(seen, due_ns);
  }
}

// What wakes us lies in the file: somebody who cuts it short takes that away too.
void Device::Sleep(uint32_t seen, uint64_t until_ns) { wake_.Wait(seen, std::min(until_ns, BoottimeNs() + kLongestSleepNs)); }

// Either this thread sees the cut, or the switch sees `executing`: both are sequentially consistent.
bool Device::Enter() {
  header_->executing.store(1);
  if (header_->power.load() == kPowerOn && !Dark() && !file_->Broken()) return true;
  header_->executing.store(0);
  return false;
}

void Device::GoDark() {
  if (dark_) return;
  pending_.clear();
  // What a power loss would bring back may be what is missing.
  if (file_->Broken()) namespaces_.MakeAllDurable();
  dark_.store(true, std::memory_order_release);
  std::lock_guard lock(listener_mutex_);
  for (Event* event : listeners_) {
    if (event != nullptr) event->Notify();
  }
}

void Device::ReAttach() {
  generation_ = header_->generation.load();
  cc_ = csts_ = aqa_ = 0;
  asq_ = acq_ = 0;
  cc_seen_ = 0;
  ready_at_ns_ = kNever;
  stalled_until_ns_ = 0;
  returns_at_ns_ = kNever;
  ForgetQueues();
  config_.Reset();
  interrupts_.Reset();
  Enumerate();
  timestamp_ms_ = timestamp_origin_ = 0;
  timestamp_set_ns_ = BoottimeNs();
  namespaces_.Reload();
  background_.Pause();
  opal_.ForgetSession();
  background_.ControllerReset();
  attach_ = false;
  dark_.store(false, std::memory_order_release);
  attached_.Notify();
}

bool Device::Step(uint64_t now_ns) {
  FollowConfiguration(now_ns);
  if (background_.Advance(now_ns)) {
    NoteSanitize(true);
    RaiseEvent(6, 1, 0x81);  // sanitize operation completed
  }
  if (now_ns >= keep_alive_due_ns_) {
    keep_alive_due_ns_ = kNever;
    Fail();
  }
  if ((csts_.load(std::memory_order_relaxed) & (kCstsReady | kCstsFatal)) != kCstsReady || !bus_master_ || ShutDownComplete()) return false;
  if (stalled_until_ns_ != 0) {
    if (now_ns < stalled_until_ns_) return false;
    stalled_until_ns_ = 0;
  }
  TakeDoorbells();
  if (busy_) header_->busy_ns += now_ns - std::min(now_ns, looked_at_ns_);
  looked_at_ns_ = now_ns;
  bool progress = FetchAll(now_ns);
  busy_ = progress || !pending_.empty();
  while (!pending_.empty() && pending_.front().due_ns <= now_ns && !Fatal()) {
    if (!Post(pending_.front())) {
      // The host has not made room; look again soon, later completions of other queues wait behind it.
      pending_.front().due_ns = now_ns + 50'000;
      std::make_heap(pending_.begin(), pending_.end(), std::greater<>());
      break;
    }
    std::pop_heap(pending_.begin(), pending_.end(), std::greater<>());
    pending_.pop_back();
    progress = true;
  }
  interrupts_.Advance(memory_, now_ns);
  return progress;
}

uint64_t Device::NextDueNs() const {
  uint64_t due = std::min({ready_at_ns_, keep_alive_due_ns_, background_.NextDueNs(BoottimeNs())});
  if (stalled_until_ns_ != 0) return std::min(due, stalled_until_ns_);
  // What cannot be sent need not be waited for.
  if (Fatal() || !bus_master_) return due;
  if (!pending_.empty()) due = std::min(due, pending_.front().due_ns);
  return std::min(due, interrupts_.NextDueNs());
}

uint64_t Device::Jittered(uint32_t us) {
  if (!header_->has_latency || us == 0) return 0;
  const uint64_t ns = uint64_t{us} * 1000;
  const uint64_t span = ns * header_->jitter_percent / 100;
  return ns - span + random_.Below(2 * span + 1);
}

}  // namespace assay::model
