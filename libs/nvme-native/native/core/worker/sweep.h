// Namespace.verify: reads a region, or the LBAs that the table knows, and checks every sector. One thread, one qpair,
// for the time that it takes.
#pragma once
#include <functional>
#include <optional>

#include "core/verify/namespace.h"

namespace assay {

struct SweepOptions {
  Rule rule = Rule::kExact;
  uint64_t region_start = 0;
  uint64_t region_lbas = 0;
  bool written = true;  // only LBAs that the table knows
  uint32_t depth = 16;
};

struct SweepResult {
  uint64_t checked = 0, unknown = 0, violations = 0;
  uint64_t required = 0;  // LBAs that the table has something to say about
  uint64_t newest = 0, older = 0, read_errors = 0;
  // None where nothing had to be checked: 0 of 0 proves nothing.
  std::optional<double> coverage_percent;
  bool staleness_checked = true;
  double duration_ms = 0;
  std::vector<Miscompare> miscompares;  // the first kMaxMiscomparesTold
};

class Sweep : public QpairOwner, public std::enable_shared_from_this<Sweep> {
 public:
  using Finished = std::function<void(const Status&, SweepResult&&)>;
  // `finished` is called exactly once. kArgument without a table, kQpair, kGone, kDeadline, kClosed.
  static void Start(std::shared_ptr<Namespace> ns, const SweepOptions& options, Finished finished);
  Sweep(std::shared_ptr<Namespace> ns, const SweepOptions& options, Finished finished);

  void WasReset() override { cut_off_ = true; }
  void Stop() override { cut_off_ = true; }

 private:
  struct Slot {
    uint64_t slba = 0;
    uint32_t lbas = 0;
    uint8_t* data = nullptr;
    std::vector<ReadFloor> floors;
  };

  void Begin();
  void Run();
  bool Fill();
  bool Wanted(uint64_t lba) const;
  bool Must(uint64_t lba) const;
  bool NextRange(uint64_t* slba, uint32_t* lbas);
  void Complete(const Done& done);
  void Note(SectorCheck&& check);
  void Tell(Miscompare&& miscompare);
  void NoteTorn();
  void Finish();

  std::shared_ptr<Namespace> ns_;
  std::shared_ptr<VerifyTable> table_;
  SweepOptions options_;
  Finished finished_;
  Buffer pool_, spare_metadata_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  // Sectors of a command that failed, to be read one by one.
  std::vector<uint64_t> singly_;
  std::optional<AtomicWrites> atomic_;  // after a power loss
  uint64_t cursor_ = 0;
  uint32_t lbas_per_read_ = 1;
  uint64_t start_ns_ = 0;
  std::atomic<bool> cut_off_{false};
  Status status_;
  bool ending_ = false;
  SweepResult result_;
};

}  // namespace assay
