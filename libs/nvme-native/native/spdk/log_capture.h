#pragma once

#include <string>

namespace assay::spdk {

/**
 * Takes SPDK's log lines. Errors and warnings go to stderr, nothing goes to stdout, and the newest
 * error is kept so that a failure can be told in SPDK's own words. Call once, before the first use of SPDK.
 */
void CaptureLog();

/** Forgets the kept error. */
void ForgetLastError();

/** The newest error line since ForgetLastError, without its newline; empty when there was none. Any thread. */
std::string LastError();

}  // namespace assay::spdk
