#include "streams.h"

#include <algorithm>

namespace assay::model {

void Streams::Enable(uint32_t nsid, bool enabled) {
  Of(nsid) = {};
  Of(nsid).enabled = enabled;
}

uint32_t Streams::Shared() const {
  uint32_t taken = 0;
  for (const OfNamespace& ns : namespaces_) taken += ns.allocated;
  return kMaxStreams - taken;
}

uint32_t Streams::SharedOpen() const {
  size_t open = 0;
  for (const OfNamespace& ns : namespaces_) open += ns.allocated == 0 ? ns.open.size() : 0;
  return static_cast<uint32_t>(open);
}

uint32_t Streams::Allocate(uint32_t nsid, uint32_t wanted) {
  OfNamespace& ns = Of(nsid);
  const uint32_t granted = std::min(wanted, Shared() - std::min(Shared(), SharedOpen()));
  if (granted == 0 || ns.allocated != 0) return 0;
  ns.open.clear();
  ns.allocated = granted;
  return granted;
}

void Streams::ReleaseResources(uint32_t nsid) {
  Of(nsid).allocated = 0;
  Of(nsid).open.clear();
}

void Streams::Close(uint32_t nsid, uint16_t stream) { std::erase(Of(nsid).open, stream); }

void Streams::Write(uint32_t nsid, uint16_t stream) {
  OfNamespace& ns = Of(nsid);
  const bool open = std::erase(ns.open, stream) != 0;
  if (!open && ns.allocated != 0 && ns.open.size() == ns.allocated) ns.open.erase(ns.open.begin());
  if (!open && ns.allocated == 0 && SharedOpen() >= Shared()) return;
  ns.open.push_back(stream);
}

}  // namespace assay::model
