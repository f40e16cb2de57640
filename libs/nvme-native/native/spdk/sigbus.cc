#include "sigbus.h"

#include <setjmp.h>
#include <signal.h>

#include <atomic>
#include <cassert>
#include <mutex>

namespace assay::spdk {
namespace {

struct Window {
  std::atomic<uintptr_t> base{0};
  std::atomic<size_t> bytes{0};
};

Window windows[kMaxRegisterWindows];
std::mutex windows_mutex;
struct sigaction spdk_action;
thread_local sigjmp_buf landing;
thread_local volatile sig_atomic_t in_our_access = 0;

bool InWindow(uintptr_t address) {
  for (const Window& window : windows) {
    const uintptr_t base = window.base.load(std::memory_order_acquire);
    if (base != 0 && address - base < window.bytes.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

void OnSigbus(int signal, siginfo_t* info, void* context) {
  if (InWindow(reinterpret_cast<uintptr_t>(info->si_addr))) {
    if (in_our_access) siglongjmp(landing, 1);
    spdk_action.sa_sigaction(signal, info, context);
    return;
  }
  // Returning repeats the access, now with the default action: the process ends where the fault is.
  ::signal(SIGBUS, SIG_DFL);
}

}  // namespace

void ReleaseSigbus() {
  sigaction(SIGBUS, nullptr, &spdk_action);
  ::signal(SIGBUS, SIG_DFL);
}

bool GuardRegisterWindow(const volatile void* base, size_t bytes) {
  assert(base != nullptr && bytes > 0);
  std::lock_guard<std::mutex> lock(windows_mutex);
  for (Window& window : windows) {
    if (window.base.load(std::memory_order_relaxed) != 0) continue;
    window.bytes.store(bytes, std::memory_order_relaxed);
    window.base.store(reinterpret_cast<uintptr_t>(base), std::memory_order_release);
    if ((spdk_action.sa_flags & SA_SIGINFO) == 0 || spdk_action.sa_sigaction == nullptr) return true;
    struct sigaction action = {};
    action.sa_sigaction = OnSigbus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, nullptr);
    return true;
  }
  return false;
}

void ForgetRegisterWindow(const volatile void* base) {
  std::lock_guard<std::mutex> lock(windows_mutex);
  for (Window& window : windows) {
    if (window.base.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(base)) window.base.store(0);
  }
}

bool LoadRegister(const volatile void* address, unsigned bytes, uint64_t* value) {
  assert(bytes == 4 || bytes == 8);
  if (sigsetjmp(landing, 1) != 0) {
    in_our_access = 0;
    return false;
  }
  in_our_access = 1;
  *value = bytes == 4 ? *static_cast<const volatile uint32_t*>(address) : *static_cast<const volatile uint64_t*>(address);
  in_our_access = 0;
  return true;
}

bool StoreRegister(volatile void* address, unsigned bytes, uint64_t value) {
  assert(bytes == 4 || bytes == 8);
  if (sigsetjmp(landing, 1) != 0) {
    in_our_access = 0;
    return false;
  }
  in_our_access = 1;
  if (bytes == 4) {
    *static_cast<volatile uint32_t*>(address) = static_cast<uint32_t>(value);
  } else {
    *static_cast<volatile uint64_t*>(address) = value;
  }
  in_our_access = 0;
  return true;
}

}  // namespace assay::spdk
