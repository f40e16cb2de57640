#include "request.h"

#include <cassert>

namespace assay {
namespace {
constexpr size_t kReapAtOnce = 64;
}

RequestPump::RequestPump(Qpair* qpair) : qpair_(qpair), sent_(qpair->max_outstanding()), done_(kReapAtOnce) {
  for (uint32_t i = qpair->max_outstanding(); i > 0; i--) free_tokens_.push_back(i - 1);
}

bool RequestPump::Post(std::unique_ptr<Request> request) {
  std::lock_guard lock(mutex_);
  if (posted_ >= kMaxWaitingRequests) return false;
  posted_++;
  inbox_.push_back(std::move(request));
  return true;
}

void RequestPump::Deliver(const Done& done) {
  auto& request = sent_[done.token];
  assert(request != nullptr);
  if (done.completed) request->finish(Status::Ok(), done, *request);
  if (!done.released) return;
  // Only now: the drive may have written into its buffer until here.
  request.reset();
  free_tokens_.push_back(static_cast<uint32_t>(done.token));
  in_flight_--;
}

bool RequestPump::Turn() {
  const size_t reaped = qpair_->Poll(done_.data(), done_.size());
  for (size_t i = 0; i < reaped; i++) Deliver(done_[i]);
  {
    std::lock_guard lock(mutex_);
    for (auto& request : inbox_) waiting_.push_back(std::move(request));
    inbox_.clear();
  }
  bool moved = reaped > 0;
  blocked_ = false;
  while (!waiting_.empty() && !free_tokens_.empty()) {
    Request& request = *waiting_.front();
    if (request.admit && !request.admit(request)) {
      blocked_ = true;  // in order: later requests wait behind it
      break;
    }
    request.admit = nullptr;
    const uint32_t token = free_tokens_.back();
    request.command.token = token;
    const Sent sent = qpair_->Submit(request.command);
    if (sent == Sent::kFull) break;
    moved = true;
    std::unique_ptr<Request> taken = std::move(waiting_.front());
    waiting_.pop_front();
    {
      std::lock_guard lock(mutex_);
      posted_--;
    }
    if (sent == Sent::kOk) {
      free_tokens_.pop_back();
      in_flight_++;
      sent_[token] = std::move(taken);
    } else if (sent == Sent::kDeadline) {
      taken->finish(Status::Error(Code::kDeadline, "the deadline has passed: nothing is sent to the drive any more"), Done{}, *taken);
    } else if (sent == Sent::kFrozen) {
      taken->finish(FrozenStatus(), Done{}, *taken);
    } else {
      // A drive that is gone is the DUT's doing: a completion, not an error.
      Done done;
      done.completed = done.local = done.released = true;
      done.cqe.status = MakeStatus(kLocalSct, kLocalTerminated);
      done.submit_ns = done.complete_ns = BoottimeNs();
      taken->finish(Status::Ok(), done, *taken);
    }
  }
  return moved;
}

void RequestPump::FailWaiting(const Status& status) {
  {
    std::lock_guard lock(mutex_);
    for (auto& request : inbox_) waiting_.push_back(std::move(request));
    inbox_.clear();
    posted_ = 0;
  }
  while (!waiting_.empty()) {
    std::unique_ptr<Request> taken = std::move(waiting_.front());
    waiting_.pop_front();
    taken->finish(status, Done{}, *taken);
  }
}

}  // namespace assay
