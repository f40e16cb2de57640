#include "ioworker.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "core/host/deadline.h"

namespace assay {
namespace {

constexpr size_t kMostAtOnce = 128;
// At a queue before anything else is looked after, by a worker that spins and has nothing to send meanwhile.
constexpr uint32_t kLooks = 64;
constexpr uint64_t kLockRetryNs = 20'000;
// Of a queue, however shallow: in a ring of two entries host and drive write to neighbouring cache lines all the time.
constexpr uint32_t kLeastEntries = 256;
// Up to here the time between a completion and the next command counts more than the memory of one more slot.
constexpr uint32_t kAheadDepth = 4;
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kMetadataAlign = 64;
constexpr uint32_t kRangeBytes = 16;
constexpr uint32_t kAttributeDeallocate = 4;

bool Moves(const WorkerOperation& line, Direction direction) { return line.operation.data == direction; }

// Of those without data: protection information has to do with their LBAs.
bool Protects(uint8_t opcode) {
  return opcode == nvm_opcode::kVerify || opcode == nvm_opcode::kWriteZeroes;
}

}  // namespace

IoWorker::IoWorker(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks)
    : ns_(std::move(ns)),
      options_(options),
      callbacks_(std::move(callbacks)),
      pacing_(options_),
      placements_(options.placement, options.pattern.seed),
      payload_(options.payload, options.pattern.seed, ns_->geometry().lba_bytes),
      protection_(options.protection, ns_->geometry().protection),
      history_(options.last_commands) {}

std::shared_ptr<IoWorker> IoWorker::Start(std::shared_ptr<Namespace> ns, const WorkerOptions& options, WorkerCallbacks callbacks) {
  auto worker = std::make_shared<IoWorker>(std::move(ns), options, std::move(callbacks));
  if (!worker->ns_->controller()->Post([worker] { worker->Begin(); })) {
    worker->callbacks_.result(Status::Error(Code::kClosed, "the controller is closed"), {});
  }
  return worker;
}

void IoWorker::Begin() {
  Status status;
  try {
    status = Prepare();
  } catch (const std::bad_alloc&) {
    status = Status::Error(Code::kQpair, "no memory for a worker of depth " + std::to_string(options_.depth));
  }
  if (status.ok()) {
    const uint32_t entries = std::max(options_.depth + 1, std::min(kLeastEntries, ns_->controller()->limits().max_queue_entries));
    const std::string label = "ioworker " + std::to_string(options_.worker);
    status = ns_->controller()->Attach(shared_from_this(), {.entries = entries, .priority = options_.priority}, label);
    if (status.ok()) status = ns_->controller()->StartOwner(this, "assay-ioworker", [self = shared_from_this()] { self->Run(); });
  }
  if (!status.ok()) FreePools();
  if (status.code == Code::kGone) {
    // A drive that is gone is the DUT's doing.
    result_.end = WorkerEnd::kTerminated;
    callbacks_.result(Status::Ok(), std::move(result_));
  } else if (status.code == Code::kDeadline) {
    result_.end = WorkerEnd::kDeadline;
    callbacks_.result(Status::Ok(), std::move(result_));
  } else if (!status.ok()) {
    callbacks_.result(status, {});
  }
}

void IoWorker::MakeLines() {
  std::vector<uint8_t> opcodes;
  for (const WorkerOperation& what : OperationsOf(options_)) {
    Line line;
    line.what = what;
    line.number = lines_.size();
    // What is compared must stay as it is; what only goes to "anywhere" has no LBAs to lock.
    const Effect effect = what.operation.effect;
    line.changes = effect != Effect::kNone && effect != Effect::kFlush && effect != Effect::kAnywhere;
    line.locks = line.changes || what.operation.opcode == nvm_opcode::kCompare || (options_.exclusive && what.operation.opcode == nvm_opcode::kRead);
    line.fua = (what.bits.cdw12 & kCdw12Fua) != 0 && (effect == Effect::kWrites || effect == Effect::kZeroes);
    line.placed = what.operation.addressing == Addressing::kCdw && what.operation.data != Direction::kNone;
    // Zeroes need tuples as well: somebody else may compare them.
    const bool zeroes = what.operation.opcode == nvm_opcode::kWriteZeroes;
    line.protects = protection_.on() && (line.placed || zeroes || (protection_.asks() && Protects(what.operation.opcode)));
    line.command.worker = options_.worker;
    line.command.direction = what.operation.data;
    line.command.sqe = what.bits;
    line.command.sqe.opc = what.operation.opcode;
    line.command.sqe.nsid = ns_->geometry().nsid;
    const bool writes = effect == Effect::kWrites || effect == Effect::kZeroes || effect == Effect::kUncorrectable;
    if (writes && !options_.placement.empty()) {
      line.places = options_.placement.size() > 1;
      line.command.sqe.cdw12 |= kPlacementDirective;
      if (!line.places) line.command.sqe.cdw13 |= uint32_t{options_.placement[0].identifier} << kDspecShift;
    }
    if (what.operation.addressing == Addressing::kNone) line.command.data_bytes = what.data_bytes;
    if (what.operation.addressing == Addressing::kRange) {
      line.command.data_bytes = kRangeBytes;
      line.command.sqe.cdw11 |= kAttributeDeallocate;
    }
    line_of_[what.operation.opcode] = static_cast<uint8_t>(lines_.size());
    opcodes.push_back(what.operation.opcode);
    lines_.push_back(line);
  }
  statistics_ = std::make_unique<WorkerStatistics>(opcodes, pacing_.paced(), options_.sample_ns, options_.histogram_ns, callbacks_.event);
}

Status IoWorker::MakePools(uint64_t stride, uint64_t largest) {
  const auto make = [&](Direction direction, Buffer* pool) {
    if (std::none_of(lines_.begin(), lines_.end(), [&](const Line& line) { return Moves(line.what, direction); })) return true;
    *pool = Buffer(ns_->controller()->host(), stride * slots_.size());
    return pool->data() != nullptr;
  };
  if (!make(Direction::kFromDevice, &read_pool_) || !make(Direction::kToDevice, &write_pool_)) {
    return Status::Error(Code::kQpair, "no memory for " + std::to_string(options_.depth) + " buffers of " + std::to_string(stride) + " bytes");
  }
  if (beside_bytes_ != 0) {
    // What nobody looks at need not be there more than once.
    const uint64_t bytes = (beside_bytes_ * largest + kMetadataAlign - 1) / kMetadataAlign * kMetadataAlign;
    metadata_ = Buffer(ns_->controller()->host(), protection_.by_host() ? bytes * slots_.size() : bytes);
    if (metadata_.data() == nullptr) return Status::Error(Code::kQpair, "no memory for metadata");
    for (size_t i = 0; i < slots_.size(); i++) slots_[i].metadata = metadata_.data() + (protection_.by_host() ? bytes * i : 0);
  }
  if (write_pool_.data() != nullptr) payload_.Prepare(write_pool_.data(), write_pool_.bytes());
  return Status::Ok();
}

void IoWorker::FreePools() {
  for (Buffer* pool : {&read_pool_, &write_pool_, &metadata_}) *pool = Buffer();
}

Status IoWorker::Prepare() {
  table_ = ns_->table();
  if ((options_.verify || options_.skip_uncorrectable) && table_ == nullptr) return Status::Error(Code::kArgument, "verify needs openVerifyTable first");
  const NamespaceGeometry& geometry = ns_->geometry();
  const bool between = geometry.extended_metadata_bytes != 0;
  stride_ = !protection_.by_host() ? geometry.stride() : geometry.lba_bytes + geometry.extended_metadata_bytes;
  beside_bytes_ = !protection_.by_host() ? geometry.metadata_bytes : between ? 0 : geometry.protection.metadata_bytes;
  MakeLines();
  const bool changes = std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.changes; });
  if (table_ != nullptr && changes) table_->Announce(options_.pattern.region_start, options_.pattern.region_lbas);
  steps_ = std::make_unique<WorkerSteps>(options_, table_);
  uint64_t largest = 1;
  uint64_t bytes = kPageBytes;
  if (options_.sequence.empty()) {
    for (const IoSize& size : options_.pattern.sizes) largest = std::max<uint64_t>(largest, size.lbas);
  }
  for (const SequenceStep& step : options_.sequence) largest = std::max<uint64_t>(largest, step.step.lbas);
  for (const Line& line : lines_) {
    if (line.placed) bytes = std::max(bytes, largest * stride_);
    bytes = std::max<uint64_t>(bytes, line.what.data_bytes);
  }
  bytes = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  const bool ranges = std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.what.operation.addressing == Addressing::kRange; });
  const bool writes = std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return Moves(line.what, Direction::kToDevice); });
  nothing_to_fill_ = table_ == nullptr && !ranges && (!writes || (payload_.ready() && !protection_.by_host()));
  // Behind the payload, which may be made only once.
  const uint64_t stride = bytes + (ranges ? kPageBytes : 0);
  ahead_ = options_.depth <= kAheadDepth && table_ == nullptr && !pacing_.paced();
  check_late_ = options_.verify && options_.depth > kAheadDepth;
  slots_.resize(options_.depth + (ahead_ || check_late_ ? 1 : 0));
  if (Status s = MakePools(stride, largest); !s.ok()) return s;
  for (uint32_t i = static_cast<uint32_t>(slots_.size()); i > 0; i--) {
    Slot& slot = slots_[i - 1];
    slot.read_data = read_pool_.data() == nullptr ? nullptr : read_pool_.data() + stride * (i - 1);
    slot.write_data = write_pool_.data() == nullptr ? nullptr : write_pool_.data() + stride * (i - 1);
    if (ranges) slot.range = slot.write_data + bytes;
    if (options_.verify && slot.read_data != nullptr) slot.floors.resize(largest);
  }
  free_ = std::make_unique<uint32_t[]>(slots_.size());
  std::iota(free_.get(), free_.get() + slots_.size(), 0u);
  blocked_.reserve(options_.depth);
  retried_.reserve(options_.depth);
  return Status::Ok();
}

