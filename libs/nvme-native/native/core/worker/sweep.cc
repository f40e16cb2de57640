#include "sweep.h"

#include <algorithm>

#include "ioworker.h"
#include "core/verify/sector_classification.h"
#include "spare_metadata.h"

namespace assay {
namespace {
constexpr uint32_t kReadBytes = 128 * 1024;
constexpr size_t kReapAtOnce = 64;
constexpr uint32_t kPageBytes = 4096;
}  // namespace

Sweep::Sweep(std::shared_ptr<Namespace> ns, const SweepOptions& options, Finished finished)
    : ns_(std::move(ns)), table_(ns_->table()), options_(options), finished_(std::move(finished)), cursor_(options.region_start) {}

void Sweep::Start(std::shared_ptr<Namespace> ns, const SweepOptions& options, Finished finished) {
  auto sweep = std::make_shared<Sweep>(std::move(ns), options, std::move(finished));
  if (!sweep->ns_->controller()->Post([sweep] { sweep->Begin(); })) {
    sweep->finished_(Status::Error(Code::kClosed, "the controller is closed"), {});
  }
}

void Sweep::Begin() {
  if (table_ == nullptr) {
    finished_(Status::Error(Code::kArgument, "verify needs openVerifyTable first"), {});
    return;
  }
  const uint32_t stride = ns_->geometry().stride();
  lbas_per_read_ = std::max(1u, std::min(kReadBytes, ns_->geometry().max_transfer_bytes) / stride);
  const uint64_t read_bytes = (uint64_t{lbas_per_read_} * stride + kPageBytes - 1) / kPageBytes * kPageBytes;
  pool_ = Buffer(ns_->controller()->host(), read_bytes * options_.depth);
  const uint64_t spare_bytes = SpareMetadataBytes(ns_->geometry(), lbas_per_read_);
  if (spare_bytes != 0) spare_metadata_ = Buffer(ns_->controller()->host(), spare_bytes);
  Status status = pool_.data() == nullptr ? Status::Error(Code::kQpair, "no memory for the reads of verify") : Status::Ok();
  if (status.ok()) status = ns_->controller()->Attach(shared_from_this(), {.entries = options_.depth + 1, .priority = 0}, "verify");
  if (!status.ok()) {
    finished_(status, {});
    return;
  }
  slots_.resize(options_.depth);
  for (uint32_t i = options_.depth; i > 0; i--) {
    slots_[i - 1].data = pool_.data() + read_bytes * (i - 1);
    slots_[i - 1].floors.resize(lbas_per_read_);
    free_.push_back(i - 1);
  }
  if (options_.rule == Rule::kDurableOrNewer && table_->tracks()) atomic_.emplace(ns_->geometry().power_fail_unit, table_->WritesBeforeLoss());
  status = ns_->controller()->StartOwner(this, "assay-verify", [self = shared_from_this()] { self->Run(); });
  if (!status.ok()) finished_(status, {});
}

// Without a table everything in the region is read, and `written` is the caller's word that all of it was written.
bool Sweep::Wanted(uint64_t lba) const { return !options_.written || !table_->tracks() || table_->Concerns(lba); }
bool Sweep::Must(uint64_t lba) const { return table_->tracks() ? table_->Concerns(lba) : options_.written; }

// The next sectors to read, skipping what the table says nothing about.
bool Sweep::NextRange(uint64_t* slba, uint32_t* lbas) {
  if (!singly_.empty()) {
    *slba = singly_.back();
    *lbas = 1;
    singly_.pop_back();
    return true;
  }
  const uint64_t end = options_.region_start + options_.region_lbas;
  while (cursor_ < end && !Wanted(cursor_)) cursor_++;
  if (cursor_ >= end) return false;
  *slba = cursor_;
  uint32_t n = 0;
  while (n < lbas_per_read_ && cursor_ < end && Wanted(cursor_)) {
    if (Must(cursor_)) result_.required++;
    cursor_++;
    n++;
  }
  *lbas = n;
  return true;
}

bool Sweep::Fill() {
  bool sent = false;
  while (!free_.empty() && !ending_) {
    Slot& slot = slots_[free_.back()];
    if (!NextRange(&slot.slba, &slot.lbas)) break;
    for (uint32_t i = 0; i < slot.lbas; i++) slot.floors[i] = table_->Floor(slot.slba + i, options_.rule);
    Command command;
    command.token = free_.back();
    command.sqe.opc = nvm_opcode::kRead;
    command.sqe.nsid = ns_->geometry().nsid;
    command.sqe.SetSlba(slot.slba);
    command.sqe.cdw12 = slot.lbas - 1;
    command.lba_count = slot.lbas;
    command.data = slot.data;
    command.data_bytes = slot.lbas * ns_->geometry().stride();
    command.direction = Direction::kFromDevice;
    BringMetadata(ns_->geometry(), spare_metadata_, &command);
    const Sent outcome = qpair->Submit(command);
    if (outcome == Sent::kOk) {
      free_.pop_back();
      sent = true;
      continue;
    }
    ending_ = true;
    status_ = outcome == Sent::kDeadline ? Status::Error(Code::kDeadline, "the deadline passed during verify")
              : outcome == Sent::kFrozen ? FrozenStatus()
                                         : Status::Error(Code::kGone, "the device was lost during verify");
  }
  return sent;
}

void Sweep::Run() {
  start_ns_ = BoottimeNs();
  std::vector<Done> done(kReapAtOnce);
  uint32_t withheld = 0;
  for (;;) {
    parking.StopIfAsked();
    if (qpair->Frozen()) {
      qpair->Wait(kNever, true);
      continue;
    }
    const size_t reaped = qpair->Poll(done.data(), done.size());
    for (size_t i = 0; i < reaped; i++) {
      if (done[i].completed) Complete(done[i]);
      if (done[i].completed && !done[i].released) withheld++;
      if (!done[i].completed) withheld--;
      if (done[i].released) free_.push_back(static_cast<uint32_t>(done[i].token));
    }
    if (cut_off_ && !ending_) {
      ending_ = true;
      status_ = Status::Error(ns_->controller()->closed() ? Code::kClosed : Code::kGone, "verify was cut off by a reset or the end of the controller");
    }
    const bool sent = Fill();
    const bool idle = free_.size() + withheld == slots_.size();
    if (reaped == 0 && !sent && idle) break;
    if (reaped == 0 && !sent && !parking.Asked()) qpair->Wait(kNever, true);
  }
  Finish();
}

void Sweep::Complete(const Done& done) {
  Slot& slot = slots_[done.token];
  if (done.local) {
    result_.read_errors += slot.lbas;
    return;
  }
  const bool unreadable = done.cqe.Sct() == 2 && done.cqe.Sc() == 0x81;
  if (!done.cqe.Ok() && slot.lbas > 1) {
    for (uint32_t i = 0; i < slot.lbas; i++) singly_.push_back(slot.slba + i);
    return;
  }
  if (!done.cqe.Ok() && !unreadable) {
    result_.read_errors++;
    return;
  }
  for (uint32_t i = 0; i < slot.lbas; i++) {
    const uint8_t* sector = slot.data + uint64_t{i} * ns_->geometry().stride();
    SectorCheck check = unreadable ? table_->CheckUnreadable(slot.slba + i, slot.floors[i], options_.rule) : table_->Check(slot.slba + i, sector, slot.floors[i], options_.rule, options_.written);
    if (unreadable && check.state == SectorState::kWrong) result_.read_errors++;
    const bool sent = check.state == SectorState::kRight && check.sent_token.has_value();
    if (sent && atomic_) atomic_->Found(slot.slba + i, check.got_token, *check.sent_token);
    Note(std::move(check));
  }
}

void Sweep::Note(SectorCheck&& check) {
  if (check.state == SectorState::kUnknown) {
    result_.unknown++;
    return;
  }
  result_.checked++;
  if (check.state == SectorState::kRight) {
    if (check.was_open) (check.newest ? result_.newest : result_.older)++;
    return;
  }
  Tell(std::move(check.miscompare));
}

void Sweep::Tell(Miscompare&& miscompare) {
  result_.violations++;
  if (result_.miscompares.size() == kMaxMiscomparesTold) return;
  miscompare.nsid = ns_->geometry().nsid;
  miscompare.last_writes = table_->LastWrites(miscompare.lba);
  result_.miscompares.push_back(std::move(miscompare));
}

// Each sector alone is legal, but the write that they belong to came apart.
void Sweep::NoteTorn() {
  if (!atomic_) return;
  for (const AtomicWrites::Torn& torn : atomic_->TornWrites()) {
    Tell(TornBetween(table_->stamp(), table_->lba_bytes(), torn));
  }
}

void Sweep::Finish() {
  if (status_.ok()) NoteTorn();
  result_.duration_ms = static_cast<double>(BoottimeNs() - start_ns_) / 1e6;
  if (result_.required > 0) {
    result_.coverage_percent = 100.0 * static_cast<double>(std::min(result_.checked, result_.required)) / static_cast<double>(result_.required);
  }
  result_.staleness_checked = table_->tracks();
  parking.Retire();
  auto* controller = ns_->controller().get();
  controller->Post([controller, self = shared_from_this()] { controller->Detach(self.get()); });
  finished_(status_, std::move(result_));
}

}  // namespace assay
