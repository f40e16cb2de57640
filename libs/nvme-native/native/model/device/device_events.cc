// Asynchronous events (NVMe Base 2.0, 5.2): said once, then silent for their type until the log page was read.
#include <algorithm>

#include "device.h"

namespace assay::model {

namespace {
constexpr uint32_t kNamespaceNotices = 1u << 8;  // of feature 0Bh
}

void Device::RaiseEvent(uint32_t type, uint32_t info, uint8_t log_page) {
  const uint32_t cdw0 = uint32_t{log_page} << 16 | info << 8 | type;
  const bool said = std::find(waiting_events_.begin(), waiting_events_.end(), cdw0) != waiting_events_.end();
  if (said || waiting_events_.size() == kMaxWaitingEvents) return;
  waiting_events_.push_back(cdw0);
  SendEvents();
}

void Device::SendEvents() {
  for (auto event = waiting_events_.begin(); event != waiting_events_.end() && !held_events_.empty();) {
    uint8_t& silent_until = event_silence_[*event & 7];
    if (silent_until != 0) {
      ++event;
      continue;
    }
    silent_until = static_cast<uint8_t>(*event >> 16);
    Sqe request{};
    request.cid = held_events_.front();
    held_events_.erase(held_events_.begin());
    Outcome outcome;
    outcome.cdw0 = *event;
    event = waiting_events_.erase(event);
    Finish(0, request, outcome, BoottimeNs());
  }
}

void Device::NamespaceChanged(uint32_t nsid) {
  const auto at = std::lower_bound(changed_namespaces_.begin(), changed_namespaces_.end(), nsid);
  if (at == changed_namespaces_.end() || *at != nsid) changed_namespaces_.insert(at, nsid);
  if (features_[0x0b] & kNamespaceNotices) RaiseEvent(2, 0, 4);
}

void Device::EventLogWasRead(uint8_t log_page) {
  if (log_page == 4) changed_namespaces_.clear();
  for (uint8_t& silent_until : event_silence_) {
    if (silent_until == log_page) silent_until = 0;
  }
  SendEvents();
}

}  // namespace assay::model
