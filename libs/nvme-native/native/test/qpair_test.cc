// The core's queue pair over a host that does exactly what a test tells it: who completes what, when, and what the flight
// recorder says about it.
#include "qpair_bench.h"

using namespace assay;

namespace {

void CompletesInTheDrivesOrder() {
  QpairBench bench;
  for (uint64_t token = 10; token < 14; token++) CHECK(bench.Send(token) == Sent::kOk);
  CHECK(bench.Send(14) == Sent::kFull);
  CHECK(bench.qpair->outstanding() == 4);
  for (const size_t n : {2, 0, 3, 1}) bench.host.Complete(bench.host.sent[n], MakeStatus(0, static_cast<uint8_t>(n)));
  const auto done = bench.Poll();
  CHECK(done.size() == 4 && bench.qpair->outstanding() == 0);
  const uint64_t order[] = {12, 10, 13, 11};
  for (size_t i = 0; i < 4; i++) {
    CHECK(done[i].token == order[i] && done[i].completed && done[i].released && !done[i].local);
    CHECK(done[i].complete_ns >= done[i].submit_ns);
  }
}

void TakesOnlyWhatFits() {
  QpairBench bench;
  for (uint64_t token = 0; token < 3; token++) CHECK(bench.Send(token) == Sent::kOk);
  for (const uint64_t tag : bench.host.sent) bench.host.Complete(tag);
  CHECK(bench.Poll(2).size() == 2);
  CHECK(bench.Poll(2).size() == 1);
}

// A completion that comes twice, or for a command of another life of the same place, belongs to nobody.
void IgnoresForeignCompletions() {
  QpairBench bench;
  CHECK(bench.Send(1) == Sent::kOk);
  const uint64_t first = bench.host.sent[0];
  bench.host.Complete(first);
  bench.host.Complete(first);
  CHECK(bench.Poll().size() == 1);
  CHECK(bench.Send(2) == Sent::kOk);
  bench.host.Complete(first);
  CHECK(bench.Poll().empty() && bench.qpair->outstanding() == 1);
  bench.host.Complete(bench.host.sent[1]);
  const auto done = bench.Poll();
  CHECK(done.size() == 1 && done[0].token == 2);
}

// Completed by us first, released when the drive has answered; meanwhile its place and its memory stay taken.
void TimesOutAndIsReleasedLater() {
  QpairBench bench;
  CHECK(bench.Send(1) == Sent::kOk);
  CHECK(bench.Send(2, kNever) == Sent::kOk);
  const auto late = bench.Await();
  CHECK(late.size() == 1 && late[0].token == 1 && late[0].completed && late[0].local && !late[0].released);
  CHECK(late[0].cqe.Sct() == kLocalSct && late[0].cqe.Sc() == kLocalTimedOut);
  CHECK(bench.qpair->outstanding() == 2);
  bench.host.Complete(bench.host.sent[0]);
  const auto released = bench.Poll();
  CHECK(released.size() == 1 && released[0].token == 1 && !released[0].completed && released[0].released);
  CHECK(bench.qpair->outstanding() == 1);
}

void TerminatesWhatIsOutstanding() {
  QpairBench bench;
  for (uint64_t token = 1; token <= 3; token++) CHECK(bench.Send(token) == Sent::kOk);
  bench.host.Complete(bench.host.sent[1]);
  bench.qpair->Drain();
  CHECK(bench.qpair->TerminateOutstanding() == 2);
  const auto done = bench.Poll();
  CHECK(done.size() == 3);
  CHECK(done[0].token == 2 && !done[0].local);
  for (size_t i = 1; i < 3; i++) CHECK(done[i].local && done[i].released && done[i].cqe.Sc() == kLocalTerminated);
  // What the drive says about them afterwards is nobody's.
  bench.host.Complete(bench.host.sent[0]);
  CHECK(bench.Poll().empty());
}

// What was in host memory before the device went away counts; the rest is terminated.
void ALostDeviceEndsTheRest() {
  QpairBench bench;
  for (uint64_t token = 1; token <= 2; token++) CHECK(bench.Send(token) == Sent::kOk);
  bench.host.Complete(bench.host.sent[0]);
  bench.host.gone = true;
  const auto first = bench.Poll();
  CHECK(first.size() == 1 && first[0].token == 1 && !first[0].local);
  const auto second = bench.Await();
  CHECK(second.size() == 1 && second[0].token == 2 && second[0].local && second[0].cqe.Sc() == kLocalTerminated);
  bench.host.next = SubmitOutcome::kGone;
  CHECK(bench.Send(3) == Sent::kGone);
}

void ARefusedCommandTakesNoPlace() {
  QpairBench bench;
  for (const SubmitOutcome outcome : {SubmitOutcome::kFull, SubmitOutcome::kGone}) {
    bench.host.next = outcome;
    for (int i = 0; i < 10; i++) CHECK(bench.Send(1) != Sent::kOk);
    CHECK(bench.qpair->outstanding() == 0);
  }
  bench.host.next = SubmitOutcome::kOk;
  for (uint64_t token = 0; token < 4; token++) CHECK(bench.Send(token) == Sent::kOk);
}

void ADetachedQueueIsGone() {
  QpairBench bench;
  CHECK(bench.Send(1) == Sent::kOk);
  bench.qpair->Detach();
  CHECK(bench.qpair->TerminateOutstanding() == 1);
  CHECK(bench.Send(2) == Sent::kGone && bench.qpair->Gone());
  CHECK(bench.Poll().size() == 1);
}

}  // namespace

void TestQpair() {
  CompletesInTheDrivesOrder();
  TakesOnlyWhatFits();
  IgnoresForeignCompletions();
  TimesOutAndIsReleasedLater();
  TerminatesWhatIsOutstanding();
  ALostDeviceEndsTheRest();
  ARefusedCommandTakesNoPlace();
  ADetachedQueueIsGone();
}
