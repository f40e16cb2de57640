#include "tcg_packets.h"

#include <algorithm>
#include <cstring>

namespace assay::model::tcg {

bool ReadPacket(std::span<const uint8_t> bytes, Packet* packet) {
  if (bytes.size() < kFramingBytes) return false;
  const uint64_t com_packet = Big<uint32_t>(bytes, 16);
  const uint64_t inner = Big<uint32_t>(bytes, kComPacketBytes + 20);
  const uint64_t payload = Big<uint32_t>(bytes, kComPacketBytes + kPacketBytes + 8);
  if (com_packet > bytes.size() - kComPacketBytes || inner > com_packet - std::min<uint64_t>(com_packet, kPacketBytes)) return false;
  if (payload > inner - std::min<uint64_t>(inner, kSubPacketBytes)) return false;
  packet->com_id = Big<uint16_t>(bytes, 4);
  packet->tper_session = Big<uint32_t>(bytes, kComPacketBytes);
  packet->host_session = Big<uint32_t>(bytes, kComPacketBytes + 4);
  packet->payload = bytes.subspan(kFramingBytes, payload);
  return true;
}

std::vector<uint8_t> WritePacket(const Packet& packet) {
  const size_t padded = (packet.payload.size() + 3) / 4 * 4;
  std::vector<uint8_t> bytes(kFramingBytes + padded);
  PutBig<uint16_t>(bytes.data(), 4, packet.com_id);
  PutBig(bytes.data(), 16, static_cast<uint32_t>(kPacketBytes + kSubPacketBytes + padded));
  uint8_t* inner = bytes.data() + kComPacketBytes;
  PutBig(inner, 0, packet.tper_session);
  PutBig(inner, 4, packet.host_session);
  PutBig(inner, 20, static_cast<uint32_t>(kSubPacketBytes + padded));
  PutBig(inner + kPacketBytes, 8, static_cast<uint32_t>(packet.payload.size()));
  if (!packet.payload.empty()) std::memcpy(inner + kPacketBytes + kSubPacketBytes, packet.payload.data(), packet.payload.size());
  return bytes;
}

std::vector<uint8_t> WriteEmptyPacket(uint16_t com_id, uint32_t outstanding) {
  std::vector<uint8_t> bytes(kComPacketBytes);
  PutBig(bytes.data(), 4, com_id);
  PutBig(bytes.data(), 8, outstanding);
  PutBig(bytes.data(), 12, outstanding);
  return bytes;
}

}  // namespace assay::model::tcg
