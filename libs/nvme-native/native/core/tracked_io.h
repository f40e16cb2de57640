// Keeps the verify table true to the commands that scripts send: hangs the table's locks and notes on a request.
#pragma once
#include "namespace.h"
#include "request.h"

namespace assay {

// By opcode: write, write zeroes, write uncorrectable, dataset management and flush are followed exactly; what cannot be
// followed (copy, zone append, vendor commands that send data) makes everything unknown. Nothing happens without a table.
void TrackRequest(const Namespace& ns, Request* request);

}  // namespace assay
