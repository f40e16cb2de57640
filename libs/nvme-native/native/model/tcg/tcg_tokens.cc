#include "tcg_tokens.h"

namespace assay::model::tcg {
namespace {

constexpr size_t kUidBytes = 8;
constexpr size_t kLongestShortAtom = 15;
constexpr uint8_t kEmptyToken = 0xff;

bool IsControl(uint8_t first) {
  switch (static_cast<Kind>(first)) {
    case Kind::kStartList:
    case Kind::kEndList:
    case Kind::kStartName:
    case Kind::kEndName:
    case Kind::kCall:
    case Kind::kEndOfData:
    case Kind::kEndOfSession: return true;
    default: return false;
  }
}

// The header of an atom longer than one byte (3.2.2.3.1); `header` 0: it is none.
struct Atom {
  size_t header = 0;
  size_t bytes = 0;
  bool binary = false;
  bool is_signed = false;
};

Atom AtomAt(std::span<const uint8_t> at) {
  const uint8_t first = at[0];
  if (first < 0xc0) return {1, first & 15u, (first & 0x20) != 0, (first & 0x10) != 0};
  if (first < 0xe0) {
    if (at.size() < 2) return {};
    return {2, (first & 7u) << 8 | at[1], (first & 0x10) != 0, (first & 8) != 0};
  }
  if (first >= 0xe4 || at.size() < 4) return {};
  return {4, static_cast<size_t>(at[1]) << 16 | static_cast<size_t>(at[2]) << 8 | at[3], (first & 2) != 0, (first & 1) != 0};
}

}  // namespace

bool Tokenize(std::span<const uint8_t> payload, std::vector<Token>* out) {
  while (!payload.empty()) {
    const uint8_t first = payload[0];
    if (first < 0x40) {
      out->push_back({Kind::kUint, first, {}});
      payload = payload.subspan(1);
      continue;
    }
    if (first < 0x80) return false;
    if (first == kEmptyToken || IsControl(first)) {
      if (first != kEmptyToken) out->push_back({static_cast<Kind>(first), 0, {}});
      payload = payload.subspan(1);
      continue;
    }
    const Atom atom = AtomAt(payload);
    if (atom.header == 0 || atom.bytes > payload.size() - atom.header) return false;
    const auto value = payload.subspan(atom.header, atom.bytes);
    payload = payload.subspan(atom.header + atom.bytes);
    if (atom.binary) {
      out->push_back({Kind::kBytes, 0, value});
      continue;
    }
    if (atom.is_signed || value.size() > sizeof(uint64_t)) return false;
    uint64_t number = 0;
    for (const uint8_t byte : value) number = number << 8 | byte;
    out->push_back({Kind::kUint, number, {}});
  }
  return true;
}

bool TokenReader::Take(Kind kind) {
  if (tokens_.empty() || tokens_[0].kind != kind) return false;
  tokens_ = tokens_.subspan(1);
  return true;
}

bool TokenReader::TakeUint(uint64_t* value) {
  if (tokens_.empty() || tokens_[0].kind != Kind::kUint) return false;
  *value = tokens_[0].value;
  return Take(Kind::kUint);
}

bool TokenReader::TakeBytes(std::span<const uint8_t>* bytes) {
  if (tokens_.empty() || tokens_[0].kind != Kind::kBytes) return false;
  *bytes = tokens_[0].bytes;
  return Take(Kind::kBytes);
}

bool TokenReader::TakeUid(uint64_t* uid) {
  if (tokens_.empty() || tokens_[0].kind != Kind::kBytes || tokens_[0].bytes.size() != kUidBytes) return false;
  *uid = 0;
  for (const uint8_t byte : tokens_[0].bytes) *uid = *uid << 8 | byte;
  return Take(Kind::kBytes);
}

bool TokenReader::TakeName(uint64_t* name) {
  if (tokens_.size() < 2 || tokens_[0].kind != Kind::kStartName || tokens_[1].kind != Kind::kUint) return false;
  *name = tokens_[1].value;
  tokens_ = tokens_.subspan(2);
  return true;
}

TokenWriter& TokenWriter::Control(Kind kind) {
  bytes_.push_back(static_cast<uint8_t>(kind));
  return *this;
}

TokenWriter& TokenWriter::Uint(uint64_t value) {
  if (value < 0x40) {
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  uint32_t bytes = 1;
  while (bytes < 8 && value >> (8 * bytes) != 0) bytes++;
  bytes_.push_back(static_cast<uint8_t>(0x80 | bytes));
  for (uint32_t i = bytes; i > 0; i--) bytes_.push_back(static_cast<uint8_t>(value >> (8 * (i - 1))));
  return *this;
}

TokenWriter& TokenWriter::Bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() <= kLongestShortAtom) {
    bytes_.push_back(static_cast<uint8_t>(0xa0 | bytes.size()));
  } else {
    bytes_.push_back(static_cast<uint8_t>(0xd0 | (bytes.size() >> 8 & 7)));
    bytes_.push_back(static_cast<uint8_t>(bytes.size()));
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

TokenWriter& TokenWriter::Text(std::string_view text) { return Bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }

TokenWriter& TokenWriter::Uid(uint64_t uid) {
  uint8_t bytes[kUidBytes];
  for (size_t i = 0; i < kUidBytes; i++) bytes[i] = static_cast<uint8_t>(uid >> (8 * (kUidBytes - 1 - i)));
  return Bytes(bytes);
}

TokenWriter& TokenWriter::Named(uint64_t name, uint64_t value) {
  return Control(Kind::kStartName).Uint(name).Uint(value).Control(Kind::kEndName);
}

TokenWriter& TokenWriter::Append(const TokenWriter& other) {
  bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
  return *this;
}

}  // namespace assay::model::tcg
