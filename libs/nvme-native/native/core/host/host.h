// The host interface: what a host implementation (native/model, native/spdk) gives to the core. Nothing above it knows
// which implementation runs, nothing below it knows the core's flight recorder, verification, workers or JavaScript.
//
// Threads. Each HostController has one control thread (the core's); each HostQpair has one owner thread. The admin
// qpair's owner is the control thread. A method says who may call it; calls on one object never overlap, except those
// marked "any thread". Threads park (stop calling their qpair) before Reset, Restart, Recover and Stop are called, and
// the core provides the happens-before.
//
// Deadline. The core checks DeadlinePassed() directly before Submit. An implementation that sends commands of its own
// (create queue, identify, shutdown) is called only before the deadline, or with `silent` set: then it touches no drive.
//
// Errors. A Status is for the caller and the environment; what the drive answers is a completion. Never throw, never
// exit, never abort for a script's mistake or a drive's fault.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/nvme_spec.h"
#include "core/status.h"
#include "core/violation_log.h"

namespace assay {

enum class Direction : uint8_t { kNone, kFromDevice, kToDevice };

// One command on its way to a queue. `data` was made by HostController::AllocBuffer of the same controller (any offset
// inside it) and stays valid until the tag is reported by Poll, or the qpair was Recovered or deleted.
struct HostSubmission {
  Sqe sqe{};  // the implementation sets cid and data pointers; it writes them back when it knows them
  void* data = nullptr;
  uint32_t data_bytes = 0;
  Direction direction = Direction::kNone;
  // Metadata in a buffer of their own (MPTR), of the same memory; null: none, or behind the data of each LBA.
  void* metadata = nullptr;
  uint32_t metadata_bytes = 0;
  uint64_t tag = 0;  // opaque, comes back with the completion
};

struct HostCompletion {
  uint64_t tag = 0;
  Cqe cqe{};  // cid, sqhd as far as the implementation sees them
};

enum class SubmitOutcome {
  kOk,
  kFull,  // nothing was sent; try again after a completion
  kGone,  // the device or the connection is lost; nothing was sent
};

struct QpairOptions {
  uint32_t entries = 64;  // queue entries, 2..limits.max_queue_entries; entries - 1 commands can be outstanding
  uint8_t priority = 0;   // WRR class; other than 0 only when WRR is enabled, else kQpair
  bool interrupts = true;      // IEN of its completion queue
  uint16_t vector = kOwnQid;   // kOwnQid: the vector with the number of the queue
  static constexpr uint16_t kOwnQid = 0xffff;
};

class CompletionListener {
 public:
  virtual ~CompletionListener() = default;
  virtual void Completed(const HostCompletion& completion) = 0;
};

class HostQpair {
 public:
  virtual ~HostQpair() = default;

  // 0 is the admin qpair. Where the transport hides it: a number that is unique among the living qpairs.
  virtual uint16_t Qid() const = 0;
  // Commands that can be outstanding at once.
  virtual uint32_t MaxOutstanding() const = 0;

  // Owner. Sends one command now (its doorbell included): never batches, because the deadline was checked just before.
  virtual SubmitOutcome Submit(HostSubmission& submission) = 0;
  // Owner. Reaps up to `max` completions without blocking; returns how many. Completions that were in host memory
  // before the device was lost are reported first, whatever happened since. Commands that the transport itself aborted
  // (for example SPDK's ABORTED_SQ_DELETION on a disconnect) are not reported here: they count as forgotten by Recover.
  virtual size_t Poll(HostCompletion* out, size_t max) = 0;
  // Owner. As Poll, but tells each completion as soon as it is seen; the listener may Submit, and what it submits gets its
  // doorbell together with the room in the completion queue. Looks up to `looks` times for the first one.
  virtual size_t Serve(CompletionListener& to, size_t max, uint32_t looks);
  // Any thread. True when the device is lost and Poll has nothing more to say: what is outstanding will never complete.
  virtual bool Gone() const = 0;

  // Owner. Sleeps until a completion may be there, Wake was called, or CLOCK_BOOTTIME `until_ns` (kNever: no limit).
  // May return early. A polled transport returns at once (after a pause instruction) while commands are outstanding
  // and `spin` is set; with `spin` false it sleeps in small steps.
  virtual void Wait(uint64_t until_ns, bool spin) = 0;
  // Any thread. Ends the current or the next Wait.
  virtual void Wake() = 0;

  // Any thread. Completions that belonged to no command in flight; 0 where the implementation does not see them.
  virtual uint64_t ProtocolErrors() const { return 0; }

