// The tags of one queue that SPDK has not given back yet. SPDK's callbacks carry a Slot.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>

namespace assay::spdk {

class InFlight;

struct Slot {
  InFlight* owner = nullptr;
  uint64_t tag = 0;
  Slot* next_free = nullptr;
  bool reported = true;  // false: taken and its tag still has to be reported
};

// A fixed pool. Owner thread only.
class Slots {
 public:
  Slots(InFlight* owner, uint32_t count) : count_(count), all_(new Slot[count]) {
    for (uint32_t i = 0; i < count; i++) {
      all_[i].owner = owner;
      Push(&all_[i]);
    }
  }

  // Null when every slot is taken.
  Slot* Take(uint64_t tag) {
    Slot* slot = free_;
    if (slot == nullptr) return nullptr;
    free_ = slot->next_free;
    slot->tag = tag;
    slot->reported = false;
    taken_++;
    return slot;
  }

  // The driver is done with it. Returns whether its tag still has to be reported.
  bool Give(Slot* slot) {
    const bool report = !slot->reported;
    assert(taken_ > 0);
    taken_--;
    slot->reported = true;
    Push(slot);
    return report;
  }

  // Nobody waits for the taken tags any more. The slots come back when the driver gives them.
  void Forget() {
    for (uint32_t i = 0; i < count_; i++) all_[i].reported = true;
  }

  uint32_t count() const { return count_; }
  uint32_t taken() const { return taken_; }

 private:
  void Push(Slot* slot) {
    slot->next_free = free_;
    free_ = slot;
  }

  const uint32_t count_;
  std::unique_ptr<Slot[]> all_;
  Slot* free_ = nullptr;
  uint32_t taken_ = 0;
};

}  // namespace assay::spdk
