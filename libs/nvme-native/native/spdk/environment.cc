#include "environment.h"

#include <pthread.h>
#include <sched.h>
#include <spdk/env.h>
#include <spdk/version.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include "log_capture.h"
#include "pci_function.h"
#include "sigbus.h"

namespace assay::spdk {
namespace {

enum class Phase { kNever, kRunning, kFailed };

struct Environment {
  std::mutex mutex;
  Phase phase = Phase::kNever;
  EnvironmentOptions options;
  Status failure;
};

Environment& Current() {
  static Environment environment;
  return environment;
}

/** "0@(0,1)": one logical core that may run on every CPU this process may use, so that EAL pins nothing. */
std::string LcoreMap(const cpu_set_t& allowed) {
  std::string cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    if (!cpus.empty()) cpus += ',';
    cpus += std::to_string(cpu);
  }
  return "0@(" + cpus + ")";
}

uint64_t FreeHugepageMib() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  uint64_t free_pages = 0;
  uint64_t page_kib = 0;
  while (meminfo >> key) {
    uint64_t value = 0;
    if (key == "HugePages_Free:" && meminfo >> value) free_pages = value;
    if (key == "Hugepagesize:" && meminfo >> value) page_kib = value;
    meminfo.clear();
    meminfo.ignore(1024, '\n');
  }
  return free_pages * page_kib / 1024;
}

// A file in the hugepage mount keeps its pages when its process is killed, and the next one finds none free. DPDK has its own
// way to unlink them, but not together with one file for all.
void UnlinkHugepageFiles() {
  const std::string mine = "/spdk_pid" + std::to_string(getpid()) + "map_";
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const size_t path = line.find('/');
    if (path != std::string::npos && line.find(mine, path) != std::string::npos) (void)unlink(line.c_str() + path);
  }
}

Status Start(const EnvironmentOptions& options) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  sched_getaffinity(0, sizeof(cpus), &cpus);
  const std::string lcores = LcoreMap(cpus);
  const uint64_t hugepage_mib = FreeHugepageMib();

  struct spdk_env_opts env;
  memset(&env, 0, sizeof(env));
  env.opts_size = sizeof(env);
  spdk_env_opts_init(&env);
  env.name = "assay";
  env.core_mask = nullptr;
  env.lcore_map = lcores.c_str();
  env.shm_id = -1;
  const bool uio = options.pci_address && IsHeldByUio(*options.pci_address);
  if (uio && hugepage_mib < EnvironmentOptions::kLeastMemoryMib) {
    return Status::Error(Code::kOpen, *options.pci_address + " is held by uio, where a drive sees physical addresses: that takes " +
                                          std::to_string(EnvironmentOptions::kLeastMemoryMib) + " MiB of free hugepages, there are " +
                                          std::to_string(hugepage_mib));
  }
  // SPDK guesses from the machine and not from who holds the function.
  if (uio) env.iova_mode = "pa";
  env.no_huge = !options.pci_address || hugepage_mib < EnvironmentOptions::kLeastMemoryMib;
  env.mem_size = static_cast<int>(env.no_huge ? options.memory_mib : std::min<uint64_t>(options.memory_mib, hugepage_mib));
  // vfio-user passes its memory by file descriptor: with a fixed size that must be one file. Without hugepages it is one.
  env.hugepage_single_segments = !env.no_huge;

  struct spdk_pci_addr function;
  if (options.pci_address) {
    if (spdk_pci_addr_parse(&function, options.pci_address->c_str()) != 0) {
      return Status::Error(Code::kOpen, "\"" + *options.pci_address + "\" is no PCI address (domain:bus:device.function)");
    }
    env.pci_allowed = &function;
    env.num_pci_addr = 1;
  } else {
    env.no_pci = true;
  }

  ForgetLastError();
  const int status = spdk_env_init(&env);
  if (!env.no_huge) UnlinkHugepageFiles();
  if (status == 0) return Status::Ok();
  const std::string detail = LastError();
  return Status::Error(Code::kOpen, std::string("SPDK's environment did not start: ") + strerror(abs(status)) +
                                        (detail.empty() ? "" : " (" + detail + ")"));
}

}  // namespace

void PrepareProcess() {
  static std::once_flag once;
  std::call_once(once, [] {
    ReleaseSigbus();
    CaptureLog();
  });
}

Status StartEnvironment(const EnvironmentOptions& options) {
  assert(options.memory_mib >= EnvironmentOptions::kLeastMemoryMib && options.memory_mib <= EnvironmentOptions::kMaxMemoryMib);
  Environment& environment = Current();
  std::lock_guard<std::mutex> lock(environment.mutex);
  if (environment.phase == Phase::kFailed) {
    return Status::Error(environment.failure.code,
                         environment.failure.message + "; SPDK starts once per process, so a new process is needed");
  }
  if (environment.phase == Phase::kRunning) {
    // A function that is attached by its address needs no place in the list of those that are scanned at the start.
    if (!options.pci_address || environment.options.pci_address) return Status::Ok();
    return Status::Error(Code::kUnsupported,
                         "spdk-pcie: SPDK of this process was started without PCIe; open " + *options.pci_address +
                             " before the other drives, or in a process of its own");
  }
  Status status;
  std::thread([&] { status = Start(options); }).join();
  environment.options = options;
  environment.phase = status.ok() ? Phase::kRunning : Phase::kFailed;
  environment.failure = status;
  return status;
}

const char* Release() {
  static const std::string release = [] {
    char text[32];
    snprintf(text, sizeof(text), "v%02d.%02d", SPDK_VERSION_MAJOR, SPDK_VERSION_MINOR);
    std::string full(text);
    if (SPDK_VERSION_PATCH != 0) full += "." + std::to_string(SPDK_VERSION_PATCH);
    return full + SPDK_VERSION_SUFFIX;
  }();
  return release.c_str();
}

void* AllocateDma(size_t bytes, size_t alignment) {
  return spdk_zmalloc(bytes, alignment, nullptr, SPDK_ENV_SOCKET_ID_ANY, SPDK_MALLOC_DMA);
}

void FreeDma(void* memory) { spdk_free(memory); }

}  // namespace assay::spdk
