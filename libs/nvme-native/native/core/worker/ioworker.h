// One thread, one qpair, one pattern: a closed loop that keeps exactly `depth` commands outstanding, or sends at a rate.
// No single I/O leaves the thread: samples, histogram deltas and miscompares go out through the sink, the result at the end.
//   ioworker.cc             its life: start, the loop, the end
//   ioworker_submission.cc  from a step to a command
//   ioworker_completion.cc  from a completion to figures, errors, checks
#pragma once
#include <atomic>
#include <optional>

#include "core/verify/namespace.h"
#include "worker_pacing.h"
#include "worker_result.h"
#include "worker_steps.h"

namespace assay {

constexpr uint32_t kMaxMiscomparesTold = 64;
constexpr size_t kMaxErrorKinds = 4096;

struct WorkerCallbacks {
  WorkerEventSink event;  // worker's thread
  // Worker's or control thread, exactly once, last. Not ok: the worker never started (kQpair, kClosed, kDeadline, ...).
  std::function<void(const Status&, WorkerResult&&)> result;
};

class IoWorker : public QpairOwner, private DoneListener, public std::enable_shared_from_this<IoWorker> {
 public:
  static std::shared_ptr<IoWorker> Start(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks);
  IoWorker(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks);

  // Any thread: the user's wish; ends with kStopped after what is outstanding has completed.
  void RequestStop();
  // Any thread: ends the freeze of this worker's controller, whoever set it.
  void Release() { ns_->controller()->freeze().Release(); }
  void WasReset() override { cut_off_ = true; }
  void Stop() override { cut_off_ = true; }

 private:
  // An opcode of this worker, ready to be sent.
  struct Line {
    WorkerOperation what;
    size_t number = 0;
    bool locks = false;    // nobody else may change its LBAs meanwhile
    bool changes = false;  // it does
    bool fua = false;
    bool placed = false;  // moves data of its LBAs
    bool places = false;    // names a placement identifier of its own in each command
    bool protects = false;  // says what is to be done about protection information
    Command command{};    // what each of its commands begins as
  };
  struct Slot {
    IoStep step{};
    const Line* line = nullptr;
    uint64_t intended_ns = 0;
    uint8_t* read_data = nullptr;
    uint8_t* write_data = nullptr;
    uint8_t* range = nullptr;  // of a command that says its LBAs in data
    uint8_t* metadata = nullptr;  // that the worker makes or looks at, where it does not lie between the sectors
    uint32_t flush_epoch = 0;
    bool locked = false;
    bool expected_known = true;  // of a compare: what is sent is what must be there
    std::vector<ReadFloor> floors;
    uint16_t placement = 0;
    uint64_t token = 0;  // of a verified write's first LBA
  };

  // ---- life ----
  void Begin();  // control thread
  Status Prepare();
  void MakeLines();
  Status MakePools(uint64_t stride, uint64_t largest);
  // A script may keep its handle for ever.
  void FreePools();
  void Run();
  void End(WorkerEnd end) { if (!ending_) { ending_ = true; end_ = end; } }
  // Commands that are with the drive, or waits to go there.
  uint32_t InUse() const { return taken_ - (staged_ != kNobody ? 1 : 0) - (late_ ? 1 : 0); }
  uint32_t TakeSlot() { return free_[taken_++]; }
  void GiveSlot(uint32_t index) { free_[--taken_] = index; }
  bool AllTaken() const { return taken_ == slots_.size(); }
  uint64_t WaitUntil() const;
  void Finish();

  // ---- submission ----
  bool Fill(uint64_t now_ns);
  bool SendNew(uint64_t now_ns, bool successor);
  bool SendBlocked();
  bool MayIssue(uint64_t now_ns) {
    if (cut_off_.load(std::memory_order_relaxed) || stop_requested_.load(std::memory_order_relaxed) || pacing_.Enough(now_ns)) MayEnd(now_ns);
    return !ending_ && pacing_.Due(now_ns);
  }
  void MayEnd(uint64_t now_ns);
  bool Stage();
  void StageAhead();
  bool Issue(uint32_t index, const Command* ready = nullptr, uint64_t now_ns = 0);
  Command MakeCommand(uint32_t index);
  void FillData(Slot& slot);
  void FillWrite(Slot& slot);
  void FillCompare(Slot& slot);
  void Protect(Slot& slot);
  uint8_t* MetadataOf(const Slot& slot, uint8_t* data, uint32_t i) const;
  void NoteSubmitted(const Slot& slot);
  void Unlock(Slot& slot, WriteEnd end);

  // ---- completion ----
  void OnDone(const Done& done) override;
  void SettleLate();
  void Complete(const Done& done);
  void Settle(Slot& slot, const Done& done);
  void CompleteRead(Slot& slot, const Done& done);
  void NoteMiscompare(const Slot& slot, const Done& done);
  void CheckAtomicity(const Slot& slot, const Done& done);
  void CheckProtection(const Slot& slot, const Done& done);
  bool Expected(const Slot& slot, const Done& done) const;
  void NoteError(const Slot& slot, const Cqe& cqe, uint64_t now_ns, ErrorAction action);
  void FreezeAt(const Slot& slot, const Cqe& cqe);
  ErrorAction ActionFor(const Cqe& cqe) const;
  void NoteCheck(SectorCheck&& check);
  void Tell(Miscompare&& miscompare);

  std::shared_ptr<Namespace> ns_;
  WorkerOptions options_;
  WorkerCallbacks callbacks_;
  std::shared_ptr<VerifyTable> table_;
  WorkerPacing pacing_;
  std::unique_ptr<WorkerSteps> steps_;
  std::unique_ptr<WorkerStatistics> statistics_;
  PlacementPattern placements_;
  WorkerPayload payload_;
  WorkerProtection protection_;
  uint32_t stride_ = 0, beside_bytes_ = 0;  // of each LBA: in the data, and in a buffer of its own
  WorkerHistory history_;
  std::vector<Line> lines_;
  uint8_t line_of_[256] = {};
  Buffer read_pool_, write_pool_, metadata_;
  std::vector<Slot> slots_;
  std::unique_ptr<uint32_t[]> free_;  // the slots from taken_ on
  uint32_t taken_ = 0;
  std::vector<uint32_t> blocked_, retried_;  // commands that wait for an LBA
  // The next command, in a slot of its own. That of a shallow queue is made ready while the drive works.
  static constexpr uint32_t kNobody = UINT32_MAX;
  uint32_t staged_ = kNobody;
  uint64_t staged_passed_ = 0;
  bool ahead_ = false;
  // A deep queue's reads are checked when the next completion is there, which needs a slot more.
  bool check_late_ = false;
  bool nothing_to_fill_ = false;  // no command's data are made when it is sent
  std::optional<Command> ready_;
  std::optional<Done> late_;  // its successor was sent before it was settled
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> cut_off_{false};

  bool ending_ = false;
  WorkerEnd end_ = WorkerEnd::kDone;
  uint64_t start_ns_ = 0, start_ms_ = 0, cpu_start_ns_ = 0;
  uint32_t withheld_ = 0;  // slots whose command timed out and is still with the drive
  uint32_t told_ = 0;
  std::vector<SeenSector> seen_;  // of a read that met a write
  WorkerResult result_;
};

}  // namespace assay
