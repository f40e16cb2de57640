// Tokens of the TCG Storage Architecture Core Specification 2.01, 3.2.2.3: read from foreign bytes into a flat list, and
// written one by one.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assay::model::tcg {

enum class Kind : uint8_t {
  kUint = 0,
  kBytes = 1,
  kStartList = 0xf0,
  kEndList = 0xf1,
  kStartName = 0xf2,
  kEndName = 0xf3,
  kCall = 0xf8,
  kEndOfData = 0xf9,
  kEndOfSession = 0xfa,
};

struct Token {
  Kind kind;
  uint64_t value = 0;              // kUint
  std::span<const uint8_t> bytes;  // kBytes
};

// False when the bytes are no tokens, or tokens that this drive has no use for (signed numbers, transactions).
bool Tokenize(std::span<const uint8_t> payload, std::vector<Token>* out);

// Each Take moves on when the next token is of that kind, and stays where it is otherwise.
class TokenReader {
 public:
  explicit TokenReader(std::span<const Token> tokens) : tokens_(tokens) {}
  bool Take(Kind kind);
  bool TakeUint(uint64_t* value);
  bool TakeBytes(std::span<const uint8_t>* bytes);
  // 8 bytes, the first one the highest.
  bool TakeUid(uint64_t* uid);
  // StartName and the number behind it.
  bool TakeName(uint64_t* name);

 private:
  std::span<const Token> tokens_;
};

class TokenWriter {
 public:
  TokenWriter& Control(Kind kind);
  TokenWriter& Uint(uint64_t value);
  TokenWriter& Bytes(std::span<const uint8_t> bytes);
  TokenWriter& Text(std::string_view text);
  TokenWriter& Uid(uint64_t uid);
  TokenWriter& Named(uint64_t name, uint64_t value);
  TokenWriter& Append(const TokenWriter& other);
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace assay::model::tcg
