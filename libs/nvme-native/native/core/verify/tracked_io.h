// Keeps the verify table true to the commands that scripts send: hangs the table's locks and notes on a request.
#pragma once
#include "namespace.h"
#include "core/host/request.h"

namespace assay {

// By opcode: write, write zeroes, write uncorrectable, dataset management, copy, zone append and flush are followed exactly;
// what cannot be followed (zone management, vendor commands that send data) makes everything unknown. Reads are checked
// where the namespace says so. Nothing happens without a table.
void TrackRequest(const Namespace& ns, Request* request);

}  // namespace assay
