// The defects of a software drive, by rule: when, where, how often, seeded. Each rule keeps its own count in the file, so
// that it acts the same however often the drive is opened.
//
//   bad-status            the command ends with a status instead of being executed
//   lost-completion       is executed, no completion ever       late-completion     completes `ms` later
//   stall                 the whole drive stands still for `ms`
//   duplicate-completion  the completion is posted twice        wrong-cid           ... with a cid that nobody sent
//   controller-fatal      CSTS.CFS: executes nothing more until a controller reset
//   surprise-removal      registers read all ones; back after `ms` (0: when the power is switched on)
//   slow-ready, failed-activation                               at bring-up
//   flush-lies            flush answers success and makes nothing durable
//   torn-at-power-loss    no write of more than one LBA is atomic, whatever AWUPF says
//   torn-read             a read that meets a write on its way finds the first of its LBAs written, the others not yet
//   bit-flip (silent-corruption), swapped-lbas, stale-data, torn-write, zeroed-data    of a sector that was just written
//   wear-out              health.h
#pragma once
#include <span>

#include "core/nvme_spec.h"
#include "model/media/media.h"

namespace assay::model {

// What befalls one I/O command besides its status.
struct Affliction {
  bool lost = false;
  bool duplicated = false;
  bool wrong_cid = false;
  bool fatal = false;
  bool removed = false;
  uint32_t removed_ms = 0;
  uint32_t late_ms = 0;
  uint32_t stall_ms = 0;
};

// A piece of a value that was just stored. `before`: what the value that it replaces had there; null: nothing, or less.
struct ValuePart {
  uint8_t* data;
  uint32_t bytes;
  const uint8_t* before;
};

class Faults {
 public:
  explicit Faults(DriveFile* file);

  // Called once for each flush.
  bool FlushLies();
  // Called once for each power loss.
  bool TearsAtPowerLoss();
  // Called once for each read that meets such a write in two LBAs or more; `atomic`: the drive promised to do that whole.
  bool TearsRead(uint64_t slba, uint64_t lba_count, bool atomic);
  // Called once for each bring-up.
  uint32_t ExtraReadyMs();
  // The firmware image that waits for this reset cannot be loaded.
  bool FailActivation();
  // Status without phase that the command must end with instead of being executed, or 0.
  uint16_t BadStatus(uint8_t opcode, uint64_t slba, uint64_t lba_count);
  // Called once for each I/O command, after it was counted. `has_lbas`: dwords 10 to 12 say which.
  Affliction Afflict(const Sqe& sqe, bool has_lbas);
  // Called after a write: damages some of its sectors silently.
  void Corrupt(Media* media, uint64_t slba, uint64_t lba_count);
  // The same after a value was stored: its parts are what sectors are elsewhere.
  void CorruptValue(std::span<const ValuePart> parts);

 private:
  struct Candidate {
    uint8_t opcode = 0;
    uint64_t slba = 0;
    uint64_t lba_count = 0;  // 0: has no place
  };

  bool Strikes(FaultRule& rule, const Candidate& candidate);
  template <typename Act>
  void ForEach(FaultKind kind, const Candidate& candidate, Act act);
  struct DamagedBytes {
    uint8_t* data;
    uint32_t bytes;
    const uint8_t* before;  // what was there before the write; null: nobody knows
    uint8_t* partner;       // of the same size; null: there is none
  };
  static void FlipBit(const DamagedBytes& at, uint64_t random);
  void Damage(FaultRule& rule, const DamagedBytes& at);

  DriveHeader* header_;
  bool any_command_fault_ = false;
  bool any_data_fault_ = false;
  uint64_t last_lba_ = UINT64_MAX;
};

// Number of bytes at the start of a sector that a torn write replaced; the rest is what was there before.
uint32_t TornAt(uint32_t lba_bytes, uint64_t random);

}  // namespace assay::model
