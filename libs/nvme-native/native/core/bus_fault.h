// SIGBUS: an access to a mapping behind which there is nothing: a file system without room for a page that is touched for
// the first time, a file that somebody cut short, a device that is gone. Whoever maps such a thing says here what is to
// happen; every other SIGBUS takes the action that was there before.
#pragma once
#include <signal.h>

#include <cstddef>
#include <cstdint>

namespace assay {

// Of the whole process. What finds no place is not guarded.
constexpr size_t kMaxBusFaultWindows = 4096;

// Inside the signal handler, on the thread that faulted: true when the access may be repeated.
using BusFaultAction = bool (*)(void* context, uintptr_t address, int signal, siginfo_t* info, void* machine);

// [base, base + bytes) is mapped. False when there is no room.
bool GuardAgainstBusFaults(const volatile void* base, size_t bytes, BusFaultAction action, void* context);
// Before it is unmapped.
void ForgetBusFaults(const volatile void* base);

}  // namespace assay
