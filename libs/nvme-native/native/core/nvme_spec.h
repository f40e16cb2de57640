// Spellings of the NVM Express specifications: entries, opcodes, statuses, register offsets.
// NVMe Base 2.0: SQE figure 87, CQE figure 90, status 4.2.3, registers 3.1.3. All fields little endian.
#pragma once
#include <cstdint>
#include <cstring>

namespace assay {

struct Sqe {
  uint8_t opc;
  uint8_t fuse_psdt;
  uint16_t cid;
  uint32_t nsid;
  uint32_t cdw2;
  uint32_t cdw3;
  uint64_t mptr;
  uint64_t prp1;
  uint64_t prp2;
  uint32_t cdw10;
  uint32_t cdw11;
  uint32_t cdw12;
  uint32_t cdw13;
  uint32_t cdw14;
  uint32_t cdw15;

  uint64_t Slba() const { return uint64_t{cdw11} << 32 | cdw10; }
  void SetSlba(uint64_t slba) {
    cdw10 = static_cast<uint32_t>(slba);
    cdw11 = static_cast<uint32_t>(slba >> 32);
  }
};
static_assert(sizeof(Sqe) == 64);

struct Cqe {
  uint32_t cdw0;
  uint32_t cdw1;
  uint16_t sqhd;
  uint16_t sqid;
  uint16_t cid;
  // Bit 0 phase, 8:1 SC, 11:9 SCT, 14 more, 15 do not retry.
  uint16_t status;

  uint8_t Sct() const { return (status >> 9) & 7; }
  uint8_t Sc() const { return (status >> 1) & 0xff; }
  bool More() const { return (status & 0x4000) != 0; }
  bool Dnr() const { return (status & 0x8000) != 0; }
  bool Ok() const { return (status & 0x0ffe) == 0; }
};
static_assert(sizeof(Cqe) == 16);

// Status field of a CQE without its phase bit.
constexpr uint16_t MakeStatus(uint8_t sct, uint8_t sc, bool dnr = false) {
  return static_cast<uint16_t>((sct & 7) << 9 | sc << 1 | (dnr ? 0x8000 : 0));
}

namespace admin_opcode {
enum : uint8_t {
  kDeleteSq = 0x00, kCreateSq = 0x01, kGetLogPage = 0x02, kDeleteCq = 0x04, kCreateCq = 0x05, kIdentify = 0x06,
  kAbort = 0x08, kSetFeatures = 0x09, kGetFeatures = 0x0a, kAsyncEvent = 0x0c, kNamespaceManagement = 0x0d,
  kFirmwareCommit = 0x10, kFirmwareDownload = 0x11, kSelfTest = 0x14, kNamespaceAttach = 0x15, kKeepAlive = 0x18,
  kDirectiveSend = 0x19, kDirectiveReceive = 0x1a, kFormat = 0x80, kSecuritySend = 0x81, kSecurityReceive = 0x82,
  kSanitize = 0x84, kLockdown = 0x24,
};
}
namespace nvm_opcode {
enum : uint8_t {
  kFlush = 0x00, kWrite = 0x01, kRead = 0x02, kWriteUncorrectable = 0x04, kCompare = 0x05, kWriteZeroes = 0x08,
  kDatasetManagement = 0x09, kVerify = 0x0c, kReservationRegister = 0x0d, kReservationReport = 0x0e, kReservationAcquire = 0x11, kIoManagementReceive = 0x12, kReservationRelease = 0x15, kCopy = 0x19, kIoManagementSend = 0x1d, kZoneManagementSend = 0x79, kZoneManagementReceive = 0x7a, kZoneAppend = 0x7d,
};
}
// Key Value Command Set 1.0, figure 6: these mean other commands to namespaces of other command sets.
namespace key_value_opcode {
enum : uint8_t { kStore = 0x01, kRetrieve = 0x02, kListKeys = 0x06, kDeleteKey = 0x10, kExist = 0x14 };
}
constexpr uint32_t kCdw12Deallocate = 1u << 25;  // DEAC of Write Zeroes
constexpr uint32_t kCdw12Fua = 1u << 30;

// Completions made by our side use the vendor specific status type; src/command/status.ts has the same table.
constexpr uint8_t kLocalSct = 7;
constexpr uint8_t kLocalTimedOut = 0x80;
constexpr uint8_t kLocalMiscompare = 0x81;
constexpr uint8_t kLocalTerminated = 0x82;

namespace reg {
enum : uint32_t { kCap = 0x00, kVs = 0x08, kIntms = 0x0c, kIntmc = 0x10, kCc = 0x14, kCsts = 0x1c, kNssr = 0x20,
  kAqa = 0x24, kAsq = 0x28, kAcq = 0x30, kCmbloc = 0x38, kCmbsz = 0x3c, kDoorbells = 0x1000 };
}

}  // namespace assay