void IoWorker::RequestStop() {
  stop_requested_ = true;
  WakeOwner();
}

void IoWorker::Run() {
  start_ns_ = qpair->Now();
  start_ms_ = RealtimeNs() / kNsPerMs;
  cpu_start_ns_ = ClockNs(CLOCK_THREAD_CPUTIME_ID);
  pacing_.Start(start_ns_);
  statistics_->Start(start_ns_, start_ms_);
  const uint32_t looks = options_.spin && !pacing_.paced() ? kLooks : 1;
  for (;;) {
    parking.StopIfAsked();
    if (qpair->Frozen()) {
      qpair->Wait(kNever, false);
      continue;
    }
    const size_t reaped = qpair->Serve(*this, kMostAtOnce, looks);
    SettleLate();
    const uint64_t now = qpair->Now();
    statistics_->Tick(now);
    const bool sent = Fill(now);
    if (ahead_) StageAhead();
    // What timed out is still outstanding; it is not waited for.
    const bool over = ending_ && blocked_.empty() && (qpair->outstanding() == 0 || InUse() == withheld_);
    if (over && reaped == 0) break;
    if (reaped == 0 && !sent && !parking.Asked()) qpair->Wait(WaitUntil(), options_.spin);
  }
  Finish();
}

uint64_t IoWorker::WaitUntil() const {
  uint64_t until = statistics_->NextTickNs();
  if (!blocked_.empty()) until = std::min(until, BoottimeNs() + kLockRetryNs);
  if (ending_) return until;
  return std::min({until, pacing_.WakeNs(InUse() < options_.depth), DeadlineNs()});
}

