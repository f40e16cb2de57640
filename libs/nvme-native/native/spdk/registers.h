// Controller registers, by the one way that a transport offers (Traits::registers).
#pragma once

#include <functional>

#include "admin_qpair.h"

namespace assay::spdk {

// Of a register VS that was read. Where nothing is, hosts answer all ones, QEMU's zeroes.
constexpr bool IsVersion(uint64_t value) { return value != 0 && value != UINT32_MAX; }

class Registers {
 public:
  Registers(const Traits& traits, struct spdk_nvme_ctrlr* const& ctrlr, AdminQpair& admin, const HostOptions& options);
  ~Registers();

  // Control thread, after SPDK's controller was made, and before it is detached.
  void Attach();
  void Detach();

  // Control thread. As HostController::ReadRegister and WriteRegister.
  Status Read(uint32_t offset, uint32_t bytes, uint64_t* value);
  Status Write(uint32_t offset, uint32_t bytes, uint64_t value);

 private:
  Status Unsupported(const char* verb, uint32_t offset, const std::string& reason) const;
  Status ReadMapped(uint32_t offset, uint32_t bytes, uint64_t* value);
  Status ReadProperty(uint32_t offset, uint32_t bytes, uint64_t* value);
  Status WriteMapped(uint32_t offset, uint32_t bytes, uint64_t value);
  Status WriteProperty(uint32_t offset, uint32_t bytes, uint64_t value);
  Status Execute(const void* command, struct spdk_nvme_cpl* cpl);
  Status CheckProperty(const char* verb, uint32_t offset, uint32_t bytes) const;

  const Traits& traits_;
  struct spdk_nvme_ctrlr* const& ctrlr_;
  AdminQpair& admin_;
  const HostOptions& options_;
  volatile uint8_t* window_ = nullptr;
};

}  // namespace assay::spdk
