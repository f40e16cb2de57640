#include "power_switch.h"

#include <unistd.h>

#include "core/random.h"
#include "model/faults/faults.h"
#include "model/media/media.h"
#include "model/tcg/opal.h"
#include "model/nvm/reservations.h"

namespace assay::model {
namespace {

constexpr uint64_t kHolderWaitNs = 2 * kNsPerSecond;
constexpr useconds_t kHolderPollUs = 20;

bool HolderStandsStill(DriveFile& file) {
  const uint64_t until = BoottimeNs() + kHolderWaitNs;
  DriveHeader& h = file.header();
  while (h.executing.load() != 0) {
    if (!file.HasHolder()) {
      h.executing = 0;
      return true;
    }
    if (BoottimeNs() > until) return false;
    usleep(kHolderPollUs);
  }
  return true;
}

Status Cut(DriveFile& file) {
  DriveHeader& h = file.header();
  if (h.power.load() == kPowerOff) return Status::Ok();
  h.power.store(kPowerChanging);
  if (!HolderStandsStill(file)) {
    h.power.store(kPowerOn);
    Event(&h.wake).Notify();
    return Status::Error(Code::kTimeout, file.path() + ": its holder is stopped in the middle of a command, the power stays on");
  }
  const uint64_t generation = h.generation.load() + 1;
  const bool tears = Faults(&file).TearsAtPowerLoss();
  for (uint32_t nsid = 1; nsid <= kMaxNamespaces; nsid++) {
    if (h.namespaces[nsid - 1].bytes == 0) continue;
    // The first namespace throws the dice of the drive's seed.
    Media media(&file, nsid);
    media.LosePower(SplitMix(h.seed ^ SplitMix(generation) ^ (nsid - 1)), tears ? 1 : media.atomic_sectors());
  }
  h.smart.powered_ms += (RealtimeNs() - h.smart.powered_since_ns) / kNsPerMs;
  h.generation.store(generation);
  h.power.store(kPowerOff);
  Event(&h.wake).Notify();
  return Status::Ok();
}

void Restore(DriveFile& file) {
  DriveHeader& h = file.header();
  if (h.power.load() == kPowerOn) return;
  h.smart.power_cycles++;
  h.lockdown = {};
  for (NamespaceRecord& ns : h.namespaces) {
    if (ns.write_protected == kProtectedUntilPowerCycle) ns.write_protected = kWritable;
  }
  for (ReservationRecord& record : h.reservations) Reservations(&record).PowerLost();
  if (h.opal.activated) LockAgain(&h.opal, kOpalPowerCycle);
  if (!h.clean) h.smart.unsafe_shutdowns++;
  h.clean = 1;
  h.smart.powered_since_ns = RealtimeNs();
  h.power.store(kPowerOn);
  Event(&h.wake).Notify();
}

}  // namespace

Status SwitchPower(const std::string& path, bool on, PowerReport* report) {
  std::unique_ptr<DriveFile> file;
  if (Status s = DriveFile::OpenAsSwitch(path, &file); !s.ok()) return s;
  if (on) {
    // A switch that died in the middle of a cut left it unfinished.
    if (file->header().power.load() == kPowerChanging) {
      if (Status s = Cut(*file); !s.ok()) return s;
    }
    Restore(*file);
  } else if (Status s = Cut(*file); !s.ok()) {
    return s;
  }
  if (file->Broken()) return Status::Error(Code::kFile, path + ": there is no room for what the power switch writes, or somebody cut the file short");
  *report = {on, file->header().generation.load()};
  return Status::Ok();
}

Status ReadPower(const std::string& path, PowerReport* report) {
  std::unique_ptr<DriveFile> file;
  if (Status s = DriveFile::OpenAsSwitch(path, &file); !s.ok()) return s;
  *report = {file->header().power.load() == kPowerOn, file->header().generation.load()};
  return Status::Ok();
}

}  // namespace assay::model
