#include "connect_refusal.h"

#include <cstdio>

namespace assay::spdk {
namespace {

constexpr char kLine[] = "Connect command completed with error: ";
constexpr int kCommandSpecific = 1;
constexpr int kInvalidHost = 0x84;

struct Reason {
  int sc;
  const char* text;
};
constexpr Reason kReasons[] = {
    {0x80, "incompatible format"},
    {0x81, "the controller is busy"},
    {0x82, "invalid parameters: it may have no such subsystem"},
    {0x83, "discovery must be done again"},
    {kInvalidHost, "invalid host"},
};

}  // namespace

bool ReadConnectRefusal(const std::string& line, ConnectRefusal* refusal) {
  const size_t at = line.find(kLine);
  if (at == std::string::npos) return false;
  return sscanf(line.c_str() + at + sizeof kLine - 1, "sct %d, sc %d", &refusal->sct, &refusal->sc) == 2;
}

std::string Describe(const ConnectRefusal& refusal, const std::string& nqn, const std::string& host_nqn) {
  char status[16];
  snprintf(status, sizeof status, "%02x/%02x", refusal.sct & 7, refusal.sc & 0xff);
  std::string why = "Connect ended with " + std::string(status);
  for (const Reason& reason : kReasons) {
    if (refusal.sct == kCommandSpecific && refusal.sc == reason.sc) why += std::string(", ") + reason.text;
  }
  if (refusal.sct == kCommandSpecific && refusal.sc == kInvalidHost) return "subsystem " + nqn + " does not let host NQN " + host_nqn + " in: " + why;
  return "subsystem " + nqn + ": " + why;
}

}  // namespace assay::spdk
