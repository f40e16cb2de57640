#include "pci_function.h"

#include <fcntl.h>
#include <spdk/env.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "bus_function.h"

namespace assay::spdk {
namespace {

constexpr uint32_t kClassAndRevision = 0x08;
constexpr uint32_t kBar0 = 0x10;

// 0, or errno.
int WriteFile(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int failure = write(file, text.data(), text.size()) < 0 ? errno : 0;
  close(file);
  return failure;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string FolderOf(const struct spdk_pci_addr& place) {
  char address[32];
  spdk_pci_addr_fmt(address, sizeof address, &place);
  return std::string("/sys/bus/pci/devices/") + address;
}

bool HasWord(const std::string& words, const std::string& word) { return (" " + words + " ").find(" " + word + " ") != std::string::npos; }

}  // namespace

bool FunctionAnswers(struct spdk_pci_device* device) {
  uint32_t value = UINT32_MAX;
  return spdk_pci_device_cfg_read32(device, &value, kClassAndRevision) == 0 && value != UINT32_MAX;
}

std::string WhyUnreachable(const std::string& address) {
  struct spdk_pci_addr place;
  if (spdk_pci_addr_parse(&place, address.c_str()) != 0) return "";
  const int file = open((FolderOf(place) + "/config").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  uint32_t head[6] = {};
  const bool read = pread(file, head, sizeof head, 0) == static_cast<ssize_t>(sizeof head);
  close(file);
  if (!read) return "";
  if (head[kClassAndRevision / 4] == UINT32_MAX) return "nothing answers at this address";
  const bool placed = (head[kBar0 / 4] & ~0xfu) != 0 || head[kBar0 / 4 + 1] != 0;
  return placed ? "" : "its BAR0 has no address, as after a loss of power: have the kernel remove and rescan it";
}

bool IsHeldByUio(const std::string& address) {
  struct spdk_pci_addr place;
  if (spdk_pci_addr_parse(&place, address.c_str()) != 0) return false;
  char target[256];
  const ssize_t length = readlink((FolderOf(place) + "/driver").c_str(), target, sizeof target);
  if (length <= 0) return false;
  const std::string path(target, static_cast<size_t>(length));
  return path.find("uio", path.rfind('/') + 1) != std::string::npos;
}

void StopBusMaster(struct spdk_pci_device* device) {
  uint16_t command = 0;
  if (!FunctionAnswers(device) || spdk_pci_device_cfg_read16(device, &command, kCommand) != 0) return;
  (void)spdk_pci_device_cfg_write16(device, command & ~kBusMaster, kCommand);
}

Status ResetBusOf(struct spdk_pci_device* device) {
  const std::string folder = FolderOf(spdk_pci_device_get_addr(device));
  const std::string address = folder.substr(folder.rfind('/') + 1);
  const std::string methods = ReadFile(folder + "/reset_method");
  if (!HasWord(methods, "bus")) {
    return Status::Error(Code::kUnsupported, "the kernel offers no reset of the bus of " + address + " (it offers: " +
                                                 (methods.empty() ? "none" : methods) + "); give `reset` a function that does it");
  }
  int failure = WriteFile(folder + "/reset_method", "bus");
  if (failure == 0) {
    failure = WriteFile(folder + "/reset", "1");
    (void)WriteFile(folder + "/reset_method", methods);
  }
  if (failure == 0) return Status::Ok();
  const Code code = failure == EACCES || failure == EPERM || failure == EROFS ? Code::kUnsupported : Code::kGone;
  return Status::Error(code, "the kernel did not reset the bus of " + address + ": " + strerror(failure));
}

bool PresenceWatch::Lost(struct spdk_pci_device* device, uint64_t now_ns) {
  if (device == nullptr || now_ns < next_look_ns_) return false;
  next_look_ns_ = now_ns + kLookEveryNs;
  if (spdk_pci_device_is_removed(device)) return true;
  if (FunctionAnswers(device)) {
    silent_since_ns_ = 0;
    return false;
  }
  if (silent_since_ns_ == 0) silent_since_ns_ = now_ns;
  return now_ns - silent_since_ns_ >= kLongestSilenceNs;
}

}  // namespace assay::spdk
