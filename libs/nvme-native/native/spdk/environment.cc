#include "environment.h"

#include <pthread.h>
#include <sched.h>
#include <spdk/env.h>
#include <spdk/version.h>

#include <cassert>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include "log_capture.h"

namespace assay::spdk {
namespace {

enum class Phase { kNever, kRunning, kFailed };

struct Environment {
  std::mutex mutex;
  Phase phase = Phase::kNever;
  EnvironmentOptions options;
  std::string failure;
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

std::optional<std::string> Start(const EnvironmentOptions& options) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  const std::string lcores = LcoreMap(allowed);

  struct spdk_env_opts env;
  memset(&env, 0, sizeof(env));
  env.opts_size = sizeof(env);
  spdk_env_opts_init(&env);
  env.name = "assay";
  env.core_mask = nullptr;
  env.lcore_map = lcores.c_str();
  env.shm_id = -1;
  env.mem_size = static_cast<int>(options.memory_mib);
  env.no_huge = FreeHugepageMib() < options.memory_mib;
  // vfio-user passes its memory by file descriptor: with a fixed size that must be one file. Without hugepages it is.
  env.hugepage_single_segments = !env.no_huge;

  struct spdk_pci_addr allowed_function;
  if (options.pci_address) {
    if (spdk_pci_addr_parse(&allowed_function, options.pci_address->c_str()) != 0) {
      return "\"" + *options.pci_address + "\" is no PCI address (domain:bus:device.function)";
    }
    env.pci_allowed = &allowed_function;
    env.num_pci_addr = 1;
  } else {
    env.no_pci = true;
  }

  ForgetLastError();
  const int status = spdk_env_init(&env);
  if (status == 0) return std::nullopt;
  std::string reason = "SPDK's environment did not start: ";
  reason += strerror(status < 0 ? -status : status);
  const std::string detail = LastError();
  if (!detail.empty()) reason += " (" + detail + ")";
  return reason;
}

}  // namespace

std::optional<std::string> StartEnvironment(const EnvironmentOptions& options) {
  assert(options.memory_mib > 0 && options.memory_mib <= EnvironmentOptions::kMaxMemoryMib);
  Environment& environment = Current();
  std::lock_guard<std::mutex> lock(environment.mutex);
  switch (environment.phase) {
    case Phase::kFailed:
      return environment.failure + "; SPDK starts once per process, so a new process is needed";
    case Phase::kRunning:
      if (!options.pci_address || options.pci_address == environment.options.pci_address) return std::nullopt;
      return "this process's SPDK may touch " +
             (environment.options.pci_address ? "only " + *environment.options.pci_address : std::string("no PCIe device")) +
             "; " + *options.pci_address + " needs a process of its own";
    case Phase::kNever:
      break;
  }
  std::optional<std::string> failure;
  std::thread([&] { failure = Start(options); }).join();
  environment.options = options;
  environment.phase = failure ? Phase::kFailed : Phase::kRunning;
  if (failure) environment.failure = *failure;
  return failure;
}

const char* SpdkRelease() {
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
