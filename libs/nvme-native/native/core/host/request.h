// One command of a script on its way through a qpair, and the pump that carries requests. The pump has no thread: the
// control thread pumps the admin qpair, a lane's thread pumps an I/O qpair.
#pragma once
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "buffer.h"
#include "qpair.h"

namespace assay {

// More than this waiting for one qpair is refused (kQpair): a script that never waits must not eat the memory.
constexpr size_t kMaxWaitingRequests = 65'536;

// What whoever asks a frozen controller for something is told.
inline Status FrozenStatus() {
  return Status::Error(Code::kFrozen, "a worker has frozen this controller at an error: release() that worker first");
}

struct Request {
  Command command;
  // Holds the data of `command`; freed only when the drive will not touch it any more.
  Buffer buffer;
  uint16_t qid = 0;  // where it goes; for the log of writes
  // Or the data lie in memory that a script holds as well: it lives at least as long as this request.
  std::shared_ptr<Buffer> lent;
  // Pump's thread, before the submission; false: try again later (an LBA is being written by somebody else).
  std::function<bool(Request&)> admit;
  // Pump's thread, exactly once. A Status that is not ok: nothing was sent.
  std::function<void(const Status&, const Done&, Request&)> finish;
};

class RequestPump {
 public:
  explicit RequestPump(Qpair* qpair);

  // Any thread. False: too many are waiting, `request` was not taken. The caller wakes the owner.
  bool Post(std::unique_ptr<Request> request);
  // Owner. Reaps, then sends what it can; true when something moved.
  bool Turn();
  // Owner, at the end: what has not been sent fails with `status`. What was sent has been terminated before.
  void FailWaiting(const Status& status);
  // Owner. Requests are waiting for a lock, not for a completion.
  bool Retrying() const { return !waiting_.empty() && blocked_; }

 private:
  void Deliver(const Done& done);

  Qpair* qpair_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Request>> inbox_;
  size_t posted_ = 0;  // in inbox_ and waiting_
  std::deque<std::unique_ptr<Request>> waiting_;
  std::vector<std::unique_ptr<Request>> sent_;  // by token
  std::vector<uint32_t> free_tokens_;
  size_t in_flight_ = 0;
  bool blocked_ = false;
  std::vector<Done> done_;
};

}  // namespace assay
