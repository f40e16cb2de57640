#include "discovery.h"

#include <spdk/nvmf_spec.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "../core/clock.h"
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

}  // namespace

Status Discover(struct spdk_nvme_transport_id* id, uint32_t timeout_ms) {
  const std::string where = std::string(id->traddr) + ":" + id->trsvcid;
  ForgetLastError();
  struct spdk_nvme_ctrlr_opts opts;
  spdk_nvme_ctrlr_get_default_ctrlr_opts(&opts, sizeof(opts));
  opts.keep_alive_timeout_ms = 0;
  opts.admin_timeout_ms = timeout_ms;
  struct spdk_nvme_ctrlr* ctrlr = spdk_nvme_connect(id, &opts, sizeof(opts));
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
  const std::unique_ptr<struct spdk_nvmf_discovery_log_page, decltype(&free)> log(page.log, &free);
  if (!page.done || page.status != 0 || log == nullptr) {
    return Status::Error(Code::kOpen, "spdk-tcp: the discovery controller at " + where + " returned no log page");
  }
  if (TakeFirst(*log, id)) return Status::Ok();
  return Status::Error(Code::kOpen, "spdk-tcp: the discovery controller at " + where + " names no NVM subsystem for TCP");
}

}  // namespace assay::spdk
