// Calls of TCG methods as a host would send them, to begin with (TCG Storage Architecture Core Specification 2.01, 3.3.7).
#pragma once
#include <cstdint>
#include <string_view>

#include "model/tcg/opal_uids.h"
#include "fuzz.h"

// The session that a software drive opens for host session kHostSession.
constexpr uint32_t kHostSession = 1, kTperSession = 0x1001;

// Payloads: tokens.
Bytes CallProperties();
Bytes CallStartSession(uint64_t sp, uint64_t authority, std::string_view pin);
Bytes CallMethod(uint64_t object, uint64_t method);
// Set of one column to a number, or to bytes where `text` is not empty.
Bytes CallSet(uint64_t object, uint64_t column, uint64_t value, std::string_view text = {});
Bytes EndSession();

// One payload in its packets, of the session above or of the session manager.
Bytes Packed(const Bytes& payload, bool in_session);
