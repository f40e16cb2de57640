// Sessions and method calls (TCG Storage Architecture Core Specification 2.01, 3.3.7 and 5.2.3).
#include <algorithm>
#include <cstring>
#include <iterator>

#include "opal.h"

namespace assay::model {
namespace {

using tcg::Kind;

constexpr uint32_t kFirstSession = 0x1001;
enum StartSessionName : uint64_t { kHostChallenge = 0, kHostSigningAuthority = 3 };

struct Property {
  const char* name;
  uint64_t value;
};
constexpr Property kTperProperties[] = {
    {"MaxComPacketSize", kOpalLongestPacket},
    {"MaxResponseComPacketSize", kOpalLongestPacket},
    {"MaxPacketSize", kOpalLongestPacket - tcg::kComPacketBytes},
    {"MaxIndTokenSize", kOpalLongestPacket - tcg::kFramingBytes},
    {"MaxPackets", 1},
    {"MaxSubpackets", 1},
    {"MaxMethods", 1},
    {"MaxSessions", 1},
    {"MaxAuthentications", 2},
    {"MaxTransactionLimit", 0},
};

void EndCall(tcg::MethodStatus status, tcg::TokenWriter& out) {
  out.Control(Kind::kEndOfData).Control(Kind::kStartList).Uint(status).Uint(0).Uint(0).Control(Kind::kEndList);
}

bool Same(const OpalPin& pin, std::span<const uint8_t> challenge) {
  return challenge.size() == pin.bytes && std::equal(challenge.begin(), challenge.end(), pin.value);
}

}  // namespace

// Tokens that make no call end the session, and nothing is answered.
void Opal::Answer(const tcg::Packet& packet) {
  reply_.clear();
  std::vector<tcg::Token> tokens;
  const bool ours = session_.open && packet.tper_session == session_.tper && packet.host_session == session_.host;
  const bool manages = packet.tper_session == 0 && packet.host_session == 0;
  if (!ours && !manages) return;
  if (!tcg::Tokenize(packet.payload, &tokens)) return ForgetSession();
  Reader in(tokens);
  Writer out;
  if (manages) {
    if (!Manage(in, out)) return;
  } else if (in.Take(Kind::kEndOfSession)) {
    out.Control(Kind::kEndOfSession);
    session_.ends = true;
  } else if (!Call(in, out)) {
    return ForgetSession();
  }
  reply_ = tcg::WritePacket({kOpalComId, packet.tper_session, packet.host_session, out.bytes()});
  if (session_.ends) session_ = {};
}

// Methods of the session manager.
bool Opal::Manage(Reader& in, Writer& out) {
  uint64_t object, method;
  if (!in.Take(Kind::kCall) || !in.TakeUid(&object) || !in.TakeUid(&method) || !in.Take(Kind::kStartList)) return false;
  if (object != tcg::kSessionManager) return false;
  out.Control(Kind::kCall).Uid(tcg::kSessionManager);
  if (method == tcg::kProperties) {
    out.Uid(tcg::kProperties);
    Properties(out);
    EndCall(tcg::kSuccess, out);
    return true;
  }
  if (method != tcg::kStartSession) return false;
  const tcg::MethodStatus status = StartSession(in);
  out.Uid(tcg::kSyncSession).Control(Kind::kStartList);
  if (status == tcg::kSuccess) out.Uint(session_.host).Uint(session_.tper);
  out.Control(Kind::kEndList);
  EndCall(status, out);
  return true;
}

void Opal::Properties(Writer& out) const {
  out.Control(Kind::kStartList).Control(Kind::kStartList);
  for (const Property& property : kTperProperties) {
    out.Control(Kind::kStartName).Text(property.name).Uint(property.value).Control(Kind::kEndName);
  }
  out.Control(Kind::kEndList).Control(Kind::kEndList);
}

tcg::MethodStatus Opal::StartSession(Reader& in) {
  uint64_t host, sp, write, name;
  if (!in.TakeUint(&host) || !in.TakeUid(&sp) || !in.TakeUint(&write) || host > UINT32_MAX) return tcg::kInvalidParameter;
  uint64_t authority = tcg::kAnybody;
  std::span<const uint8_t> challenge;
  while (in.TakeName(&name)) {
    const bool known = (name == kHostChallenge && in.TakeBytes(&challenge)) || (name == kHostSigningAuthority && in.TakeUid(&authority));
    if (!known || !in.Take(Kind::kEndName)) return tcg::kInvalidParameter;
  }
  if (session_.open) return session_.sp == sp ? tcg::kSpBusy : tcg::kNoSessionsAvailable;
  if (sp != tcg::kAdminSp && (sp != tcg::kLockingSp || !record_.activated)) return tcg::kInvalidParameter;
  session_ = {};
  session_.sp = sp;
  if (const tcg::MethodStatus status = Prove(authority, challenge); status != tcg::kSuccess) {
    session_ = {};
    return status;
  }
  session_.open = true;
  session_.host = static_cast<uint32_t>(host);
  session_.tper = kFirstSession;
  session_.write = write != 0;
  return tcg::kSuccess;
}

OpalPin* Opal::PinOf(uint64_t authority) {
  if (session_.sp == tcg::kAdminSp) {
    if (authority == tcg::kSid) return &record_.sid;
    return authority == tcg::kPsid ? &record_.psid : nullptr;
  }
  if (const uint32_t n = tcg::NumberIn(authority, tcg::kAdmins, kOpalAdmins)) return record_.enabled_admins >> (n - 1) & 1 ? &record_.admins[n - 1] : nullptr;
  if (const uint32_t n = tcg::NumberIn(authority, tcg::kUsers, kOpalUsers)) return record_.enabled_users >> (n - 1) & 1 ? &record_.users[n - 1] : nullptr;
  return nullptr;
}

tcg::MethodStatus Opal::Prove(uint64_t authority, std::span<const uint8_t> challenge) {
  if (authority == tcg::kAnybody) return tcg::kSuccess;
  OpalPin* pin = PinOf(authority);
  if (pin == nullptr) return tcg::kNotAuthorized;
  if (pin->failures >= kPinTries) return tcg::kAuthorityLockedOut;
  if (!Same(*pin, challenge)) {
    pin->failures++;
    return tcg::kNotAuthorized;
  }
  pin->failures = 0;
  session_.authority = authority;
  return tcg::kSuccess;
}

// Answers whether the proof was right; that it was wrong is no failure of the method.
tcg::MethodStatus Opal::Authenticate(uint64_t object, Reader& in, Writer& out) {
  uint64_t authority, name;
  std::span<const uint8_t> challenge;
  if (object != tcg::kThisSp || !in.TakeUid(&authority)) return tcg::kInvalidParameter;
  if (in.TakeName(&name) && (name != 0 || !in.TakeBytes(&challenge) || !in.Take(Kind::kEndName))) return tcg::kInvalidParameter;
  const tcg::MethodStatus status = Prove(authority, challenge);
  if (status == tcg::kAuthorityLockedOut) return status;
  out.Uint(status == tcg::kSuccess ? 1 : 0);
  return tcg::kSuccess;
}

const Opal::MethodEntry Opal::kMethods[] = {
    {tcg::kGet, &Opal::Get},           {tcg::kSet, &Opal::Set},       {tcg::kAuthenticate, &Opal::Authenticate},
    {tcg::kActivate, &Opal::Activate}, {tcg::kGenKey, &Opal::GenKey}, {tcg::kRevert, &Opal::Revert},
    {tcg::kRevertSp, &Opal::RevertSp},
};

bool Opal::Call(Reader& in, Writer& out) {
  uint64_t object, method;
  if (!in.Take(Kind::kCall) || !in.TakeUid(&object) || !in.TakeUid(&method) || !in.Take(Kind::kStartList)) return false;
  const auto entry = std::find_if(std::begin(kMethods), std::end(kMethods), [&](const MethodEntry& known) { return known.uid == method; });
  Writer results;
  const tcg::MethodStatus status = entry == std::end(kMethods) ? tcg::kNotAuthorized : (this->*entry->run)(object, in, results);
  out.Control(Kind::kStartList);
  if (status == tcg::kSuccess) out.Append(results);
  out.Control(Kind::kEndList);
  EndCall(status, out);
  return true;
}

}  // namespace assay::model
