#include "ioworker.h"

#include <algorithm>
#include <cassert>

#include "deadline.h"
#include "thread_census.h"

namespace assay {
namespace {

constexpr size_t kReapAtOnce = 128;
constexpr uint64_t kLockRetryNs = 20'000;
constexpr uint64_t kLateNs = 100 * kNsPerMs;
constexpr uint64_t kPageBytes = 4096;

Operation OperationOf(uint8_t opcode) {
  return opcode == nvm_opcode::kRead ? Operation::kRead : opcode == nvm_opcode::kWrite ? Operation::kWrite : Operation::kOther;
}

}  // namespace

IoWorker::IoWorker(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks)
    : ns_(std::move(ns)), options_(options), callbacks_(std::move(callbacks)), pattern_(options.pattern) {}

std::shared_ptr<IoWorker> IoWorker::Start(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks) {
  auto worker = std::make_shared<IoWorker>(std::move(ns), options, std::move(callbacks));
  if (!worker->ns_->controller()->Post([worker] { worker->Begin(); })) {
    worker->callbacks_.result(Status::Error(Code::kClosed, "the controller is closed"), {});
  }
  return worker;
}

void IoWorker::Begin() {
  Status status = Prepare();
  if (status.ok()) {
    const std::string label = "ioworker " + std::to_string(options_.worker);
    status = ns_->controller()->Attach(shared_from_this(), {.entries = options_.depth + 1, .priority = 0}, label);
  }
  if (status.code == Code::kGone) {
    // A drive that is gone is the DUT's doing.
    result_.end = WorkerEnd::kTerminated;
    callbacks_.result(Status::Ok(), std::move(result_));
  } else if (status.code == Code::kDeadline) {
    result_.end = WorkerEnd::kDeadline;
    callbacks_.result(Status::Ok(), std::move(result_));
  } else if (!status.ok()) {
    callbacks_.result(status, {});
  } else {
    StartThread("assay-ioworker", [self = shared_from_this()] { self->Run(); });
  }
}

Status IoWorker::Prepare() {
  table_ = ns_->table();
  if (options_.verify && table_ == nullptr) return Status::Error(Code::kArgument, "verify needs openVerifyTable first");
  uint64_t largest = 0;
  for (const IoSize& size : options_.pattern.sizes) largest = std::max<uint64_t>(largest, size.lbas);
  const uint64_t stride = (largest * ns_->geometry().lba_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  auto allocate = [&](Buffer* pool) {
    *pool = Buffer(ns_->controller()->host(), stride * options_.depth);
    return pool->data() != nullptr;
  };
  const bool reads = options_.pattern.read_percent > 0;
  const bool writes = options_.pattern.read_percent < 100;
  if ((reads && !allocate(&read_pool_)) || (writes && !allocate(&write_pool_))) {
    return Status::Error(Code::kQpair, "no memory for " + std::to_string(options_.depth) + " buffers of " + std::to_string(stride) + " bytes");
  }
  if (writes) {
    Random random(SplitMix(options_.pattern.seed));
    auto* words = reinterpret_cast<uint64_t*>(write_pool_.data());
    for (size_t i = 0; i < write_pool_.bytes() / 8; i++) words[i] = random.Next();
  }
  slots_.resize(options_.depth);
  for (uint32_t i = options_.depth; i > 0; i--) {
    Slot& slot = slots_[i - 1];
    slot.read_data = reads ? read_pool_.data() + stride * (i - 1) : nullptr;
    slot.write_data = writes ? write_pool_.data() + stride * (i - 1) : nullptr;
    if (options_.verify && reads) slot.floors.resize(largest);
    free_.push_back(i - 1);
  }
  return Status::Ok();
}

void IoWorker::RequestStop() {
  stop_requested_ = true;
  WakeOwner();
}

void IoWorker::Run() {
  start_ns_ = BoottimeNs();
  start_ms_ = RealtimeNs() / kNsPerMs;
  cpu_start_ns_ = ClockNs(CLOCK_THREAD_CPUTIME_ID);
  next_intended_ns_ = start_ns_;
  statistics_ = std::make_unique<WorkerStatistics>(start_ns_, start_ms_, options_.sample_ns, options_.histogram_ns, callbacks_.event);
  std::vector<Done> done(kReapAtOnce);
  for (;;) {
    parking.StopIfAsked();
    const size_t reaped = qpair->Poll(done.data(), done.size());
    const uint64_t now = reaped > 0 ? done[0].complete_ns : BoottimeNs();
    statistics_->Tick(now);
    for (size_t i = 0; i < reaped; i++) Complete(done[i]);
    const bool sent = Fill(now);
    if (ending_ && qpair->outstanding() == 0 && reaped == 0) break;
    // What timed out is still outstanding; it is not waited for.
    if (ending_ && free_.size() + withheld_ == slots_.size() && reaped == 0) break;
    if (reaped == 0 && !sent && !parking.Asked()) qpair->Wait(WaitUntil(), true);
  }
  Finish();
}

// At a rate, what was due before the end is still sent when this thread woke up late.
bool IoWorker::TimeIsUp(uint64_t now_ns) const {
  if (options_.time_ns == 0) return false;
  const uint64_t end_ns = start_ns_ + options_.time_ns;
  if (options_.iops == 0) return now_ns >= end_ns;
  return next_intended_ns_ >= end_ns ? now_ns >= end_ns : now_ns >= end_ns + kLateNs;
}

bool IoWorker::MayIssue(uint64_t now_ns) {
  if (ending_) return false;
  const bool enough = (options_.io_count != 0 && issued_ >= options_.io_count) ||
                      TimeIsUp(now_ns) ||
                      (options_.passes != 0 && issued_lbas_ >= options_.passes * options_.pattern.region_lbas);
  if (enough) End(WorkerEnd::kDone);
  if (stop_requested_) End(WorkerEnd::kStopped);
  return !ending_ && (options_.iops == 0 || now_ns >= next_intended_ns_);
}

// Sends what may be sent; true when something was.
bool IoWorker::Fill(uint64_t now_ns) {
  if (cut_off_ || qpair->Gone()) End(WorkerEnd::kTerminated);
  bool sent = false;
  if (!blocked_.empty()) {
    std::vector<uint32_t> again;
    again.swap(blocked_);
    for (uint32_t index : again) {
      if (ending_) {
        free_.push_back(index);
      } else {
        sent = Issue(index, now_ns) || sent;
      }
    }
  }
  while (!free_.empty() && MayIssue(now_ns)) {
    const uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.step = pattern_.Next();
    slot.intended_ns = 0;
    if (options_.iops != 0) {
      slot.intended_ns = next_intended_ns_;
      next_intended_ns_ = start_ns_ + static_cast<uint64_t>(static_cast<double>(issued_ + 1) * 1e9 / options_.iops);
    }
    issued_++;
    issued_lbas_ += slot.step.lbas;
    sent = Issue(index, now_ns) || sent;
    // Time passes while a deep queue fills, and limits must hold in between.
    now_ns = BoottimeNs();
  }
  return sent;
}

bool IoWorker::Issue(uint32_t index, uint64_t) {
  Slot& slot = slots_[index];
  if (slot.step.opcode == nvm_opcode::kWrite && table_ != nullptr && !table_->TryLock(slot.step.slba, slot.step.lbas)) {
    blocked_.push_back(index);
    return false;
  }
  const Sent sent = Send(index);
  if (sent == Sent::kOk) return true;
  if (slot.step.opcode == nvm_opcode::kWrite && table_ != nullptr) table_->Ended(slot.step.slba, slot.step.lbas, WriteEnd::kUncertain, false);
  free_.push_back(index);
  assert(sent != Sent::kFull);
  End(sent == Sent::kDeadline ? WorkerEnd::kDeadline : WorkerEnd::kTerminated);
  return false;
}

Sent IoWorker::Send(uint32_t index) {
  Slot& slot = slots_[index];
  Command command;
  command.token = index;
  command.worker = options_.worker;
  command.sqe.opc = slot.step.opcode;
  command.sqe.nsid = ns_->geometry().nsid;
  command.lba_count = slot.step.lbas;
  if (slot.step.opcode == nvm_opcode::kFlush) {
    if (table_ != nullptr) slot.flush_epoch = table_->FlushSubmitted();
    return qpair->Submit(command);
  }
  command.sqe.SetSlba(slot.step.slba);
  command.sqe.cdw12 = slot.step.lbas - 1;
  command.data_bytes = slot.step.lbas * ns_->geometry().lba_bytes;
  if (slot.step.opcode == nvm_opcode::kWrite) {
    PrepareWrite(slot);
    command.data = slot.write_data;
    command.direction = Direction::kToDevice;
  } else {
    if (options_.verify) {
      for (uint32_t i = 0; i < slot.step.lbas; i++) slot.floors[i] = table_->Floor(slot.step.slba + i, Rule::kDurableOrNewer);
    }
    command.data = slot.read_data;
    command.direction = Direction::kFromDevice;
  }
  return qpair->Submit(command);
}

bool IoWorker::PrepareWrite(Slot& slot) {
  const uint32_t lba_bytes = ns_->geometry().lba_bytes;
  if (options_.verify) {
    const uint64_t token = table_->TakeTokens(slot.step.lbas);
    for (uint32_t i = 0; i < slot.step.lbas; i++) {
      table_->stamp().Fill(slot.write_data + uint64_t{i} * lba_bytes, lba_bytes, slot.step.slba + i, token + i);
      table_->Submitted(slot.step.slba + i, VerifyTable::TokenVersion(token + i));
    }
    return true;
  }
  // Unverified sectors differ from one another, and the table stops claiming to know them.
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    uint8_t* sector = slot.write_data + uint64_t{i} * lba_bytes;
    const uint64_t lba = slot.step.slba + i;
    const uint64_t mark = SplitMix(options_.pattern.seed ^ ++write_mark_);
    std::memcpy(sector, &lba, 8);
    std::memcpy(sector + lba_bytes - 8, &mark, 8);
    if (table_ != nullptr) table_->Submitted(lba, kVersionUnknown);
  }
  return true;
}

void IoWorker::Complete(const Done& done) {
  Slot& slot = slots_[done.token];
  if (done.completed) {
    const bool terminated = done.local && done.cqe.Sc() == kLocalTerminated;
    if (slot.step.opcode == nvm_opcode::kWrite && table_ != nullptr) EndWrite(slot, done);
    if (terminated) {
      End(WorkerEnd::kTerminated);
      result_.in_flight++;
    } else if (!done.cqe.Ok()) {
      NoteError(slot.step.opcode, done.cqe, done.complete_ns);
    }
    if (!done.local) {
      const uint64_t bytes = done.cqe.Ok() ? uint64_t{slot.step.lbas} * ns_->geometry().lba_bytes : 0;
      const uint64_t service = done.complete_ns - done.submit_ns;
      const uint64_t intended = slot.intended_ns != 0 ? done.complete_ns - std::min(done.complete_ns, slot.intended_ns) : service;
      statistics_->Count(OperationOf(slot.step.opcode), bytes, std::max(intended, service), service);
    }
    if (slot.step.opcode == nvm_opcode::kFlush && done.cqe.Ok() && table_ != nullptr) table_->FlushAcknowledged(slot.flush_epoch);
    if (slot.step.opcode == nvm_opcode::kRead && options_.verify && !done.local) CompleteRead(slot, done);
    if (!done.released) withheld_++;  // its buffer is not ours until the drive lets go
  } else {
    withheld_--;
  }
  if (done.released) free_.push_back(static_cast<uint32_t>(done.token));
}

void IoWorker::EndWrite(const Slot& slot, const Done& done) {
  const WriteEnd end = done.cqe.Ok() ? WriteEnd::kAcknowledged : done.released ? WriteEnd::kUncertain : WriteEnd::kUnknown;
  table_->Ended(slot.step.slba, slot.step.lbas, end, false);
}

void IoWorker::CompleteRead(Slot& slot, const Done& done) {
  const uint32_t lba_bytes = ns_->geometry().lba_bytes;
  const bool unreadable = done.cqe.Sct() == 2 && done.cqe.Sc() == 0x81;
  if (!done.cqe.Ok() && !unreadable) return;
  for (uint32_t i = 0; i < slot.step.lbas; i++) {
    const uint64_t lba = slot.step.slba + i;
    // Which sector of an unreadable command is bad is not known: only the error counts, unless it is a single sector.
    if (unreadable && slot.step.lbas > 1) return;
    SectorCheck check = unreadable ? table_->CheckUnreadable(lba, slot.floors[i])
                                   : table_->Check(lba, slot.read_data + uint64_t{i} * lba_bytes, slot.floors[i], Rule::kDurableOrNewer);
    if (check.state == SectorState::kWrong) {
      Cqe cqe = done.cqe;
      cqe.status = MakeStatus(kLocalSct, kLocalMiscompare);
      if (!unreadable) NoteError(nvm_opcode::kRead, cqe, done.complete_ns);
    }
    NoteCheck(std::move(check));
  }
}

void IoWorker::NoteCheck(SectorCheck&& check) {
  if (check.state == SectorState::kUnknown) {
    result_.unknown_lbas++;
    return;
  }
  result_.checked_lbas++;
  if (check.state == SectorState::kRight) return;
  result_.miscompares++;
  if (told_ == kMaxMiscomparesTold) return;
  told_++;
  check.miscompare.nsid = ns_->geometry().nsid;
  callbacks_.event(std::move(check.miscompare));
}

ErrorAction IoWorker::ActionFor(const Cqe& cqe) const {
  for (const StatusPolicy& policy : options_.on_status) {
    if (policy.sct == cqe.Sct() && policy.sc == cqe.Sc()) return policy.action;
  }
  return options_.on_error;
}

void IoWorker::NoteError(uint8_t opcode, const Cqe& cqe, uint64_t now_ns) {
  const ErrorAction action = ActionFor(cqe);
  if (action != ErrorAction::kIgnore) statistics_->CountError();
  const uint64_t now_ms = start_ms_ + (now_ns - start_ns_) / kNsPerMs;
  const auto at = std::find_if(result_.errors.begin(), result_.errors.end(), [&](const WorkerError& error) {
    return error.opcode == opcode && error.sct == cqe.Sct() && error.sc == cqe.Sc();
  });
  if (at != result_.errors.end()) {
    at->count++;
    at->last_ms = now_ms;
  } else if (result_.errors.size() < kMaxErrorKinds) {
    result_.errors.push_back({opcode, cqe.Sct(), cqe.Sc(), 1, now_ms, now_ms, action});
  }
  if (action == ErrorAction::kStop) End(WorkerEnd::kError);
}

uint64_t IoWorker::WaitUntil() const {
  uint64_t until = statistics_->NextTickNs();
  if (!blocked_.empty()) until = std::min(until, BoottimeNs() + kLockRetryNs);
  if (ending_) return until;
  if (options_.time_ns != 0) until = std::min(until, start_ns_ + options_.time_ns);
  if (options_.iops != 0 && !free_.empty()) until = std::min(until, next_intended_ns_);
  return std::min(until, DeadlineNs());
}

void IoWorker::Finish() {
  const uint64_t now = BoottimeNs();
  statistics_->Finish(now);
  result_.end = end_;
  result_.reads = statistics_->count(Operation::kRead);
  result_.writes = statistics_->count(Operation::kWrite);
  result_.flushes = statistics_->count(Operation::kOther);
  result_.read_bytes = statistics_->bytes(Operation::kRead);
  result_.written_bytes = statistics_->bytes(Operation::kWrite);
  result_.duration_ms = static_cast<double>(now - start_ns_) / 1e6;
  result_.latency_average_ns = statistics_->LatencyAverageNs();
  result_.latency_max_ns = statistics_->LatencyMaxNs();
  for (int i = 0; i < kOperations; i++) {
    result_.latency[i] = statistics_->latency(static_cast<Operation>(i)).Sparse();
    result_.service[i] = statistics_->service(static_cast<Operation>(i)).Sparse();
  }
  result_.in_flight += qpair->outstanding();
  const uint64_t cpu = ClockNs(CLOCK_THREAD_CPUTIME_ID) - cpu_start_ns_;
  result_.cpu_percent = 100.0 * static_cast<double>(cpu) / static_cast<double>(std::max<uint64_t>(1, now - start_ns_));
  parking.Retire();
  // The qpair goes back on the control thread; buffers live as long as this object, so past that. A controller that is
  // closing takes it back by itself.
  auto controller = ns_->controller();
  auto self = shared_from_this();
  controller->Post([controller = controller.get(), self] { controller->Detach(self.get()); });
  callbacks_.result(Status::Ok(), std::move(result_));
}

}  // namespace assay
