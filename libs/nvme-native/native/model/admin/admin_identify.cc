// Identify: one table of CNS values.
#include <utility>

#include "admin_commands.h"
#include "identify.h"
#include "model/reply.h"

namespace assay::model {
namespace {

constexpr uint64_t kCommandSets = 1 << kNvmCommandSet | 1 << kKeyValueCommandSet | 1 << kZonedCommandSet;

struct Request {
  const Sqe& sqe;
  const DriveHeader& header;
  const Namespaces& namespaces;
  bool extended_formats;  // the host knows such (LBAFEE)
  uint8_t* page;

  uint32_t CommandSet() const { return sqe.cdw11 >> 24; }
};

// A namespace that the nsid names, or why there is none. A valid nsid without namespace: a page of zeroes.
template <typename Fill>
uint16_t One(const Request& r, Media* media, Fill fill) {
  if (!r.namespaces.Valid(r.sqe.nsid)) return status::kInvalidNamespace;
  if (media != nullptr) fill(*media, r.page);
  return 0;
}

// What has no logical blocks has no such page.
uint16_t Blocks(const Request& r, Media* media) {
  if (media != nullptr && media->record().command_set == kKeyValueCommandSet) return status::kInvalidCommandSet;
  return One(r, media, [&](const Media& blocks, uint8_t* page) { FillIdentifyNamespace(blocks, r.extended_formats, page); });
}

template <typename Keep>
uint16_t List(const Request& r, Keep keep) {
  if (r.sqe.nsid >= 0xfffffffe) return status::kInvalidNamespace;
  size_t n = 0;
  r.namespaces.ForEachAllocated([&](const Media& media) {
    if (media.nsid() > r.sqe.nsid && keep(media.record())) Put(r.page, 4 * n++, media.nsid());
  });
  return 0;
}

uint16_t ActiveNamespace(const Request& r) {
  if (r.sqe.nsid == UINT32_MAX) {
    FillCommonNamespace(r.extended_formats, r.page);
    return 0;
  }
  return Blocks(r, r.namespaces.Active(r.sqe.nsid));
}

uint16_t AllocatedNamespace(const Request& r) { return Blocks(r, r.namespaces.Allocated(r.sqe.nsid)); }

uint16_t TheController(const Request& r) {
  FillIdentifyController(r.header, r.namespaces.UnallocatedBytes(), r.page);
  return 0;
}

uint16_t Descriptors(const Request& r) {
  if (r.namespaces.Active(r.sqe.nsid) == nullptr) return status::kInvalidNamespace;
  FillIdentifyDescriptors(*r.namespaces.Active(r.sqe.nsid), r.page);
  return 0;
}

uint16_t Independent(const Request& r) { return One(r, r.namespaces.Active(r.sqe.nsid), FillIdentifyIndependent); }

uint16_t NamespaceOfSet(const Request& r) {
  if (r.CommandSet() > 63 || !(kCommandSets >> r.CommandSet() & 1)) return status::kInvalidField;
  if (r.CommandSet() == kNvmCommandSet && r.sqe.nsid == UINT32_MAX) {
    FillCommonProtection(r.page);
    return 0;
  }
  return One(r, r.namespaces.Active(r.sqe.nsid), [&](Media& media, uint8_t* page) {
    const uint32_t set = media.record().command_set;
    // Zoned namespaces are protected as those of the NVM command set are.
    if (r.CommandSet() == kNvmCommandSet && set != kKeyValueCommandSet) FillIdentifyProtection(media, page);
    if (set != r.CommandSet()) return;
    if (set == kZonedCommandSet) FillIdentifyZoned(media, page);
    if (set == kKeyValueCommandSet) FillIdentifyKeyValue(media, page);
  });
}

// Zeroes: no limits below MDTS.
uint16_t ControllerOfSet(const Request& r) {
  return r.CommandSet() <= 63 && (kCommandSets >> r.CommandSet() & 1) ? 0 : status::kInvalidField;
}

uint16_t ActiveList(const Request& r) {
  return List(r, [](const NamespaceRecord& ns) { return ns.attached != 0; });
}

uint16_t ActiveListOfSet(const Request& r) {
  return List(r, [&](const NamespaceRecord& ns) { return ns.attached != 0 && ns.command_set == r.CommandSet(); });
}

uint16_t AllocatedList(const Request& r) {
  return List(r, [](const NamespaceRecord&) { return true; });
}

// One controller, id 0.
uint16_t AttachedControllers(const Request& r) {
  if (!r.namespaces.Valid(r.sqe.nsid)) return status::kInvalidNamespace;
  if (r.namespaces.Active(r.sqe.nsid) != nullptr && r.sqe.cdw10 >> 16 == 0) Put<uint16_t>(r.page, 0, 1);
  return 0;
}

uint16_t Controllers(const Request& r) {
  if (r.sqe.cdw10 >> 16 == 0) Put<uint16_t>(r.page, 0, 1);
  return 0;
}

uint16_t CommandSets(const Request& r) {
  Put(r.page, 0, kCommandSets);
  return 0;
}

constexpr std::pair<uint8_t, uint16_t (*)(const Request&)> kStructures[] = {
    {0x00, ActiveNamespace},     {0x01, TheController},   {0x02, ActiveList},    {0x03, Descriptors},
    {0x05, NamespaceOfSet},      {0x06, ControllerOfSet}, {0x07, ActiveListOfSet}, {0x08, Independent},
    {0x10, AllocatedList},       {0x11, AllocatedNamespace}, {0x12, AttachedControllers}, {0x13, Controllers},
    {0x1c, CommandSets},
};

}  // namespace

Device::Outcome AdminCommands::Identify(const Sqe& sqe) {
  uint8_t page[kIdentifyBytes] = {};
  for (const auto& [cns, fill] : kStructures) {
    if (cns != (sqe.cdw10 & 0xff)) continue;
    if (const uint16_t status = fill({sqe, *d_.header_, d_.namespaces_, d_.KnowsExtendedFormats(), page})) return Fail(status);
    return Give(sqe, page, sizeof page);
  }
  return Fail(status::kInvalidField);
}

}  // namespace assay::model
