// A function behind a vfio-user socket (spdk/vfio_user_pci.h). Registers and configuration space are messages, the
// doorbells a shared mapping; SPDK's memory is lent to the server at the addresses of this process.
#include "bus_function.h"

#include <spdk/config.h>
#include <spdk/env.h>

#ifdef SPDK_CONFIG_VFIO_USER
#include <linux/vfio.h>
#include <spdk/version.h>
#include <spdk/vfio_user_pci.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "environment.h"
#include "log_capture.h"
#endif

namespace assay::spdk {

#ifdef SPDK_CONFIG_VFIO_USER
namespace {

constexpr uint32_t kDoorbells = 0x1000;
constexpr uint32_t kDoorbellBytes = 0x1000;
// SPDK reads an answer into a buffer of one page, its header included, and expects it in one piece.
constexpr uint32_t kConfigPiece = 256;

class VfioUserFunction final : public BusFunction {
 public:
  explicit VfioUserFunction(struct vfio_device* device)
      : device_(device), doorbells_(static_cast<volatile uint8_t*>(spdk_vfio_user_get_bar_addr(device, VFIO_PCI_BAR0_REGION_INDEX, kDoorbells, kDoorbellBytes))) {}
  ~VfioUserFunction() override { spdk_vfio_user_release(device_); }

  Answer Read(uint32_t offset, uint32_t bytes, uint64_t* value) override {
    *value = 0;
    if (offset < kDoorbells || doorbells_ == nullptr) return Access(VFIO_PCI_BAR0_REGION_INDEX, offset, value, bytes, false);
    const volatile uint8_t* at = doorbells_ + (offset - kDoorbells);
    *value = bytes == 4 ? *reinterpret_cast<const volatile uint32_t*>(at) : *reinterpret_cast<const volatile uint64_t*>(at);
    return Answer::kDone;
  }

  Answer Write(uint32_t offset, uint32_t bytes, uint64_t value) override {
    if (offset < kDoorbells || doorbells_ == nullptr) return Access(VFIO_PCI_BAR0_REGION_INDEX, offset, &value, bytes, true);
    volatile uint8_t* at = doorbells_ + (offset - kDoorbells);
    // The entries before their doorbell. The mapping is ordinary shared memory.
    std::atomic_thread_fence(std::memory_order_release);
    if (bytes == 4) {
      *reinterpret_cast<volatile uint32_t*>(at) = static_cast<uint32_t>(value);
    } else {
      *reinterpret_cast<volatile uint64_t*>(at) = value;
    }
    return Answer::kDone;
  }

  Status HotReset() override { return Status::Error(Code::kUnsupported, "a vfio-user socket has no port that could send a hot reset; give `reset` a function that does it"); }
  Answer ReadConfig(uint32_t offset, uint8_t* to, uint32_t bytes) override {
    for (uint32_t done = 0; done < bytes;) {
      const uint32_t piece = std::min(bytes - done, kConfigPiece);
      if (const Answer answer = Access(VFIO_PCI_CONFIG_REGION_INDEX, offset + done, to + done, piece, false); answer != Answer::kDone) return answer;
      done += piece;
    }
    return Answer::kDone;
  }

  Answer WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) override {
    for (uint32_t done = 0; done < bytes;) {
      const uint32_t piece = std::min(bytes - done, kConfigPiece);
      if (const Answer answer = Access(VFIO_PCI_CONFIG_REGION_INDEX, offset + done, const_cast<uint8_t*>(from) + done, piece, true); answer != Answer::kDone) return answer;
      done += piece;
    }
    return Answer::kDone;
  }

  bool InterruptsOn() const override { return false; }
  uint32_t BarBytes() const override { return kDoorbells + kDoorbellBytes; }
  uint64_t BusAddress(const void* memory) const override { return reinterpret_cast<uintptr_t>(memory); }
  bool Linear() const override { return true; }
  // The server learns from the closed socket, and ends what it had begun.
  bool ReachesMemoryAfterwards() const override { return true; }

 private:
  // SPDK leaves the rest of a refusal in the socket and takes it for its next answer: from then on answers are those to
  // the question before, and nothing may be asked any more.
  Answer Access(uint32_t region, uint32_t offset, void* data, uint32_t bytes, bool write) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (out_of_step_) return Answer::kNone;
    const int status = spdk_vfio_user_pci_bar_access(device_, region, offset, bytes, data, write);
    if (status == 0) return Answer::kDone;
    out_of_step_ = true;
    return status == -EFAULT ? Answer::kRefused : Answer::kNone;
  }

  struct vfio_device* const device_;
  volatile uint8_t* const doorbells_;
  std::mutex mutex_;  // one question at a time
  bool out_of_step_ = false;
};

}  // namespace

Status OpenVfioUserFunction(const std::string& folder, std::unique_ptr<BusFunction>* out) {
  const std::string socket = folder + "/cntrl";
#if SPDK_VERSION < SPDK_VERSION_NUM(25, 9, 0)
  return Status::Error(Code::kUnsupported, std::string("spdk-vfio-user: before v25.09 SPDK lends its memory only from hugepages, and this is ") + Release());
#endif
  if (access(socket.c_str(), F_OK) != 0) return Status::Error(Code::kOpen, "spdk-vfio-user " + folder + " does not open: there is no socket " + socket);
  ForgetLastError();
  const std::string does_not_open = "spdk-vfio-user " + folder + " does not open";
  struct vfio_device* device = spdk_vfio_user_setup(socket.c_str());
  if (device == nullptr) return Status::Error(Code::kOpen, does_not_open + " (" + LastError() + ")");
  auto function = std::make_unique<VfioUserFunction>(device);
  uint16_t command = 0;
  auto* bytes = reinterpret_cast<uint8_t*>(&command);
  if (function->ReadConfig(kCommand, bytes, sizeof command) != Answer::kDone) return Status::Error(Code::kOpen, does_not_open + ": its configuration space cannot be read");
  command |= kOpened;
  if (function->WriteConfig(kCommand, bytes, sizeof command) != Answer::kDone) return Status::Error(Code::kOpen, does_not_open + ": it takes no command in its configuration space");
  *out = std::move(function);
  return Status::Ok();
}
#else
Status OpenVfioUserFunction(const std::string&, std::unique_ptr<BusFunction>*) {
  return Status::Error(Code::kUnsupported, "spdk-vfio-user: this SPDK was built without vfio-user");
}
#endif

}  // namespace assay::spdk
