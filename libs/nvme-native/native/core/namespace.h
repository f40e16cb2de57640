// One namespace of an open controller, and the verify table that goes with it.
#pragma once
#include <memory>
#include <mutex>

#include "controller.h"
#include "verify_table.h"

namespace assay {

struct NamespaceGeometry {
  uint32_t nsid = 1;
  uint32_t lba_bytes = 512;
  uint64_t lba_count = 0;
  uint32_t max_transfer_bytes = 131072;  // MDTS and the transport's limit
};

class Namespace {
 public:
  Namespace(std::shared_ptr<Controller> controller, const NamespaceGeometry& geometry)
      : controller_(std::move(controller)), geometry_(geometry) {}

  const std::shared_ptr<Controller>& controller() const { return controller_; }
  const NamespaceGeometry& geometry() const { return geometry_; }
  // Any thread. Null while none is open.
  std::shared_ptr<VerifyTable> table() const {
    std::lock_guard lock(mutex_);
    return table_;
  }
  void SetTable(std::shared_ptr<VerifyTable> table) {
    std::lock_guard lock(mutex_);
    table_ = std::move(table);
  }

 private:
  std::shared_ptr<Controller> controller_;
  NamespaceGeometry geometry_;
  mutable std::mutex mutex_;
  std::shared_ptr<VerifyTable> table_;
};

}  // namespace assay
