#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::spdk {

/**
 * SPDK's environment library replaces the SIGBUS handler when it is loaded, with one that returns from every fault:
 * a fault in any other mapping (a full disk under a memory-mapped file) would then repeat for ever.
 * Puts the default action back and remembers SPDK's handler. Call once, after SPDK's libraries are loaded.
 */
void ReleaseSigbus();

/**
 * From now on a SIGBUS inside [base, base + bytes) is survived: SPDK's own accesses go to SPDK's handler, ours end in
 * `false` of the functions below.
 * @returns false when there is no room.
 */
bool GuardRegisterWindow(const volatile void* base, size_t bytes);

/** The window is unmapped: forget it. */
void ForgetRegisterWindow(const volatile void* base);

/**
 * One access of 4 or 8 bytes to mapped device registers, of exactly that width.
 * @returns false when the mapping faulted: the device is gone.
 */
bool LoadRegister(const volatile void* address, unsigned bytes, uint64_t* value);
bool StoreRegister(volatile void* address, unsigned bytes, uint64_t value);

}  // namespace assay::spdk
