// What a host implementation does not offer unless it says otherwise.
#include "host.h"

#include <algorithm>

namespace assay {
namespace {
constexpr size_t kServedAtOnce = 16;

Status No(const char* what) { return Status::Error(Code::kUnsupported, what); }
}  // namespace

size_t HostQpair::Serve(CompletionListener& to, size_t max, uint32_t looks) {
  HostCompletion reaped[kServedAtOnce];
  size_t count = 0;
  do count = Poll(reaped, std::min(max, kServedAtOnce));
  while (count == 0 && --looks > 0);
  for (size_t i = 0; i < count; i++) to.Completed(reaped[i]);
  return count;
}

Status HostController::Lend(uint64_t, bool, DmaRegion*) {
  return No("the driver below keeps queues and memory addresses to itself: no memory can be lent for work by hand");
}
void HostController::TakeBack(const DmaRegion&) {}
Status HostController::SetUpAdminQueue() { return No("the driver below sets up the admin queue by itself"); }
Status HostController::Attach() { return No("the driver below attaches and brings up in one step"); }
Status HostController::ReadConfig(uint32_t, uint8_t*, uint32_t) { return No("there is no PCI Express configuration space behind it"); }
Status HostController::WriteConfig(uint32_t, const uint8_t*, uint32_t) { return No("there is no PCI Express configuration space behind it"); }
Status HostController::HotReset() { return No("it offers no hot reset; give `reset` a function that does it"); }

}  // namespace assay
