// Completions that queues in memory take, and those that they must not; what stays over a reset.
#include "ring_bench.h"

using namespace assay;

namespace {

constexpr uint32_t kEntries = 5;
constexpr uint32_t kSlotBits = 3;  // of a cid, for four slots; above them how often the slot was used

struct Bench {
  explicit Bench(uint16_t qid = 3) : queue(RingQpair::Make(&bus, {.entries = kEntries}, qid)), drive(*queue) { queue->violations = &violations; }
  // Sends a command and gives its cid.
  uint16_t Sent(uint64_t tag, uint8_t opcode = 2) {
    CHECK(Send(*queue, tag, opcode) == SubmitOutcome::kOk);
    const uint16_t cid = drive.Fetched(place).cid;
    place = (place + 1) % kEntries;
    return cid;
  }
  std::vector<uint64_t> Poll() {
    HostCompletion polled[kEntries];
    std::vector<uint64_t> tags;
    for (size_t i = 0, n = queue->Poll(polled, kEntries); i < n; i++) tags.push_back(polled[i].tag);
    return tags;
  }
  bool WaitsForCommands() {
    queue->Wait(0, false);
    return bus.waited_for_commands;
  }

  WrittenDown bus;
  ViolationLog violations;
  std::unique_ptr<RingQpair> queue;
  RingDrive drive;
  uint32_t place = 0;  // of the next command in the submission queue
};

using Tags = std::vector<uint64_t>;

// A completion for an earlier command in the same slot is not the present one's.
void ALateDuplicateEndsNothing() {
  Bench bench;
  const uint16_t first = bench.Sent(1);
  bench.drive.Complete(first);
  CHECK(bench.Poll() == Tags{1});
  const uint16_t second = bench.Sent(2);
  CHECK(second != first && (second ^ first) >> kSlotBits != 0);
  for (int i = 0; i < 3; i++) bench.drive.Complete(first);
  CHECK(bench.Poll().empty() && bench.queue->ProtocolErrors() == 3);
  bench.drive.Complete(second);
  CHECK(bench.Poll() == Tags{2});
  bench.drive.Complete(second);
  CHECK(bench.Poll().empty());
  for (const ProtocolViolation& violation : bench.violations.first()) CHECK(violation.kind == ViolationKind::kDuplicateCompletion && violation.qid == 3);
  CHECK(bench.violations.count() == 4);
}

// Of no slot, or of a use of one that was never.
void AnUnknownCidIsCalledThat() {
  Bench bench;
  const uint16_t sent = bench.Sent(1);
  const auto later = static_cast<uint16_t>(sent + (100u << kSlotBits));
  for (const uint16_t cid : {uint16_t{7}, later}) {
    bench.drive.Complete(cid);
    CHECK(bench.Poll().empty());
  }
  const auto found = bench.violations.first();
  CHECK(found.size() == 2 && found[0].cid == 7 && found[1].cid == later);
  for (const ProtocolViolation& violation : found) CHECK(violation.kind == ViolationKind::kUnknownCid);
  bench.drive.Complete(sent);
  CHECK(bench.Poll() == Tags{1});
}

// Nobody waits for the end of an asynchronous event request; for all others they do, after a reset as well.
void NobodyWaitsForEvents() {
  Bench bench(0);
  const uint16_t event = bench.Sent(1, admin_opcode::kAsyncEvent);
  CHECK(!bench.WaitsForCommands());
  const uint16_t other = bench.Sent(2, admin_opcode::kIdentify);
  CHECK(bench.WaitsForCommands());
  bench.drive.Complete(event);
  CHECK(bench.Poll() == Tags{1} && bench.WaitsForCommands());
  bench.drive.Complete(other);
  CHECK(bench.Poll() == Tags{2} && !bench.WaitsForCommands());
  (void)bench.Sent(3, admin_opcode::kAsyncEvent);
  bench.queue->Clear();
  (void)bench.Sent(4, admin_opcode::kIdentify);
  CHECK(bench.WaitsForCommands());
}

// Rings, phases and slots as after creation; what was sent before ends nothing.
void AResetBeginsAnew() {
  Bench bench;
  uint16_t last = 0;
  for (uint64_t tag = 0; tag < kEntries + 2; tag++) {
    last = bench.Sent(tag);
    bench.drive.Complete(last);
    CHECK(bench.Poll() == Tags{tag});
  }
  const uint16_t forgotten = bench.Sent(10);
  bench.queue->Clear();
  bench.drive = RingDrive(*bench.queue);
  bench.place = 0;
  CHECK(bench.Poll().empty() && bench.queue->ProtocolErrors() == 0);
  const uint16_t first = bench.Sent(11);
  CHECK(first != forgotten);
  bench.drive.Complete(forgotten);
  CHECK(bench.Poll().empty());
  bench.drive.Complete(first);
  CHECK(bench.Poll() == Tags{11});
  for (uint64_t tag = 0; tag < kEntries - 1; tag++) (void)bench.Sent(tag);
  CHECK(Send(*bench.queue, 9) == SubmitOutcome::kFull);
}

// What lies in the completion queue is true, whatever became of the bus.
void WhatCameBeforeTheLossCounts() {
  Bench bench;
  bench.drive.Complete(bench.Sent(1));
  (void)bench.Sent(2);
  CHECK(!bench.queue->Gone());
  bench.bus.lost = true;
  CHECK(!bench.queue->Gone() && Send(*bench.queue, 3) == SubmitOutcome::kGone);
  CHECK(bench.Poll() == Tags{1} && bench.queue->Gone());
}

// NVMe Base 2.0, 4.1.1: PRP2 is nothing, the second page, or a list, by the pages that the data touch.
void DataOfUpToTwoPagesNeedNoList() {
  WrittenDown bus;
  const std::shared_ptr<uint8_t> data = bus.QueueMemory(3 * 4096);
  const uint64_t base = bus.AddressOf(data.get());
  struct {
    uint32_t offset, bytes;
    uint64_t second;  // 0: nothing
  } const cases[] = {{0, 4096, 0}, {512, 3584, 0}, {512, 3585, 4096}, {0, 4097, 4096}, {0, 8192, 4096}, {512, 7680, 4096}};
  for (const auto& [offset, bytes, second] : cases) {
    const auto queue = RingQpair::Make(&bus, {.entries = kEntries}, 4);
    HostSubmission submission;
    submission.data = data.get() + offset;
    submission.data_bytes = bytes;
    CHECK(queue->Submit(submission) == SubmitOutcome::kOk);
    const Sqe sqe = RingDrive(*queue).Fetched(0);
    CHECK(sqe.prp1 == base + offset && sqe.prp2 == (second == 0 ? 0 : base + second));
  }
}

}  // namespace

void TestRingCompletions() {
  ALateDuplicateEndsNothing();
  AnUnknownCidIsCalledThat();
  NobodyWaitsForEvents();
  AResetBeginsAnew();
  WhatCameBeforeTheLossCounts();
  DataOfUpToTwoPagesNeedNoList();
}
