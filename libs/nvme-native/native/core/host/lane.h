// A qpair that a script made: its own thread, which sleeps while there is nothing to do.
#pragma once
#include "controller.h"

namespace assay {

class Lane : public QpairOwner, public std::enable_shared_from_this<Lane> {
 public:
  // Control thread.
  static Status Create(Controller* controller, const QpairOptions& options, std::shared_ptr<Lane>* out);

  uint16_t qid() const { return qpair->qid(); }
  // Any thread. False: deleted, or too many are waiting; then `finish` will not be called.
  bool Post(std::unique_ptr<Request> request);
  // Control thread. Everything outstanding is terminated, everything waiting fails with kClosed.
  void Delete(Controller* controller);

  void WasReset() override {}
  void Stop() override;

 private:
  void Run();

  std::unique_ptr<RequestPump> pump_;
  std::mutex mutex_;
  bool accepting_ = true;
  std::atomic<bool> ending_{false};
};

}  // namespace assay
