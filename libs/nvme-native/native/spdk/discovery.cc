#include "discovery.h"

#include <spdk/nvmf_spec.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "core/clock.h"
#include "log_capture.h"

namespace assay::spdk {
namespace {

struct Page {
  bool done = false;
  int status = 0;
  struct spdk_nvmf_discovery_log_page* log = nullptr;
};

void OnPage(void* argument, int status, const struct spdk_nvme_cpl* cpl, struct spdk_nvmf_discovery_log_page* log) {
  auto* page = static_cast<Page*>(argument);
  page->done = true;
  page->status = status != 0 ? status : (spdk_nvme_cpl_is_error(cpl) ? -EIO : 0);
  page->log = log;
}

// Fields of the log page are padded with spaces or zeroes.
std::string Trimmed(const uint8_t* field, size_t bytes) {
  std::string text(reinterpret_cast<const char*>(field), strnlen(reinterpret_cast<const char*>(field), bytes));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

bool TakeFirst(const struct spdk_nvmf_discovery_log_page& log, struct spdk_nvme_transport_id* id) {
  for (uint64_t i = 0; i < log.numrec; i++) {
    const struct spdk_nvmf_discovery_log_page_entry& entry = log.entries[i];
    if (entry.trtype != SPDK_NVMF_TRTYPE_TCP || entry.subtype != SPDK_NVMF_SUBTYPE_NVME) continue;
    id->adrfam = static_cast<enum spdk_nvmf_adrfam>(entry.adrfam);
    snprintf(id->traddr, sizeof(id->traddr), "%s", Trimmed(entry.traddr, sizeof(entry.traddr)).c_str());
    snprintf(id->trsvcid, sizeof(id->trsvcid), "%s", Trimmed(entry.trsvcid, sizeof(entry.trsvcid)).c_str());
    snprintf(id->subnqn, sizeof(id->subnqn), "%s", Trimmed(entry.subnqn, sizeof(entry.subnqn)).c_str());
    return true;
  }
  return false;
}

using Log = std::unique_ptr<struct spdk_nvmf_discovery_log_page, decltype(&free)>;

std::string Where(const struct spdk_nvme_transport_id& id) { return std::string(id.traddr) + ":" + id.trsvcid; }

Status Fetch(const struct spdk_nvme_transport_id& id, uint32_t timeout_ms, Log* log) {
  const std::string where = Where(id);
  ForgetLastError();
  struct spdk_nvme_ctrlr_opts opts;
  spdk_nvme_ctrlr_get_default_ctrlr_opts(&opts, sizeof(opts));
  opts.keep_alive_timeout_ms = 0;
  opts.admin_timeout_ms = timeout_ms;
  struct spdk_nvme_ctrlr* ctrlr = spdk_nvme_connect(&id, &opts, sizeof(opts));
  if (ctrlr == nullptr) return Status::Error(Code::kOpen, "spdk-tcp: no discovery controller at " + where + " (" + LastError() + ")");

  Page page;
  int status = spdk_nvme_ctrlr_get_discovery_log_page(ctrlr, OnPage, &page);
  const uint64_t until = BoottimeNs() + timeout_ms * kNsPerMs;
  while (status == 0 && !page.done && BoottimeNs() < until) {
    if (spdk_nvme_ctrlr_process_admin_completions(ctrlr) < 0) status = -ENXIO;
    std::this_thread::yield();
  }
  // Detaching settles what is outstanding, so that nothing refers to `page` after it.
  spdk_nvme_detach(ctrlr);
  log->reset(page.log);
  if (page.done && page.status == 0 && *log != nullptr) return Status::Ok();
  return Status::Error(Code::kOpen, "spdk-tcp: the discovery controller at " + where + " returned no log page");
}

std::string Named(const char* name, uint32_t number) { return name == nullptr ? std::to_string(number) : name; }

}  // namespace

Status Discover(struct spdk_nvme_transport_id* id, uint32_t timeout_ms) {
  Log log(nullptr, &free);
  if (Status status = Fetch(*id, timeout_ms, &log); !status.ok()) return status;
  const std::string where = Where(*id);
  if (TakeFirst(*log, id)) return Status::Ok();
  return Status::Error(Code::kOpen, "spdk-tcp: the discovery controller at " + where + " names no NVM subsystem for TCP");
}

Status DiscoverAll(const struct spdk_nvme_transport_id& id, uint32_t timeout_ms, std::vector<DiscoveredSubsystem>* out) {
  Log log(nullptr, &free);
  if (Status status = Fetch(id, timeout_ms, &log); !status.ok()) return status;
  for (uint64_t i = 0; i < log->numrec; i++) {
    const struct spdk_nvmf_discovery_log_page_entry& entry = log->entries[i];
    DiscoveredSubsystem found;
    found.transport = Named(spdk_nvme_transport_id_trtype_str(static_cast<enum spdk_nvme_transport_type>(entry.trtype)), entry.trtype);
    found.family = Named(spdk_nvme_transport_id_adrfam_str(static_cast<enum spdk_nvmf_adrfam>(entry.adrfam)), entry.adrfam);
    found.address = Trimmed(entry.traddr, sizeof(entry.traddr));
    found.service = Trimmed(entry.trsvcid, sizeof(entry.trsvcid));
    found.nqn = Trimmed(entry.subnqn, sizeof(entry.subnqn));
    found.discovery = entry.subtype != SPDK_NVMF_SUBTYPE_NVME;
    out->push_back(std::move(found));
  }
  return Status::Ok();
}

}  // namespace assay::spdk
