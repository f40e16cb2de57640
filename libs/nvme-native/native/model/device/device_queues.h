// What the device keeps of its queues, and of commands whose completion is not due yet.
#pragma once
#include "core/nvme_spec.h"
#include "model/bus/ring.h"

namespace assay::model {

struct CompletionQueue {
  Ring ring;
  uint32_t tail = 0;
  uint16_t phase = 1;
  uint16_t vector = 0;
  bool interrupts = false;
};
struct SubmissionQueue {
  Ring ring;
  uint32_t head = 0;
  uint16_t cqid = 0;
  uint8_t priority = 0;  // class under weighted round robin: 0 urgent to 3 low
  uint8_t fused = 0;  // FusedState of the command before
};
// A command that was executed and completes later. `lba_count` sectors become durable when it does (0: none).
struct Pending {
  uint64_t due_ns;
  uint64_t order;
  uint32_t nsid;
  uint64_t slba;
  uint64_t lba_count;
  uint32_t wrote_nsid;
  uint64_t wrote_slba, wrote_lbas;
  Cqe cqe;
  bool operator>(const Pending& other) const {
    return due_ns != other.due_ns ? due_ns > other.due_ns : order > other.order;
  }
};

}  // namespace assay::model
