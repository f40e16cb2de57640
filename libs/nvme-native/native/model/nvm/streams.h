// The streams directive (NVMe Base 2.0, 8.7.3): which namespaces have it switched on, what they were given, which stream
// identifiers are open. All of it is forgotten with a reset of the controller. Device thread only.
#pragma once
#include <array>
#include <vector>

#include "model/media/namespace_record.h"

namespace assay::model {

constexpr uint32_t kMaxStreams = 16;  // of the subsystem
constexpr uint32_t kStreamWriteLbas = 8;
constexpr uint32_t kStreamGranularity = 64;  // in units of kStreamWriteLbas

class Streams {
 public:
  bool Enabled(uint32_t nsid) const { return Of(nsid).enabled; }
  void Enable(uint32_t nsid, bool enabled);
  // How many of the wanted resources are the namespace's own from now on; 0: none are left, nothing changed.
  uint32_t Allocate(uint32_t nsid, uint32_t wanted);
  void ReleaseResources(uint32_t nsid);
  void Close(uint32_t nsid, uint16_t stream);
  // A write names a stream: it is open afterwards, if there is room in what the namespace may use. Of its own resources
  // the one that was written longest ago makes room; without any the write is one like all others.
  void Write(uint32_t nsid, uint16_t stream);
  const std::vector<uint16_t>& Open(uint32_t nsid) const { return Of(nsid).open; }
  uint32_t Allocated(uint32_t nsid) const { return Of(nsid).allocated; }
  // Resources that no namespace has for itself.
  uint32_t Shared() const;
  uint32_t SharedOpen() const;
  void Forget() { namespaces_ = {}; }
  void Forget(uint32_t nsid) { Of(nsid) = {}; }

 private:
  struct OfNamespace {
    bool enabled = false;
    uint32_t allocated = 0;
    std::vector<uint16_t> open;  // written longest ago first
  };
  OfNamespace& Of(uint32_t nsid) { return namespaces_[nsid - 1]; }
  const OfNamespace& Of(uint32_t nsid) const { return namespaces_[nsid - 1]; }

  std::array<OfNamespace, kMaxNamespaces> namespaces_;
};

}  // namespace assay::model
