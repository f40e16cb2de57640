// A small Opal drive (TCG Storage Opal SSC 2.01, over Security Send and Receive as the Storage Interface Interactions
// Specification has it for NVMe): one session at a time, the Admin SP and the Locking SP, PINs, ranges of namespace 1 that
// lock, keys that can be made anew. What a range held before its key was made anew reads as deallocated.
// Not there: shadow MBR, DataStore, transactions, Next, Random. Device thread only.
#pragma once
#include <string>

#include "model/media/namespaces.h"
#include "opal_uids.h"
#include "tcg_packets.h"
#include "tcg_tokens.h"

namespace assay::model {

constexpr uint16_t kOpalComId = 0x07fe;
constexpr size_t kOpalLongestPacket = 2048;

class Opal {
 public:
  Opal(DriveHeader* header, Namespaces* namespaces) : record_(header->opal), header_(header), namespaces_(namespaces) {}

  bool supported() const { return record_.supported != 0; }
  // Security Send and Receive: `specific` is the ComID. Statuses without phase. `page` has as many zeroes as the host takes.
  uint16_t Send(uint32_t protocol, uint32_t specific, std::span<const uint8_t> data);
  uint16_t Receive(uint32_t protocol, uint32_t specific, std::vector<uint8_t>* page);
  // A locked range forbids it.
  bool Denies(uint32_t nsid, uint64_t slba, uint64_t lba_count, bool write) const;
  bool AnyWriteLocked() const;
  // Namespaces neither come nor go while ranges can lock.
  bool Activated() const { return record_.activated != 0; }
  // The session is lost with a power cycle or a reset of the subsystem.
  void ForgetSession();

 private:
  using Reader = tcg::TokenReader;
  using Writer = tcg::TokenWriter;
  using Method = tcg::MethodStatus (Opal::*)(uint64_t object, Reader& in, Writer& out);
  struct MethodEntry {
    uint64_t uid;
    Method run;
  };
  static const MethodEntry kMethods[];
  struct Session {
    bool open = false;
    bool ends = false;  // behind the answer
    uint32_t host = 0;
    uint32_t tper = 0;
    uint64_t sp = 0;
    bool write = false;
    uint64_t authority = tcg::kAnybody;
  };

  // opal_session.cc
  void Answer(const tcg::Packet& packet);
  bool Manage(Reader& in, Writer& out);
  bool Call(Reader& in, Writer& out);
  void Properties(Writer& out) const;
  tcg::MethodStatus StartSession(Reader& in);
  tcg::MethodStatus Prove(uint64_t authority, std::span<const uint8_t> challenge);
  OpalPin* PinOf(uint64_t authority);
  tcg::MethodStatus Authenticate(uint64_t object, Reader& in, Writer& out);
  bool IsAdmin() const { return tcg::NumberIn(session_.authority, tcg::kAdmins, kOpalAdmins) != 0; }
  uint32_t User() const { return tcg::NumberIn(session_.authority, tcg::kUsers, kOpalUsers); }

  // opal_methods.cc
  tcg::MethodStatus Get(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus Set(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus Activate(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus GenKey(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus Revert(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus RevertSp(uint64_t object, Reader& in, Writer& out);
  tcg::MethodStatus SetPin(uint64_t object, Reader& in);
  tcg::MethodStatus SetEnabled(uint64_t object, Reader& in);
  tcg::MethodStatus SetAccess(uint64_t object, Reader& in);
  tcg::MethodStatus GetRange(uint32_t range, uint64_t first, uint64_t last, Writer& out) const;

  // opal_ranges.cc
  tcg::MethodStatus SetRange(uint32_t range, Reader& in);
  tcg::MethodStatus SetColumn(uint32_t range, uint64_t column, Reader& in, OpalRange* wanted) const;
  bool Fits(uint32_t range, const OpalRange& wanted) const;
  void MakeKey(uint32_t range);
  // LBAs of namespace 1 whose data are gone.
  void Forget(uint64_t slba, uint64_t lba_count);
  void ForgetOutside(uint64_t slba, uint64_t lba_count, const OpalRange& kept);
  void RevertLockingSp();

  OpalRecord& record_;
  DriveHeader* header_;
  Namespaces* namespaces_;
  Session session_;
  std::vector<uint8_t> reply_;
};

// Level 0 discovery (Core Specification, 3.3.6).
void FillOpalDiscovery(const DriveHeader& header, uint32_t lba_bytes, std::vector<uint8_t>* page);
// PINs of a drive that was just made: everything as it leaves the factory.
void MakeOpal(const std::string& msid, const std::string& psid, OpalRecord* record);
// What a power-on or a reset of the subsystem locks again.
void LockAgain(OpalRecord* record, OpalReset reset);

}  // namespace assay::model