  // Control thread, owner parked, after a successful Reset or Restart of the controller. Every outstanding tag is
  // forgotten (never reported, its buffer never touched again) and the qpair works again with the same Qid if possible.
  virtual Status Recover() = 0;
};

struct ReadyReport {
  uint64_t ready_ns = 0;    // from the start of the bring-up to CSTS.RDY = 1
  // Its two halves where the implementation sees them, else 0: CC.EN = 0 to CSTS.RDY = 0, CC.EN = 1 to CSTS.RDY = 1.
  uint64_t disable_ns = 0;
  uint64_t enable_ns = 0;
};

struct HostLimits {
  uint32_t max_qpairs = 1;             // I/O qpairs
  uint32_t max_queue_entries = 2;      // CAP.MQES + 1, or the transport's own limit when that is less
  uint32_t max_transfer_bytes = 4096;  // the transport's own limit; the drive's MDTS comes from Identify
  uint32_t ready_timeout_ms = 500;     // CAP.TO
  uint32_t bar_bytes = 4096;           // of BAR0 that ReadRegister and WriteRegister reach
  uint64_t idle_poll_ns = UINT64_MAX;  // longest time between two polls of the admin qpair (keep-alive, AER)
};

// A command that the implementation sent on its own behalf, for the flight recorder of qid 0. Times are CLOCK_BOOTTIME.
using InternalAdmin = std::function<void(const Sqe&, const Cqe&, uint64_t submit_ns, uint64_t complete_ns)>;

struct HostOptions {
  InternalAdmin on_internal_admin;  // may be empty; called on the control thread
  uint32_t timeout_ms = 10'000;     // for commands of the implementation itself
  bool bring_up = true;             // false: attach only, write no register; HostTransport::bare says who can
};

// What Lend gives.
struct DmaRegion {
  std::shared_ptr<uint8_t> memory;
  uint64_t bytes = 0;
  std::vector<uint64_t> pages;
};

class HostController {
 public:
  virtual ~HostController() = default;

  // Control thread. CC.EN 1-0-1 (or the transport's equal) and CSTS.RDY = 1, all owners parked. Must come back within
  // limits.ready_timeout_ms plus a second; kReady names what did not happen, kGone when the device is lost.
  virtual Status Reset(ReadyReport* report) = 0;
  // Control thread. Attach again after the power or the connection came back, as HostTransport::open did. kPowerOff, kGone, kReady.
  virtual Status Restart(ReadyReport* report) = 0;
  // Control thread, last call before the destructor; all qpairs are deleted or will never be used again. Not silent:
  // shutdown notification, then detach. Silent (deadline passed, device lost): free what can be freed, send nothing.
  virtual void Stop(bool silent) = 0;
  // Any thread. The device does not answer any more (power lost, removed, connection lost); true until Restart succeeds.
  virtual bool Gone() const = 0;

  // Any thread. Null: the implementation does not see what the drive does against the protocol.
  virtual const ViolationLog* Violations() const { return nullptr; }

  // Control thread. The admin queue; lives as long as the controller.
  virtual HostQpair* Admin() = 0;
  // Control thread. kQpair when the drive has none left, or refuses priority.
  virtual Status CreateQpair(const QpairOptions& options, std::unique_ptr<HostQpair>* out) = 0;
  // Control thread, owner ended or parked. Silent as in Stop.
  virtual void DeleteQpair(std::unique_ptr<HostQpair> qpair, bool silent) = 0;

  // Control thread. `bytes` 4 or 8, `offset` a multiple of 4, inside limits.bar_bytes. kUnsupported names transport and
  // reason; kGone when the device answers all ones. A register that can be reached by no means is kUnsupported.
  virtual Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) = 0;
  virtual Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) = 0;

  // Any thread. Memory that the device can reach: zeroed, 4096 aligned; null when there is none left.
  virtual void* AllocBuffer(size_t bytes) = 0;
  virtual void FreeBuffer(void* memory) = 0;
  // Any thread. Where the device sees `memory`, which lies inside a buffer of AllocBuffer: what a PRP entry would hold.
  // kUnsupported names the transport and the reason.
  virtual Status BusAddress(const void* memory, uint64_t* address) = 0;

  virtual HostLimits Limits() const = 0;

  // ---- bare mode and PCI Express. What an implementation does not have is kUnsupported with the reason. ----
  // Any thread. Memory for a script that works by hand, with an address for each page of 4096 bytes. `scattered`: no two
  // pages have neighbouring addresses.
  virtual Status Lend(uint64_t bytes, bool scattered, DmaRegion* out);
  // Any thread. From now on the device cannot reach it; `memory` itself lives as long as somebody holds it.
  virtual void TakeBack(const DmaRegion& region);
  // Control thread. The first half of Restart, for a script that brings the controller up by itself: attaches again and
  // writes no register. kPowerOff, kGone, kUnsupported.
  virtual Status Attach();
  // Control thread. Writes AQA, ASQ and ACQ for the empty admin queue of this controller; CC.EN must be 0.
  virtual Status SetUpAdminQueue();
  // Control thread. Inside the 4096 bytes of the configuration space. kGone when the device answers all ones.
  virtual Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes);
  virtual Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes);
  // Control thread. Hot reset of the function through its port.
  virtual Status HotReset();
};

// Where a drive is. Which fields count depends on the transport; src/open/address.ts TransportAddress.
struct TransportAddress {
  std::string transport;  // "model", "spdk-pcie", "spdk-tcp", "spdk-vfio-user"
  std::string address;    // path of the model's file, PCI BDF, IP address, vfio-user socket directory
  uint16_t port = 0;
  std::string nqn;        // empty: the first NVM subsystem that discovery returns
  std::string host_nqn;   // empty: the implementation's own
  bool header_digest = false;
  bool data_digest = false;
};

// One line of the table of transports (host_table.h).
struct HostTransport {
  const char* name;
  // On a native thread that becomes the control thread. Attaches to exactly this device, brings it to CSTS.RDY = 1.
  // kOpen, kLocked, kPowerOff, kReady, kUnsupported.
  Status (*open)(const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out,
                 ReadyReport* report);
  // Can attach without bringing the controller up.
  bool bare = false;
  // Commands of scripts may carry addresses of their own also when no script brought the controller up.
  bool script_addresses = false;
};

}  // namespace assay
