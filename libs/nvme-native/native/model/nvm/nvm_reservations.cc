// Reservation Register, Acquire, Release and Report (NVMe Base 2.0, 7.2 to 7.5).
#include "nvm_commands.h"
#include "model/reply.h"
#include "reservations.h"

namespace assay::model {

Device::Outcome NvmCommands::ReservationRegister(const Sqe& sqe, Media& media) {
  uint64_t keys[2];
  if (const uint16_t status = Take(sqe, keys, sizeof keys)) return Fail(status);
  return Fail(d_.ReservationsOf(media.nsid()).Register(d_.host_id_, sqe.cdw10, keys[0], keys[1]));
}

Device::Outcome NvmCommands::ReservationAcquire(const Sqe& sqe, Media& media) {
  uint64_t keys[2];
  if (const uint16_t status = Take(sqe, keys, sizeof keys)) return Fail(status);
  return Fail(d_.ReservationsOf(media.nsid()).Acquire(d_.host_id_, sqe.cdw10, keys[0], keys[1]));
}

Device::Outcome NvmCommands::ReservationRelease(const Sqe& sqe, Media& media) {
  uint64_t key;
  if (const uint16_t status = Take(sqe, &key, sizeof key)) return Fail(status);
  return Fail(d_.ReservationsOf(media.nsid()).Release(d_.host_id_, sqe.cdw10, key));
}

// Identifiers of 64 and of 128 bits are told apart by the form of the report.
Device::Outcome NvmCommands::ReservationReport(const Sqe& sqe, Media& media) {
  const bool extended = sqe.cdw11 & 1;
  const uint64_t bytes = (uint64_t{sqe.cdw10} + 1) * 4;
  if (bytes > d_.header_->mdts_bytes) return Fail(status::kInvalidField);
  if (extended != d_.wide_host_id_) return Fail(status::kHostIdFormat);
  std::vector<uint8_t> page = d_.ReservationsOf(media.nsid()).Report(d_.host_id_, extended);
  page.resize(bytes);
  return Give(sqe, page.data(), bytes);
}

uint16_t NvmCommands::CheckReservation(const Sqe& sqe, const Media& media, uint32_t kind) const {
  const bool writes = (kind & kWrites) || sqe.opc == nvm_opcode::kFlush;
  if (!writes && !(kind & kReads)) return 0;
  return d_.ReservationsOf(media.nsid()).Denies(d_.host_id_, writes) ? status::kReservationConflict : 0;
}

}  // namespace assay::model
