#pragma once

#include <string>

namespace assay::spdk {

/** The status of a Connect command that a target refused. */
struct ConnectRefusal {
  int sct = 0;
  int sc = 0;
};

/** SPDK's API does not tell it, its log does. False: this line says nothing of the kind. */
bool ReadConnectRefusal(const std::string& line, ConnectRefusal* refusal);

/** In words (NVMe Base 2.0, 6.3): what was refused to whom. */
std::string Describe(const ConnectRefusal& refusal, const std::string& nqn, const std::string& host_nqn);

}  // namespace assay::spdk
