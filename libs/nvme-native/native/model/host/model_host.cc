#include "model_host.h"

#include <system_error>

#include "core/host/host_table.h"

namespace assay::model {

ModelHost::ModelHost(std::unique_ptr<DriveFile> file, const HostOptions& options)
    : RingHost(std::make_unique<ModelBus>(std::move(file)), options), device_(static_cast<ModelBus&>(*bus_).device) {}

// The device must stand still before the rings that it writes into are freed.
ModelHost::~ModelHost() { device_.Halt(); }

Status ModelHost::Attach() {
  if (device_.Attach()) return Status::Ok();
  if (device_.file().Broken()) return WhyGone();
  return Status::Error(Code::kPowerOff, device_.file().path() + " has no power");
}

void ModelHost::Stop(bool silent) {
  if (!silent && !device_.Dark()) ShutDown();
  device_.Halt();
  // This object lives as long as a script holds anything of ours; the next holder need not wait for that.
  device_.file().ReleaseHold();
}

HostLimits ModelHost::Limits() const {
  const DriveHeader& h = device_.file().header();
  HostLimits limits;
  limits.max_qpairs = h.max_qpairs;
  limits.max_queue_entries = h.max_queue_entries;
  limits.max_transfer_bytes = RingQpair::kMaxTransferBytes;
  limits.ready_timeout_ms = 10'000;
  limits.bar_bytes = kBarBytes;
  return limits;
}

Status OpenModel(const TransportAddress& address, const HostOptions& options, std::unique_ptr<HostController>* out, ReadyReport* report) {
  std::unique_ptr<DriveFile> file;
  if (Status s = DriveFile::OpenAsHolder(address.address, &file); !s.ok()) return s;
  if (file->header().power.load() != kPowerOn) return Status::Error(Code::kPowerOff, address.address + " has no power");
  std::unique_ptr<ModelHost> host;
  try {
    host = std::make_unique<ModelHost>(std::move(file), options);
  } catch (const std::system_error& reason) {
    return Status::Error(Code::kQpair, std::string("no thread could be started for the drive: ") + reason.what());
  }
  if (Status s = host->MakeAdminQueue(); !s.ok()) return s;
  if (options.bring_up) {
    if (Status s = host->BringUp(report); !s.ok()) return s;
  }
  *out = std::move(host);
  return Status::Ok();
}

}  // namespace assay::model

namespace assay {
extern const HostTransport kModelTransport = {"model", model::OpenModel, true, true};
}
