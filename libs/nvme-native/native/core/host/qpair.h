// One queue pair as the core uses it: a host qpair with its flight recorder, the deadline check, local completion of
// what is too old or was cut off, and the account of what is outstanding. Owned by one thread, like the host qpair.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/cmdlog.h"
#include "freeze.h"
#include "host.h"
#include "core/tick_clock.h"

namespace assay {

// One command of the owner. `data` must stay valid until its token is Released (see Done).
struct Command {
  Sqe sqe{};
  void* data = nullptr;
  uint32_t data_bytes = 0;
  Direction direction = Direction::kNone;
  void* metadata = nullptr;  // as HostSubmission
  uint32_t metadata_bytes = 0;
  uint64_t token = 0;      // the owner's
  uint64_t lba_count = 0;  // for the flight recorder
  uint32_t worker = 0;
  uint64_t timeout_ns = 0;  // 0: the qpair's; kNever: none (asynchronous event request)
};

// What became of a command. Exactly one Done per submitted command has `completed` set.
struct Done {
  uint64_t token = 0;
  Cqe cqe{};
  bool completed = false;
  // Made by our side: sct 7, sc as in nvme_spec.h.
  bool local = false;
  // The drive will not touch the data any more. A command that timed out is completed first and released later.
  bool released = false;
  uint64_t submit_ns = 0;
  uint64_t complete_ns = 0;
};

class DoneListener {
 public:
  virtual ~DoneListener() = default;
  virtual void OnDone(const Done& done) = 0;
};

// An owner that looks so much later than it wanted to was kept from it.
constexpr uint64_t kAbsentNs = 100'000'000;

enum class Sent { kOk, kFull, kDeadline, kGone, kFrozen };

class Qpair final : private CompletionListener {
 public:
  Qpair(HostQpair* host, std::unique_ptr<Cmdlog> cmdlog, uint64_t timeout_ns);

  uint16_t qid() const { return qid_; }
  uint32_t max_outstanding() const { return static_cast<uint32_t>(slots_.size()); }
  // Any thread. Commands that were sent and not completed (timed out ones included until they are released).
  uint32_t outstanding() const { return taken_.load(std::memory_order_relaxed); }
  const std::string& cmdlog_path() const { return cmdlog_->path(); }

  // Owner. kDeadline, kGone, kFrozen: nothing was sent. `now_ns`: the clock as it was read directly before; 0: reads it.
  Sent Submit(const Command& command, uint64_t now_ns = 0);
  // Owner. When the newest command was submitted.
  uint64_t submitted_ns() const { return submitted_ns_; }
  // Owner. CLOCK_BOOTTIME, as all times here.
  uint64_t Now() { return clock_.Now(); }
  // Owner. Completions so far, then local ones for what is too old or, once the device is gone, for all the rest.
  size_t Poll(Done* out, size_t max);
  // Owner. The same, each told as soon as it is seen; the listener may Submit. Looks up to `looks` times for the first one.
  size_t Serve(DoneListener& to, size_t max, uint32_t looks);
  // Owner.
  void Wait(uint64_t until_ns, bool spin);
  // Any thread. The controller stands still: nothing is sent and nothing is taken in.
  bool Frozen() const { return host_ != nullptr && freeze_ != nullptr && freeze_->frozen(); }
  // `freeze` outlives this.
  void Obey(const Freeze* freeze) { freeze_ = freeze; }
  // Any thread. For commands that are sent from now on.
  void SetTimeout(uint64_t timeout_ns) { timeout_ns_.store(timeout_ns, std::memory_order_relaxed); }
  const Cmdlog& cmdlog() const { return *cmdlog_; }
  // Any thread.
  bool Gone() const { return host_ == nullptr || host_->Gone(); }

  // Control thread, owner parked, before Reset or Restart: takes in what has completed.
  void Drain();
  // Control thread, owner parked, after the host recovered: everything outstanding is completed locally as terminated by
  // the owner's next Poll. Returns how many.
  uint32_t TerminateOutstanding();

  // For commands that the host sends itself (admin queue).
  void RecordInternal(const Sqe& sqe, const Cqe& cqe, uint64_t submit_ns, uint64_t complete_ns);

  // Owner. Completions that belonged to no command in flight.
  uint64_t ProtocolErrors() const { return host_ == nullptr ? protocol_errors_ : host_->ProtocolErrors(); }

  // Control thread, owner parked, after the host qpair was deleted: only what is ready is left to poll.
  void Detach() { host_ = nullptr; }

 private:
  struct Slot {
    uint64_t token;
    uint64_t submit_ns;
    uint64_t expires_ns;
    uint64_t number;  // in the flight recorder
    uint32_t serial;  // guards against a completion for an earlier use of the slot
    bool busy;
    bool timed_out;
  };

  bool Take(const HostCompletion& completion, uint64_t now_ns, Done* done);
  void Finish(uint32_t index, const Cqe& cqe, bool local, bool released, uint64_t now_ns, Done* done);
  void Free(uint32_t index);
  void Completed(const HostCompletion& completion) override;
  void Tell(const Done& done);
  void TellReady(size_t max);
  void Expire(uint64_t now_ns, size_t max);
  // After a time in which nobody looked, what is outstanding gets a moment to arrive before it counts as late.
  void ForgiveAbsence(uint64_t now_ns) {
    const bool absent = now_ns > looked_ns_ + kAbsentNs;
    looked_ns_ = now_ns;
    if (absent) Forgive(now_ns);
  }
  void Forgive(uint64_t now_ns);
  Cqe LocalCqe(uint8_t sc) const;

  HostQpair* host_;
  TickClock clock_;
  const Freeze* freeze_ = nullptr;
  uint16_t qid_;
  std::unique_ptr<Cmdlog> cmdlog_;
  std::atomic<uint64_t> timeout_ns_;
  std::vector<Slot> slots_;
  std::unique_ptr<uint32_t[]> free_;  // the slots from taken_ on
  std::atomic<uint32_t> taken_{0};  // the owner writes
  std::vector<HostCompletion> reaped_;
  std::vector<Done> ready_;  // made while the owner was parked
  DoneListener* listener_ = nullptr;
  size_t told_ = 0;  // in this Serve
  uint64_t next_expiry_ns_ = kNever;
  uint64_t submitted_ns_ = 0;
  uint64_t protocol_errors_ = 0;  // when the host qpair was last drained
  uint64_t looked_ns_ = 0;  // when the owner was last seen awake, or was to be
};

}  // namespace assay