void IoWorker::Finish() {
  const uint64_t now = qpair->Now();
  statistics_->Finish(now);
  result_.end = end_;
  result_.reads = statistics_->count(Operation::kRead);
  result_.writes = statistics_->count(Operation::kWrite);
  result_.flushes = statistics_->count(nvm_opcode::kFlush);
  result_.read_bytes = statistics_->bytes(Operation::kRead);
  result_.written_bytes = statistics_->bytes(Operation::kWrite);
  result_.duration_ms = static_cast<double>(now - start_ns_) / 1e6;
  result_.left_out_lbas = steps_->left_out_lbas();
  result_.latency_average_ns = statistics_->LatencyAverageNs();
  result_.latency_max_ns = statistics_->LatencyMaxNs();
  for (int i = 0; i < kOperations; i++) {
    result_.latency[i] = statistics_->latency(static_cast<Operation>(i));
    result_.service[i] = statistics_->service(static_cast<Operation>(i));
  }
  result_.operations = statistics_->Figures();
  result_.in_flight += qpair->outstanding();
  result_.last_commands = history_.Take();
  result_.protocol_errors = qpair->ProtocolErrors();
  result_.staleness_checked = table_ == nullptr || table_->tracks();
  const uint64_t cpu = ClockNs(CLOCK_THREAD_CPUTIME_ID) - cpu_start_ns_;
  result_.cpu_percent = 100.0 * static_cast<double>(cpu) / static_cast<double>(std::max<uint64_t>(1, now - start_ns_));
  // What the drive may still touch lives as long as this object.
  if (qpair->outstanding() == 0) {
    FreePools();
    steps_.reset();
    table_.reset();
  }
  parking.Retire();
  // The qpair goes back on the control thread. A controller that is closing takes it back by itself.
  auto controller = ns_->controller();
  auto self = shared_from_this();
  controller->Post([controller = controller.get(), self] { controller->Detach(self.get()); });
  callbacks_.result(Status::Ok(), std::move(result_));
}

}  // namespace assay
