#pragma once

#include <optional>
#include <string>

#include "connect_refusal.h"

namespace assay::spdk {

/**
 * Takes SPDK's log lines. Errors and warnings go to stderr, nothing goes to stdout, and the newest
 * error is kept so that a failure can be told in SPDK's own words. Call once, before the first use of SPDK.
 */
void CaptureLog();

/** Forgets the kept error and the kept refusal. */
void ForgetLastError();

/** The newest error line since ForgetLastError, without its newline; empty when there was none. Any thread. */
std::string LastError();

/** The newest refusal of a Connect command since ForgetLastError. Any thread. */
std::optional<ConnectRefusal> LastConnectRefusal();

}  // namespace assay::spdk
