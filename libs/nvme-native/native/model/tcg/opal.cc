#include "opal.h"

#include <algorithm>
#include <cstring>

#include "model/statuses.h"

namespace assay::model {
namespace {

enum SecurityProtocol : uint32_t { kInformation = 0, kTcg = 1 };
constexpr uint32_t kDiscoveryComId = 1;
constexpr uint8_t kProtocols[] = {kInformation, kTcg};

void PutPin(const std::string& text, OpalPin* pin) {
  pin->bytes = static_cast<uint32_t>(std::min<size_t>(text.size(), kPinBytes));
  std::memcpy(pin->value, text.data(), pin->bytes);
}

}  // namespace

uint16_t Opal::Send(uint32_t protocol, uint32_t specific, std::span<const uint8_t> data) {
  if (protocol != kTcg || specific != kOpalComId) return status::kInvalidField;
  tcg::Packet packet;
  if (!tcg::ReadPacket(data, &packet) || packet.com_id != kOpalComId) return status::kInvalidField;
  Answer(packet);
  return 0;
}

uint16_t Opal::Receive(uint32_t protocol, uint32_t specific, std::vector<uint8_t>* page) {
  auto give = [page](const std::vector<uint8_t>& bytes) {
    std::copy_n(bytes.begin(), std::min(bytes.size(), page->size()), page->begin());
    return uint16_t{0};
  };
  if (protocol == kInformation && specific == 0) {
    std::vector<uint8_t> list(8 + sizeof kProtocols);
    tcg::PutBig(list.data(), 6, static_cast<uint16_t>(sizeof kProtocols));
    std::copy(std::begin(kProtocols), std::end(kProtocols), list.begin() + 8);
    return give(list);
  }
  if (protocol != kTcg) return status::kInvalidField;
  if (specific == kDiscoveryComId) {
    std::vector<uint8_t> discovery;
    const Media* media = namespaces_->Allocated(1);
    FillOpalDiscovery(*header_, media == nullptr ? kSmallestLba : media->lba_bytes(), &discovery);
    return give(discovery);
  }
  if (specific != kOpalComId) return status::kInvalidField;
  if (reply_.empty()) return give(tcg::WriteEmptyPacket(kOpalComId, 0));
  if (reply_.size() > page->size()) return give(tcg::WriteEmptyPacket(kOpalComId, static_cast<uint32_t>(reply_.size())));
  give(reply_);
  reply_.clear();
  return 0;
}

void Opal::ForgetSession() {
  session_ = {};
  reply_.clear();
}

void MakeOpal(const std::string& msid, const std::string& psid, OpalRecord* record) {
  *record = {};
  record->supported = 1;
  PutPin(msid, &record->msid);
  PutPin(psid, &record->psid);
  record->sid = record->msid;
  for (OpalRange& range : record->ranges) range.lock_on_reset = kOpalPowerCycle;
}

}  // namespace assay::model
