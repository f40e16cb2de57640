#include "bus_fault.h"

#include <atomic>
#include <mutex>

namespace assay {
namespace {

struct Window {
  std::atomic<uintptr_t> base{0};
  std::atomic<size_t> bytes{0};
  std::atomic<BusFaultAction> action{nullptr};
  std::atomic<void*> context{nullptr};
};

Window windows[kMaxBusFaultWindows];
std::mutex windows_mutex;
struct sigaction action_before;

const Window* WindowOf(uintptr_t address) {
  for (const Window& window : windows) {
    const uintptr_t base = window.base.load(std::memory_order_acquire);
    if (base != 0 && address - base < window.bytes.load(std::memory_order_relaxed)) return &window;
  }
  return nullptr;
}

void OnBusFault(int signal, siginfo_t* info, void* machine) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  const Window* window = WindowOf(address);
  if (window != nullptr && window->action.load()(window->context.load(), address, signal, info, machine)) return;
  if (window == nullptr && (action_before.sa_flags & SA_SIGINFO) != 0 && action_before.sa_sigaction != nullptr) {
    action_before.sa_sigaction(signal, info, machine);
    return;
  }
  // Returning repeats the access, now with the default action: the process ends where the fault is.
  ::signal(SIGBUS, SIG_DFL);
}

}  // namespace

bool GuardAgainstBusFaults(const volatile void* base, size_t bytes, BusFaultAction action, void* context) {
  static std::once_flag installed;
  std::call_once(installed, [] {
    struct sigaction ours = {};
    ours.sa_sigaction = OnBusFault;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &action_before);
  });
  std::lock_guard lock(windows_mutex);
  for (Window& window : windows) {
    if (window.base.load(std::memory_order_relaxed) != 0) continue;
    window.bytes.store(bytes, std::memory_order_relaxed);
    window.action.store(action, std::memory_order_relaxed);
    window.context.store(context, std::memory_order_relaxed);
    window.base.store(reinterpret_cast<uintptr_t>(base), std::memory_order_release);
    return true;
  }
  return false;
}

void ForgetBusFaults(const volatile void* base) {
  std::lock_guard lock(windows_mutex);
  for (Window& window : windows) {
    if (window.base.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(base)) window.base.store(0);
  }
}

}  // namespace assay
