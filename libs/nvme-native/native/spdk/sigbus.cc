#include "sigbus.h"

#include <setjmp.h>
#include <signal.h>

#include <cassert>

#include "core/bus_fault.h"

namespace assay::spdk {
namespace {

struct sigaction spdk_action;
thread_local sigjmp_buf landing;
thread_local volatile sig_atomic_t in_our_access = 0;

bool OnRegisterFault(void*, uintptr_t, int signal, siginfo_t* info, void* machine) {
  if (in_our_access) siglongjmp(landing, 1);
  if ((spdk_action.sa_flags & SA_SIGINFO) == 0 || spdk_action.sa_sigaction == nullptr) return false;
  spdk_action.sa_sigaction(signal, info, machine);
  return true;
}

}  // namespace

void ReleaseSigbus() {
  sigaction(SIGBUS, nullptr, &spdk_action);
  ::signal(SIGBUS, SIG_DFL);
}

bool GuardRegisterWindow(const volatile void* base, size_t bytes) {
  assert(base != nullptr && bytes > 0);
  return GuardAgainstBusFaults(base, bytes, OnRegisterFault, nullptr);
}

void ForgetRegisterWindow(const volatile void* base) { ForgetBusFaults(base); }

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
