// When the core gives a command up, when it forgives, and what the flight recorder keeps of it.
#include <cstring>

#include "qpair_bench.h"

using namespace assay;

namespace {

// A machine that stalls just there makes some of these moments pass unseen: one of as many is enough.
constexpr int kTries = 20;

// libs/protocol/src/cmdlog.ts
struct Recorded {
  uint64_t submitted_ns, completed_ns;
  uint32_t flags, worker;
  Sqe sqe;
  Cqe cqe;
};
constexpr uint32_t kCompleted = 1, kLocal = 2;

Recorded Entry(const QpairBench& bench, uint64_t number) {
  Recorded entry;
  std::memcpy(&entry, bench.qpair->cmdlog().image() + kCmdlogHeaderBytes + (number - 1) * 128 + 8, sizeof entry);
  return entry;
}

void Late(QpairBench& bench, uint64_t token) {
  const auto late = bench.Await();
  CHECK(late.size() == 1 && late[0].token == token && late[0].local && !late[0].released);
  CHECK(late[0].cqe.Sc() == kLocalTimedOut && late[0].cqe.cdw0 == UINT32_MAX && late[0].cqe.sqid == 3);
}

// Whoever waits wakes when the first command is too old, the first that was ever sent as well.
void SleepsUntilTheFirstIsTooOld() {
  for (int tries = 0;; tries++) {
    CHECK(tries < kTries);
    QpairBench bench;
    CHECK(bench.Send(1, 3600 * kNsPerSecond) == Sent::kOk && bench.Send(2) == Sent::kOk);
    const uint64_t expires_ns = bench.qpair->submitted_ns() + kTimeoutNs;
    if (!bench.Poll().empty()) continue;
    bench.qpair->Wait(kNever, false);
    if (bench.host.waited_until_ns != expires_ns) continue;
    bench.qpair->Wait(expires_ns - 1, false);
    CHECK(bench.host.waited_until_ns == expires_ns - 1);
    Late(bench, 2);
    bench.qpair->Wait(kNever, false);
    // The other one has its time as well.
    CHECK(bench.host.waited_until_ns > bench.qpair->submitted_ns() + 1800 * kNsPerSecond && bench.host.waited_until_ns != kNever);
    return;
  }
}

void TellsNoMoreThanFits() {
  QpairBench bench;
  for (uint64_t token = 1; token <= 4; token++) CHECK(bench.Send(token) == Sent::kOk);
  while (bench.qpair->Now() < bench.qpair->submitted_ns() + kTimeoutNs) bench.qpair->Wait(kNever, false);
  size_t told = 0;
  while (told < 4) told += bench.Await(3).size();
  CHECK(told == 4 && bench.Poll().empty());
  // Nor of what was ready with what has come.
  for (const uint64_t tag : bench.host.sent) bench.host.Complete(tag);
  CHECK(bench.Poll().size() == 4);
  for (uint64_t token = 5; token <= 6; token++) CHECK(bench.Send(token) == Sent::kOk);
  CHECK(bench.qpair->TerminateOutstanding() == 2);
  for (uint64_t token = 7; token <= 10; token++) {
    CHECK(bench.Send(token) == Sent::kOk);
    bench.host.Complete(bench.host.sent.back());
  }
  CHECK(bench.Poll(3).size() == 3 && bench.Poll(3).size() == 3);
}

// The place of a command that was late serves the next one like any other.
void ALateCommandLeavesNoMark() {
  QpairBench bench;
  CHECK(bench.Send(1) == Sent::kOk);
  Late(bench, 1);
  bench.host.Complete(bench.host.sent[0], MakeStatus(0, 4));
  CHECK(bench.Poll().size() == 1);
  const Recorded given_up = Entry(bench, 1);
  CHECK(given_up.flags == (kCompleted | kLocal) && given_up.cqe.Sc() == kLocalTimedOut && given_up.completed_ns >= given_up.submitted_ns + kTimeoutNs);
  CHECK(bench.Send(2, kNever) == Sent::kOk);
  CHECK(Entry(bench, 2).flags == 0 && Entry(bench, 2).sqe.cid == 1);
  bench.host.Complete(bench.host.sent[1], MakeStatus(0, 4));
  const auto done = bench.Poll();
  CHECK(done.size() == 1 && done[0].completed && done[0].released && !done[0].local);
  CHECK(Entry(bench, 2).flags == kCompleted && Entry(bench, 2).cqe.Sc() == 4);
}

// After a reset nothing is held any more, neither what was late nor what was not.
void AResetReleasesWhatWasLate() {
  QpairBench bench;
  CHECK(bench.Send(1) == Sent::kOk && bench.Send(2, kNever) == Sent::kOk);
  Late(bench, 1);
  CHECK(bench.qpair->TerminateOutstanding() == 1 && bench.qpair->outstanding() == 0);
  const auto done = bench.Poll();
  CHECK(done.size() == 2 && done[0].token == 1 && !done[0].completed && done[0].released);
  CHECK(done[1].token == 2 && done[1].completed && done[1].released && done[1].cqe.cdw0 == 0);
}

// Nobody looked, or the owner was stopped while it waited: that time is not the drive's.
void AbsenceIsForgiven() {
  for (const bool in_wait : {false, true}) {
    QpairBench bench;
    CHECK(bench.Send(1) == Sent::kOk && bench.Send(2, kNever) == Sent::kOk);
    if (in_wait) {
      bench.host.oversleeps = true;
      bench.qpair->Wait(kNever, false);
      bench.host.oversleeps = false;
    } else {
      while (bench.qpair->Now() <= bench.qpair->submitted_ns() + kAbsentNs) usleep(1000);
    }
    const uint64_t back_ns = bench.qpair->Now();
    CHECK(bench.Poll().empty());
    bench.qpair->Wait(kNever, false);
    CHECK(bench.host.waited_until_ns > back_ns + kTimeoutNs && bench.host.waited_until_ns != kNever);
    bench.host.Complete(bench.host.sent[0]);
    const auto done = bench.Poll();
    CHECK(done.size() == 1 && !done[0].local);
  }
  // One that is never too old does not become so.
  QpairBench bench;
  CHECK(bench.Send(1, kNever) == Sent::kOk);
  while (bench.qpair->Now() <= bench.qpair->submitted_ns() + kAbsentNs) usleep(1000);
  CHECK(bench.Poll().empty());
  bench.qpair->Wait(kNever, false);
  CHECK(bench.host.waited_until_ns == kNever);
}

// What was not sent is on the tape as such.
void ARefusedCommandIsRecordedAsEnded() {
  QpairBench bench;
  bench.host.next = SubmitOutcome::kGone;
  CHECK(bench.Send(1) == Sent::kGone);
  CHECK(Entry(bench, 1).flags == (kCompleted | kLocal) && Entry(bench, 1).cqe.Sc() == kLocalTerminated);
}

}  // namespace

void TestQpairTimeouts() {
  SleepsUntilTheFirstIsTooOld();
  TellsNoMoreThanFits();
  ALateCommandLeavesNoMark();
  AResetReleasesWhatWasLate();
  AbsenceIsForgiven();
  ARefusedCommandIsRecordedAsEnded();
}
