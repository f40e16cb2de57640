// Queues in memory: doorbells, turns, and where long data are said to lie.
#include <tuple>

#include "ring_bench.h"

using namespace assay;

namespace {

// Sends one for each that completes.
class Again final : public CompletionListener {
 public:
  explicit Again(RingQpair& queue) : queue_(queue) {}
  void Completed(const HostCompletion& completion) override {
    tags.push_back(completion.tag);
    CHECK(Send(queue_, completion.tag + 100) == SubmitOutcome::kOk);
  }
  std::vector<uint64_t> tags;

 private:
  RingQpair& queue_;
};

}  // namespace

void TestRingQpair() {
  constexpr uint32_t kEntries = 5;
  WrittenDown bus;
  const auto queue = RingQpair::Make(&bus, {.entries = kEntries}, 3);
  RingDrive drive(*queue);

  // One doorbell a command, as long as nobody serves completions; as many as fit.
  for (uint64_t tag = 0; tag < kEntries - 1; tag++) CHECK(Send(*queue, tag) == SubmitOutcome::kOk);
  CHECK(Send(*queue, 9) == SubmitOutcome::kFull);
  CHECK(bus.doorbells == " sq1 sq2 sq3 sq4");

  // A full queue: the completion's place is free for the drive before it hears of the command that needs it.
  Again again(*queue);
  bus.doorbells.clear();
  drive.Complete(drive.Fetched(2).cid);
  CHECK(queue->Serve(again, 8, 1) == 1);
  CHECK(bus.doorbells == " cq1 sq0" && again.tags == std::vector<uint64_t>({2}));

  // A quarter of what is outstanding at a time, and nothing when nothing came.
  bus.doorbells.clear();
  for (uint32_t slot : {0u, 1u}) drive.Complete(drive.Fetched(slot).cid);
  CHECK(queue->Serve(again, 8, 1) == 1 && queue->Serve(again, 8, 1) == 1 && queue->Serve(again, 8, 3) == 0);
  CHECK(bus.doorbells == " cq2 sq1 cq3 sq2" && again.tags == std::vector<uint64_t>({2, 0, 1}));

  // What belongs to nobody is told to nobody, and its place in the queue is given back; over the end of the ring as well.
  bus.doorbells.clear();
  drive.Complete(drive.Fetched(3).cid);
  drive.Complete(drive.Fetched(3).cid);
  drive.Complete(0x7777);
  HostCompletion polled[4];
  CHECK(queue->Poll(polled, 4) == 1 && polled[0].tag == 3);
  CHECK(bus.doorbells == " cq1" && queue->ProtocolErrors() == 2);

  // Long data: one descriptor where drive and bus allow it, else a list of their pages.
  const std::shared_ptr<uint8_t> data = bus.QueueMemory(4 * 4096);
  const auto sent = [&](bool sgl, bool linear, uint32_t offset, uint32_t bytes) {
    bus.linear = linear;
    const auto other = RingQpair::Make(&bus, {.entries = kEntries}, 4);
    other->takes_sgl = sgl;
    HostSubmission submission;
    submission.sqe.opc = 2;
    submission.data = data.get() + offset;
    submission.data_bytes = bytes;
    CHECK(other->Submit(submission) == SubmitOutcome::kOk);
    Sqe sqe = *reinterpret_cast<const Sqe*>(other->sq_address());
    CHECK(sqe.prp1 == reinterpret_cast<uintptr_t>(data.get()) + offset);
    // Of a list its second page.
    if (bytes > 2 * 4096 && !(sqe.fuse_psdt >> 6)) sqe.prp2 = reinterpret_cast<const uint64_t*>(sqe.prp2)[1] - reinterpret_cast<uintptr_t>(data.get());
    return std::pair{sqe.fuse_psdt >> 6, sqe.prp2};
  };
  CHECK(sent(true, true, 512, 12288) == (std::pair{1, uint64_t{12288}}));
  for (const auto& [sgl, linear, offset] : {std::tuple{false, true, 512u}, {true, false, 512u}, {true, true, 2u}}) {
    CHECK(sent(sgl, linear, offset, 12288) == (std::pair{0, uint64_t{8192}}));
  }
  CHECK(sent(true, true, 0, 8192).first == 0);
}
