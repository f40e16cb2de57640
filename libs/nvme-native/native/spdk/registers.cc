#include "registers.h"

#include <spdk/env.h>
#include <spdk/nvmf_spec.h>

#include <cassert>
#include <cstdio>
#include <string>

#include "core/clock.h"
#include "sigbus.h"

namespace assay::spdk {
namespace {

constexpr uint32_t kWindowBytes = 4096;

// The properties of NVMe over Fabrics 1.1, figure "Property Definitions", and their widths.
struct Property {
  uint32_t offset;
  uint32_t bytes;
};
constexpr Property kProperties[] = {{reg::kCap, 8}, {reg::kVs, 4}, {reg::kCc, 4}, {reg::kCsts, 4}, {reg::kNssr, 4}};

constexpr uint64_t AllOnes(uint32_t bytes) { return bytes == 8 ? UINT64_MAX : UINT32_MAX; }

}  // namespace

Registers::Registers(const Traits& traits, struct spdk_nvme_ctrlr* const& ctrlr, AdminQpair& admin, const HostOptions& options)
    : traits_(traits), ctrlr_(ctrlr), admin_(admin), options_(options) {}

Registers::~Registers() { Detach(); }

void Registers::Attach() {
  assert(window_ == nullptr);
  if (traits_.fabrics) return;
  window_ = reinterpret_cast<volatile uint8_t*>(spdk_nvme_ctrlr_get_registers(ctrlr_));
  if (window_ == nullptr) return;
  size_t bytes = kWindowBytes;
  void* mapped = nullptr;
  uint64_t physical = 0;
  uint64_t mapped_bytes = 0;
  struct spdk_pci_device* device = spdk_nvme_ctrlr_get_pci_device(ctrlr_);
  // The doorbells, which SPDK writes, lie behind the registers: guard the whole BAR where its size is known.
  if (device != nullptr && spdk_pci_device_map_bar(device, 0, &mapped, &physical, &mapped_bytes) == 0 && mapped == window_) {
    bytes = mapped_bytes;
  }
  const bool guarded = GuardRegisterWindow(window_, bytes);
  assert(guarded);  // one PCIe function per process
  (void)guarded;
}

void Registers::Detach() {
  if (window_ != nullptr) ForgetRegisterWindow(window_);
  window_ = nullptr;
}

Status Registers::Unsupported(const char* verb, uint32_t offset, const std::string& reason) const {
  char text[64];
  snprintf(text, sizeof(text), ": register %02xh cannot be %s: ", offset, verb);
  return Status::Error(Code::kUnsupported, traits_.name + (text + reason));
}

Status Registers::Read(uint32_t offset, uint32_t bytes, uint64_t* value) {
  assert((bytes == 4 || bytes == 8) && offset % 4 == 0 && offset + bytes <= kWindowBytes);
  return traits_.fabrics ? ReadProperty(offset, bytes, value) : ReadMapped(offset, bytes, value);
}

Status Registers::Write(uint32_t offset, uint32_t bytes, uint64_t value) {
  assert((bytes == 4 || bytes == 8) && offset % 4 == 0 && offset + bytes <= kWindowBytes);
  return traits_.fabrics ? WriteProperty(offset, bytes, value) : WriteMapped(offset, bytes, value);
}

Status Registers::ReadMapped(uint32_t offset, uint32_t bytes, uint64_t* value) {
  if (window_ == nullptr) return Unsupported("read", offset, "the driver shows no mapped registers");
  const bool whole = bytes == 4 || offset % 8 == 0;
  bool alive;
  if (whole) {
    alive = LoadRegister(window_ + offset, bytes, value);
  } else {
    uint64_t low = 0;
    uint64_t high = 0;
    alive = LoadRegister(window_ + offset, 4, &low) && LoadRegister(window_ + offset + 4, 4, &high);
    *value = high << 32 | low;
  }
  if (alive && *value != AllOnes(bytes) && *value != 0) return Status::Ok();
  // A register may be that by right; the version never is.
  uint64_t version = 0;
  if (alive && LoadRegister(window_ + reg::kVs, 4, &version) && IsVersion(version)) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the device does not answer");
}

Status Registers::WriteMapped(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (window_ == nullptr) return Unsupported("written", offset, "the driver shows no mapped registers");
  if (StoreRegister(window_ + offset, bytes, value)) return Status::Ok();
  return Status::Error(Code::kGone, std::string(traits_.name) + ": the device does not take a register write");
}

Status Registers::CheckProperty(const char* verb, uint32_t offset, uint32_t bytes) const {
  for (const Property& property : kProperties) {
    if (property.offset != offset) continue;
    if (property.bytes == bytes) return Status::Ok();
    return Unsupported(verb, offset, "the property has " + std::to_string(property.bytes) + " bytes");
  }
  return Unsupported(verb, offset, "NVMe over Fabrics has the properties CAP, VS, CC, CSTS and NSSR only");
}

Status Registers::ReadProperty(uint32_t offset, uint32_t bytes, uint64_t* value) {
  const bool half_of_cap = bytes == 4 && (offset == reg::kCap || offset == reg::kCap + 4);
  if (half_of_cap) {
    uint64_t cap = 0;
    Status status = ReadProperty(reg::kCap, 8, &cap);
    *value = offset == reg::kCap ? cap & AllOnes(4) : cap >> 32;
    return status;
  }
  if (Status status = CheckProperty("read", offset, bytes); !status.ok()) return status;

  struct spdk_nvmf_fabric_prop_get_cmd command = {};
  command.opcode = SPDK_NVME_OPC_FABRIC;
  command.fctype = SPDK_NVMF_FABRIC_COMMAND_PROPERTY_GET;
  command.attrib.size = bytes == 8 ? SPDK_NVMF_PROP_SIZE_8 : SPDK_NVMF_PROP_SIZE_4;
  command.ofst = offset;
  struct spdk_nvme_cpl cpl = {};
  if (Status status = Execute(&command, &cpl); !status.ok()) return status;
  if (spdk_nvme_cpl_is_error(&cpl)) return Unsupported("read", offset, "the target refuses Property Get");
  const auto* response = reinterpret_cast<const struct spdk_nvmf_fabric_prop_get_rsp*>(&cpl);
  *value = response->value.u64 & AllOnes(bytes);
  return Status::Ok();
}

Status Registers::WriteProperty(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (Status status = CheckProperty("written", offset, bytes); !status.ok()) return status;
  struct spdk_nvmf_fabric_prop_set_cmd command = {};
  command.opcode = SPDK_NVME_OPC_FABRIC;
  command.fctype = SPDK_NVMF_FABRIC_COMMAND_PROPERTY_SET;
  command.attrib.size = bytes == 8 ? SPDK_NVMF_PROP_SIZE_8 : SPDK_NVMF_PROP_SIZE_4;
  command.ofst = offset;
  command.value.u64 = value;
  struct spdk_nvme_cpl cpl = {};
  if (Status status = Execute(&command, &cpl); !status.ok()) return status;
  if (spdk_nvme_cpl_is_error(&cpl)) return Unsupported("written", offset, "the target refuses Property Set");
  return Status::Ok();
}

Status Registers::Execute(const void* command, struct spdk_nvme_cpl* cpl) {
  struct spdk_nvme_cmd raw;
  memcpy(&raw, command, sizeof(raw));
  const uint64_t submitted_ns = BoottimeNs();
  Status status = admin_.Execute(raw, options_.timeout_ms, cpl);
  if (status.ok() && options_.on_internal_admin) {
    Sqe sqe;
    memcpy(&sqe, command, sizeof(sqe));
    sqe.cid = cpl->cid;
    options_.on_internal_admin(sqe, ToCompletion(0, *cpl).cqe, submitted_ns, BoottimeNs());
  }
  return status;
}

}  // namespace assay::spdk
