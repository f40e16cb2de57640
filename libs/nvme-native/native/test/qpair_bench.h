// A queue pair of the core over a host that does exactly what a test tells it.
#pragma once
#include "core/host/qpair.h"

#include <unistd.h>

#include <deque>

#include "check.h"

namespace assay {

constexpr uint64_t kTimeoutNs = 20 * kNsPerMs;
constexpr size_t kTooMany = 8;  // room for what must not be told

class ScriptedHost final : public HostQpair {
 public:
  uint16_t Qid() const override { return 3; }
  uint32_t MaxOutstanding() const override { return 4; }
  SubmitOutcome Submit(HostSubmission& submission) override {
    if (next != SubmitOutcome::kOk) return next;
    submission.sqe.cid = static_cast<uint16_t>(sent.size());
    sent.push_back(submission.tag);
    return SubmitOutcome::kOk;
  }
  size_t Poll(HostCompletion* out, size_t max) override {
    size_t n = 0;
    for (; n < max && !arrived.empty(); n++) {
      out[n] = arrived.front();
      arrived.pop_front();
    }
    return n;
  }
  bool Gone() const override { return gone && arrived.empty(); }
  void Wait(uint64_t until_ns, bool) override {
    waited_until_ns = until_ns;
    do {
      usleep(1000);
    } while (oversleeps && BoottimeNs() <= until_ns + kAbsentNs + kNsPerMs);
  }
  void Wake() override {}
  Status Recover() override { return Status::Ok(); }

  void Complete(uint64_t tag, uint16_t status = 0) {
    HostCompletion completion;
    completion.tag = tag;
    completion.cqe.status = status;
    arrived.push_back(completion);
  }

  std::vector<uint64_t> sent;
  std::deque<HostCompletion> arrived;
  SubmitOutcome next = SubmitOutcome::kOk;
  bool gone = false;
  uint64_t waited_until_ns = 0;
  bool oversleeps = false;  // the owner is stopped while it waits
};

struct QpairBench {
  QpairBench() {
    std::unique_ptr<Cmdlog> log;
    CHECK(Cmdlog::Open("", kCmdlogMinEntries, 3, "test", &log).ok());
    qpair = std::make_unique<Qpair>(&host, std::move(log), kTimeoutNs);
  }
  Sent Send(uint64_t token, uint64_t timeout_ns = 0) {
    Command command;
    command.token = token;
    command.timeout_ns = timeout_ns;
    return qpair->Submit(command);
  }
  std::vector<Done> Poll(size_t max = 16) {
    std::vector<Done> done(max + kTooMany);
    const size_t n = qpair->Poll(done.data(), max);
    CHECK(n <= max);
    done.resize(n);
    return done;
  }
  // Looks until something comes, as an owner does.
  std::vector<Done> Await(size_t max = 16) {
    for (;;) {
      std::vector<Done> done = Poll(max);
      if (!done.empty()) return done;
      qpair->Wait(kNever, false);
    }
  }

  ScriptedHost host;
  std::unique_ptr<Qpair> qpair;
};

}  // namespace assay
