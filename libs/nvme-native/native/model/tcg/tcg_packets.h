// ComPacket, Packet and SubPacket (TCG Storage Architecture Core Specification 2.01, 3.2.3), one of each.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace assay::model::tcg {

constexpr size_t kComPacketBytes = 20;
constexpr size_t kPacketBytes = 24;
constexpr size_t kSubPacketBytes = 12;
constexpr size_t kFramingBytes = kComPacketBytes + kPacketBytes + kSubPacketBytes;

struct Packet {
  uint16_t com_id = 0;
  uint32_t tper_session = 0;
  uint32_t host_session = 0;
  std::span<const uint8_t> payload;
};

template <typename T>
T Big(std::span<const uint8_t> from, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); i++) value = static_cast<T>(value << 8 | from[at + i]);
  return value;
}

template <typename T>
void PutBig(uint8_t* page, size_t at, T value) {
  for (size_t i = 0; i < sizeof(T); i++) page[at + i] = static_cast<uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

// False: the lengths do not fit into one another or into the bytes.
bool ReadPacket(std::span<const uint8_t> bytes, Packet* packet);
std::vector<uint8_t> WritePacket(const Packet& packet);
// Says that there is no answer, or (`outstanding` > 0) that it is longer than what the host takes.
std::vector<uint8_t> WriteEmptyPacket(uint16_t com_id, uint32_t outstanding);

}  // namespace assay::model::tcg
