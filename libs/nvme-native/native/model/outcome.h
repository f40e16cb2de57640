// What executing a command came to.
#pragma once
#include <cstdint>

namespace assay::model {

struct Outcome {
  uint16_t status = 0;
  uint32_t cdw0 = 0;
  uint32_t cdw1 = 0;
  uint64_t delay_ns = 0;
  // Sectors that are durable once the completion is posted.
  uint32_t nsid = 0;
  uint64_t slba = 0;
  uint64_t durable_lbas = 0;
  // A write of these, of namespace `wrote_nsid`: whoever reads before the completion meets it on its way.
  uint32_t wrote_nsid = 0;
  uint64_t wrote_slba = 0, wrote_lbas = 0;
  bool hold = false;  // no completion now (asynchronous event request)
  bool lost = false;  // no completion ever
  bool duplicated = false;
  bool wrong_cid = false;
};

}  // namespace assay::model
