// A software NVMe controller: registers, admin and I/O queues with phase bits in host memory, commands executed by one
// device thread that sleeps until a doorbell, the next due completion or the power switch wakes it.
// The host side (model_bus, model_host) sees only this header's "bus": registers, doorbells, interrupts.
#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/nvme_spec.h"
#include "core/random.h"
#include "model/bus/address_space.h"
#include "model/admin/background.h"
#include "model/bus/bus_trace.h"
#include "model/bus/config_space.h"
#include "device_queues.h"
#include "model/faults/faults.h"
#include "model/admin/firmware.h"
#include "model/admin/health.h"
#include "model/bus/host_memory.h"
#include "model/bus/interrupts.h"
#include "model/media/namespaces.h"
#include "model/media/nand.h"
#include "model/tcg/opal.h"
#include "model/outcome.h"
#include "model/admin/persistent_events.h"
#include "model/nvm/reservations.h"
#include "model/nvm/streams.h"
#include "model/placement/placement.h"

namespace assay::model {

constexpr uint32_t kAsyncEventLimit = 4;
constexpr uint32_t kCommandsPerTurn = 64;
constexpr size_t kMaxWaitingEvents = 16;
constexpr uint32_t kPowerStates = 5;
constexpr uint32_t kFirstNonOperationalState = 3;
constexpr uint32_t kCstsReady = 1;
constexpr uint32_t kCstsFatal = 1u << 1;
constexpr uint32_t kCstsShutdownStatus = 3u << 2;
constexpr uint32_t kCstsShutdownDone = 2u << 2;
constexpr uint32_t kWarningKelvin = 343;
constexpr uint32_t kResumeUs = 2000;  // exit latency of the non-operational states

class Device {
 public:
  using Outcome = model::Outcome;

  explicit Device(std::unique_ptr<DriveFile> file);
  ~Device();
  // Ends the device thread: from now on it touches no host memory.
  void Halt();

