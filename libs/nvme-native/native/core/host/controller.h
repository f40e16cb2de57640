// One open controller: its control thread, its admin qpair, and everybody who owns an I/O qpair of it. The control
// thread is the only one that creates and deletes qpairs, resets, restarts and closes; everything else asks it.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/folder_lock.h"
#include "parking.h"
#include "request.h"

namespace assay {

struct ControllerOptions {
  std::string cmdlog_dir;  // empty: anonymous memory
  uint32_t cmdlog_entries = 4096;
  uint32_t timeout_ms = 10'000;
  // False: attach only; a script does the rest by hand, or hands over with SetUpAdminQueue.
  bool bring_up = true;
};

// Whoever owns a qpair: a lane of a script, a worker, a sweep.
class QpairOwner {
 public:
  virtual ~QpairOwner() = default;
  // Control thread, owner standing: the controller was reset or restarted, its outstanding commands were terminated.
  virtual void WasReset() = 0;
  // Any thread: end soon; the controller closes.
  virtual void Stop() = 0;

  // Any thread.
  void WakeOwner() {
    std::lock_guard lock(wake_mutex);
    if (host_qpair != nullptr) host_qpair->Wake();
  }

  std::string label;  // control thread
  Parking parking;
  std::mutex wake_mutex;
  std::unique_ptr<HostQpair> host_qpair;  // control thread; comes and goes under wake_mutex
  std::unique_ptr<Qpair> qpair;
};

// A queue that is there: for lists.
struct QueueReport {
  uint16_t qid = 0;
  uint32_t entries = 0;
  uint32_t outstanding = 0;
  std::string label;
};

struct ResetOutcome {
  Status status;
  ReadyReport ready;
  uint32_t settled = 0;
};

class Controller : public std::enable_shared_from_this<Controller> {
 public:
  using Opened = std::function<void(const Status&, std::shared_ptr<Controller>, const ReadyReport&)>;

  // Starts the control thread, which opens the drive and calls `opened`.
  static void Open(const TransportAddress& address, const ControllerOptions& options, Opened opened);
  ~Controller();

  // ---- any thread ----
  const HostLimits& limits() const { return limits_; }
  const ControllerOptions& options() const { return options_; }
  bool Gone() const { return host_->Gone(); }
  Freeze& freeze() { return freeze_; }
  std::shared_ptr<HostController> host() { return host_; }
  const std::string& transport() const { return transport_; }
  // Scripts may put addresses of lent memory into commands.
  bool script_addresses() const { return script_addresses_; }
  // False: closed, or too many waiting; then `finish` will not be called.
  bool PostAdmin(std::unique_ptr<Request> request);
  // The admin queue's flight recorder; it stays readable after the end.
  const Cmdlog& admin_cmdlog() const { return admin_qpair_->cmdlog(); }
  // Runs on the control thread; false: closed. Never waits for the owner of a qpair that waits for this thread.
  bool Post(std::function<void()> task);
  bool closed() const;

  // ---- control thread ----
  // Gives `owner` a qpair and keeps it in the list of those who must park. kQpair, kDeadline, kGone, kFile.
  Status Attach(const std::shared_ptr<QpairOwner>& owner, const QpairOptions& options, const std::string& label);
  // Control thread, directly after Attach: the owner's thread. Where none can be started its qpair goes back.
  Status StartOwner(QpairOwner* owner, const char* thread, std::function<void()> body);
  // The owner stands or has retired: deletes its qpair and forgets it. Its outstanding commands become terminated.
  void Detach(QpairOwner* owner);
  Status ReadRegister(uint32_t offset, uint32_t bytes, uint64_t* value) { return host_->ReadRegister(offset, bytes, value); }
  Status WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value);
  // The admin queue first.
  std::vector<QueueReport> Queues() const;
  // PCI Express; kUnsupported names the transport, kDeadline as WriteRegister.
  Status ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) { return Named(host_->ReadConfig(offset, to, bytes)); }
  Status WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes);
  Status HotReset();
  Status SetUpAdminQueue();
  // For commands sent from now on, on every queue pair there is and every one to come.
  void SetTimeout(uint32_t timeout_ms);
  ResetOutcome Reset() { return Renew(&HostController::Reset); }
  ResetOutcome Restart() { return Renew(&HostController::Restart); }
  // A reset (a restart: after the power came back) in whose middle a script brings the controller up by itself: every owner
  // stands, and admin commands wait while CSTS.RDY is 0. kDeadline, kReady when one is under way, and as HostController.
  Status BeginRenewal(bool restart);
  // `up` false: the script gave up; what was outstanding is settled, the queues are not made again.
  ResetOutcome EndRenewal(bool up);
  // Ends every owner, settles everything, frees the device and ends the control thread. `closed` is called last.
  void Close(std::function<void()> closed);

 private:
  explicit Controller(const ControllerOptions& options) : options_(options) {}
  void Run(const TransportAddress& address, const Opened& opened);
  Status Start(const TransportAddress& address, ReadyReport* ready);
  ResetOutcome Renew(Status (HostController::*how)(ReadyReport*));
  Status MayRenew() const;
  void StandStill();
  void MakeQueuesAgain(ResetOutcome* outcome);
  bool AdminMaySend();
  Status Named(Status status) const;
  void ParkAll();
  void ReleaseAll();
  void FinishClosing();

  void ServeHeld();

  ControllerOptions options_;
  Freeze freeze_;
  std::vector<QpairOwner*> held_;  // control thread: their queues are deleted after the release; alive in owners_
  HostLimits limits_;
  FolderLock recorder_lock_;  // control thread: its folder's flight recorders have one writer each
  std::string transport_;
  bool script_addresses_ = false;
  std::shared_ptr<HostController> host_;
  std::unique_ptr<Qpair> admin_qpair_;
  std::unique_ptr<RequestPump> admin_;
  std::vector<std::shared_ptr<QpairOwner>> owners_;  // control thread

  mutable std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool accepting_ = false;
  bool renewing_ = false;         // control thread: between BeginRenewal and EndRenewal
  uint32_t settled_by_set_up_ = 0;
  bool closing_ = false;  // control thread
  std::vector<std::function<void()>> when_closed_;
};

}  // namespace assay
