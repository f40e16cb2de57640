#include "tcg_calls.h"

#include "model/tcg/opal.h"

namespace model = assay::model;
namespace tcg = assay::model::tcg;
using tcg::Kind;

namespace {

tcg::TokenWriter Call(uint64_t object, uint64_t method) {
  tcg::TokenWriter out;
  out.Control(Kind::kCall).Uid(object).Uid(method).Control(Kind::kStartList);
  return out;
}

Bytes Ended(tcg::TokenWriter out) {
  out.Control(Kind::kEndList).Control(Kind::kEndOfData).Control(Kind::kStartList).Uint(0).Uint(0).Uint(0).Control(Kind::kEndList);
  return out.bytes();
}

}  // namespace

Bytes CallProperties() { return Ended(Call(tcg::kSessionManager, tcg::kProperties)); }

Bytes CallStartSession(uint64_t sp, uint64_t authority, std::string_view pin) {
  tcg::TokenWriter out = Call(tcg::kSessionManager, tcg::kStartSession);
  out.Uint(kHostSession).Uid(sp).Uint(1);
  if (!pin.empty()) {
    out.Control(Kind::kStartName).Uint(0).Text(pin).Control(Kind::kEndName);
    out.Control(Kind::kStartName).Uint(3).Uid(authority).Control(Kind::kEndName);
  }
  return Ended(out);
}

Bytes CallMethod(uint64_t object, uint64_t method) {
  tcg::TokenWriter out = Call(object, method);
  if (method == tcg::kGet) out.Control(Kind::kStartList).Control(Kind::kEndList);
  return Ended(out);
}

Bytes CallSet(uint64_t object, uint64_t column, uint64_t value, std::string_view text) {
  tcg::TokenWriter out = Call(object, tcg::kSet);
  out.Control(Kind::kStartName).Uint(1).Control(Kind::kStartList).Control(Kind::kStartName).Uint(column);
  if (text.empty()) {
    out.Uint(value);
  } else {
    out.Text(text);
  }
  out.Control(Kind::kEndName).Control(Kind::kEndList).Control(Kind::kEndName);
  return Ended(out);
}

Bytes EndSession() { return tcg::TokenWriter().Control(Kind::kEndOfSession).bytes(); }

Bytes Packed(const Bytes& payload, bool in_session) {
  return tcg::WritePacket({model::kOpalComId, in_session ? kTperSession : 0, in_session ? kHostSession : 0, payload});
}