  // ---- the bus, any thread ----
  // BAR0: registers, doorbells, MSI-X. All ones when the power is gone or the function does not decode its BAR.
  uint64_t ReadRegister(uint32_t offset, uint32_t bytes) const;
  void WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value);
  // Configuration space. All ones when the power is gone.
  void ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) const;
  void WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes);
  // Hot reset or FLR: configuration space, MSI-X and the controller as after power-on, without a power cycle.
  void ResetFunction();
  // As a platform does after a reset: gives the BAR its address and switches memory space and bus mastering on.
  void Enumerate();
  // What the device can reach.
  AddressSpace& memory() { return memory_; }
  void RingSqTail(uint16_t qid, uint32_t tail);
  void RingCqHead(uint16_t qid, uint32_t head);
  // Told whenever completion queue `cqid` got an entry, whatever its interrupts do. Null takes it away; after that the
  // event is not touched any more.
  void SetListener(uint16_t cqid, Event* event);
  // Takes a queue pair away without asking: like an IOMMU that no longer lets the device at its rings and data.
  void DropQueue(uint16_t qid);
  // The power was cut since the last attach. What was completed before has been posted by then.
  bool Dark() const { return dark_.load(std::memory_order_acquire) || header_->generation.load(std::memory_order_acquire) != generation_.load(std::memory_order_relaxed); }
  // CSTS.CFS: nothing outstanding will complete before a reset of the controller.
  bool Fatal() const { return (csts_.load(std::memory_order_acquire) & kCstsFatal) != 0; }
  // CSTS.SHST = 10b: no command is executed and nothing is posted before the controller was disabled (NVMe Base 2.0, 3.6.1).
  bool ShutDownComplete() const { return (csts_.load(std::memory_order_acquire) & kCstsShutdownStatus) == kCstsShutdownDone; }
  bool Lost() const { return Dark() || Fatal(); }
  // Feels for the power that came back; false while it is off. Registers then have their reset values.
  bool Attach();
  DriveFile& file() { return *file_; }

 private:
  // The command sets work on the device itself; they live in files of their own.
  friend class AdminCommands;
  friend class NvmCommands;
  friend class QueueCommands;

  void Run();
  bool Enter();
  void Leave() { file_->header().executing.store(0, std::memory_order_release); }
  bool Step(uint64_t now_ns);
  void Sleep(uint32_t seen, uint64_t until_ns);
  void GoDark();
  void ReAttach();
  void FollowConfiguration(uint64_t now_ns);
  void Enable();
  void Disable();
  void ShutDown();
  void ForgetQueues();
  // NSSR (NVMe Base 2.0, 3.7.1), on the host's thread: as a reset of the controller, CC included; no power cycle.
  void ResetSubsystem();
  void ResetController(uint32_t csts);
  // CAP.TO runs out with CSTS.CFS: the host gave something that the controller cannot work with.
  bool Startable();
  void Fail();
  void TakeDoorbells();
  void TakeDoorbell(uint32_t index, uint32_t value);
  void FollowConfigSpace(const ConfigSpace::Effect& effect);
  Reservations ReservationsOf(uint32_t nsid) { return Reservations(&header_->reservations[nsid - 1]); }
  // Feature 06h, as long as the drive has a cache at all.
  bool VolatileCacheEnabled() const;
  // LBAs of a write of which no read finds a part: AWUN, or under DN of feature 0Ah AWUPF (NVM Command Set 1.0, 2.1.4).
  uint32_t NormalUnitLbas() const;
  uint32_t ErrorRecovery(uint32_t nsid) const;
  // LBAFEE of feature 16h.
  bool KnowsExtendedFormats() const { return host_behaviour_[2] == 1; }
  // Feature 02h with what autonomous transitions have made of it meanwhile.
  uint32_t PowerStateNow(uint64_t now_ns);
  // Tells of a composite temperature beyond its thresholds.
  void CheckTemperature(uint32_t over_kelvin);
  // A command arrived: the drive leaves a non-operational power state. How long that takes, ns.
  uint64_t WakeForIo();
  void RaiseEvent(uint32_t type, uint32_t info, uint8_t log_page);
  void SendEvents();
  void EventLogWasRead(uint8_t log_page);
  void Afflict(const Sqe& sqe, uint64_t now_ns, Outcome* outcome);
  // Of an I/O command: its namespace has logical blocks.
  bool HasLbas(const Sqe& sqe) const;
  uint16_t ForeignCid(uint16_t sqid, uint16_t cid) const;
  void LeaveTheSlot();
  void ComeBack();
  // Log 04h, and the notice where the host asked for it (feature 0Bh).
  void NamespaceChanged(uint32_t nsid);
  // device_history.cc
  uint64_t TimestampNow() const;  // feature 0Eh
  PlacementTime PlacementNow() const { return {RealtimeNs() / kNsPerSecond, TimestampNow()}; }
  void Note(EventType type, std::span<const uint8_t> data);
  void NoteReset();
  void NoteFirmware(const char (&old_revision)[8], uint32_t action, uint32_t slot, uint16_t status);
  void NoteTimestamp(uint64_t before);
  void NoteNamespace(const Sqe& sqe, uint32_t nsid, const NamespaceRecord& ns);
  void NoteFormat(const Sqe& sqe, uint16_t status, bool completed);
  void NoteSanitize(bool completed);
  void NoteHeat(uint32_t threshold_k);
  // device_arbitration.cc
  bool FetchAll(uint64_t now_ns);
  bool FetchClass(uint8_t priority, uint32_t credits, uint64_t now_ns);
  // How many commands it took off the queue, `most` or less.
  uint32_t Fetch(uint16_t qid, uint32_t most, uint64_t now_ns);
  void Finish(uint16_t sqid, const Sqe& sqe, const Outcome& outcome, uint64_t now_ns);
  bool Post(const Pending& pending);
  // device_fused.cc. A first half stays in the queue until the second one is there.
  bool HalfIsMissing(const SubmissionQueue& queue, const Sqe& sqe, uint32_t tail) const;
  Outcome ExecuteIo(SubmissionQueue& queue, const Sqe& sqe, uint32_t tail);
  void RecordError(uint16_t sqid, const Sqe& sqe, uint16_t status);
  uint64_t NextDueNs() const;
  uint64_t Jittered(uint32_t us);
  // How long a read or write takes by the latency model, ns.
  uint64_t ReadTimeNs(const Media& media, uint64_t slba, uint64_t lba_count);
  uint64_t WriteTimeNs(const Media& media, uint64_t slba, uint64_t lba_count);
  // Critical warnings that are new become events (feature 0Bh).
  void TellHealth();
  void ForgetPending(uint16_t sqid);
  bool AbortPending(uint16_t sqid, uint16_t cid);

  std::unique_ptr<DriveFile> file_;
  DriveHeader* header_;
  BusTrace bus_;
  Namespaces namespaces_;
  Faults faults_;
  Background background_;
  Firmware firmware_;
  Nand nand_;
  Health health_;
  Opal opal_;
  Streams streams_;
  Placement placement_;
  Random random_;
  std::atomic<uint64_t> generation_;
  Event wake_;
  AddressSpace memory_;
  ConfigSpace config_;
  Interrupts interrupts_;
  std::atomic<bool> decodes_{true};     // the BAR answers
  std::atomic<bool> bus_master_{true};  // host memory can be reached
  std::mutex doorbell_mutex_;
  std::vector<std::pair<uint32_t, uint32_t>> doorbells_;  // written through the BAR, not yet looked at: index, value

  // Registers, written by the host, read by both.
  std::atomic<uint32_t> cc_{0}, csts_{0}, aqa_{0};
  std::atomic<uint64_t> asq_{0}, acq_{0};
  std::vector<std::atomic<uint32_t>> sq_tail_, cq_head_;

  // Device thread only.
  uint32_t cc_seen_ = 0;
  uint64_t ready_at_ns_ = kNever;
  uint64_t stalled_until_ns_ = 0;
  bool removed_ = false;  // out of the slot at the end of this turn
  uint64_t returns_at_ns_ = kNever;
  uint64_t order_ = 0;
  std::vector<SubmissionQueue> sq_;
  std::vector<CompletionQueue> cq_;
  std::vector<Pending> pending_;  // a heap, earliest on top
  std::vector<uint16_t> notify_;  // completion queues that got entries in this turn
  uint32_t granted_sqs_ = 0, granted_cqs_ = 0;  // feature 07h
  std::vector<uint16_t> held_events_;  // cids of asynchronous event requests
  std::vector<uint32_t> waiting_events_;  // dword 0 of events that no request has taken
  std::vector<uint32_t> changed_namespaces_;  // log 04h, ascending
  uint8_t event_silence_[8] = {};         // by type: the log page that must be read first
  uint32_t features_[256] = {};
  std::array<uint32_t, kMaxNamespaces> error_recovery_ = {};  // feature 05h by nsid - 1
  uint32_t under_temperature_ = 0;
  std::map<uint32_t, uint32_t> vector_configuration_;
  std::array<uint8_t, 512> host_behaviour_ = {};
  std::array<uint64_t, 32> power_transitions_ = {};
  HostId host_id_ = {};  // feature 81h
  bool wide_host_id_ = false;
  std::array<uint32_t, kMaxNamespaces> notification_mask_ = {};  // feature 82h by nsid - 1
  std::array<uint32_t, kMaxNamespaces> key_value_configuration_ = {};  // feature 20h by nsid - 1
  HostMemory host_memory_;
  uint64_t timestamp_ms_ = 0, timestamp_set_ns_ = 0;
  uint32_t timestamp_origin_ = 0;
  uint64_t keep_alive_due_ns_ = kNever;
  uint64_t idle_since_ns_ = 0;
  std::vector<uint8_t> telemetry_;        // log 07h as it was last captured
  uint8_t telemetry_generation_ = 0;
  std::vector<uint8_t> persistent_events_;  // log 0Dh while its reporting context is established
  uint64_t looked_at_ns_ = 0;             // the last turn
  std::array<uint16_t, 4> served_last_ = {};  // qid, by class of weighted round robin
  bool busy_ = false;                     // commands are at work since then
  uint32_t operational_state_ = 0;        // the newest power state that serves I/O

  std::mutex turn_mutex_;  // held by the device thread while it works
  std::mutex listener_mutex_;
  std::vector<Event*> listeners_;

  std::atomic<bool> dark_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> attach_{false};
  Event attached_;
  std::thread thread_;
};

}  // namespace assay::model
