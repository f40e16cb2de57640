#include "model/media/drive_file.h"
#include "model/faults/fault_kinds.h"
#include "model/device/power_switch.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"

namespace assay::glue {
namespace {

using model::DriveSpec;
using model::FaultRule;
using model::NamespaceRecord;

FaultRule FaultOf(const Napi::Object& o) {
  FaultRule rule{};
  const std::string kind = Text(o, "kind");
  for (const model::FaultKindInfo& known : model::kFaultKinds) {
    if (kind == known.name) rule.kind = known.kind;
  }
  rule.has_opcode = Flag(o, "hasOpcode");
  rule.opcode = U32(o, "opcode");
  rule.per_billion = U32(o, "perBillion");
  rule.after_commands = static_cast<uint64_t>(Float(o, "afterCommands"));
  rule.after_writes = static_cast<uint64_t>(Float(o, "afterWrites"));
  rule.slba = U64(o, "slba");
  rule.lba_count = U64(o, "lbaCount");
  rule.every_nth = U32(o, "everyNth");
  rule.seed = U64(o, "seed");
  rule.sct = U32(o, "sct");
  rule.sc = U32(o, "sc");
  rule.ms = U32(o, "ms");
  rule.amount = U32(o, "amount");
  rule.left = U64(o, "times");
  return rule;
}

template <size_t N>
void HexOf(const Napi::Object& o, const char* key, uint8_t (&into)[N]) {
  const std::string text = Text(o, key);
  auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10); };
  for (size_t i = 0; i < N && 2 * i + 1 < text.size(); i++) into[i] = static_cast<uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
}

NamespaceRecord NamespaceOf(const Napi::Object& o) {
  NamespaceRecord ns{};
  ns.bytes = U64(o, "bytes");
  ns.lba_format = U32(o, "lbaFormat");
  ns.compared_storage = U64(o, "storageMask");
  ns.extended = Flag(o, "extended");
  ns.pi_type = U32(o, "piType");
  ns.pi_first = Flag(o, "piFirst");
  ns.attached = Flag(o, "attached");
  ns.command_set = U32(o, "commandSet");
  ns.zone_lbas = U64(o, "zoneLbas");
  ns.zone_capacity = U64(o, "zoneCapacity");
  ns.max_open = U32(o, "maxOpen");
  ns.max_active = U32(o, "maxActive");
  ns.zone_extension_units = U32(o, "zoneExtensionBytes") / model::kZoneExtensionUnit;
  ns.max_key_bytes = U32(o, "maxKeyBytes");
  ns.max_value_bytes = U32(o, "maxValueBytes");
  ns.max_keys = U32(o, "maxKeys");
  ns.has_nguid = !Text(o, "nguid").empty();
  HexOf(o, "nguid", ns.nguid);
  HexOf(o, "eui64", ns.eui64);
  HexOf(o, "uuid", ns.uuid);
  return ns;
}

void WornZonesOf(const Napi::Object& o, const char* key, model::ZoneState state, uint32_t nsid, DriveSpec* spec) {
  const auto list = o.Get(key).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) spec->worn_zones.push_back({nsid, Napi::Value(list[i]).As<Napi::Number>().Uint32Value(), state});
}

model::PlacementConfiguration PlacementOf(const Napi::Object& o) {
  model::PlacementConfiguration c{};
  c.groups = U32(o, "groups");
  c.group_bits = U32(o, "groupBits");
  c.unit_bytes = U64(o, "unitBytes");
  c.time_limit_s = U32(o, "timeLimitSeconds");
  const auto isolation = o.Get("isolation").As<Napi::Array>();
  c.handles = std::min(isolation.Length(), model::kMaxReclaimUnitHandles);
  for (uint32_t i = 0; i < c.handles; i++) c.isolation[i] = static_cast<uint8_t>(Napi::Value(isolation[i]).As<Napi::Number>().Uint32Value());
  return c;
}

std::vector<uint16_t> PlacementHandlesOf(const Napi::Object& ns) {
  const auto list = ns.Get("placementHandles").As<Napi::Array>();
  std::vector<uint16_t> handles;
  for (uint32_t i = 0; i < list.Length(); i++) handles.push_back(static_cast<uint16_t>(Napi::Value(list[i]).As<Napi::Number>().Uint32Value()));
  return handles;
}

DriveSpec SpecOf(const Napi::Object& o) {
  DriveSpec spec;
  spec.model = Text(o, "model");
  spec.serial = Text(o, "serial");
  spec.firmware = Text(o, "firmware");
  spec.capacity_bytes = U64(o, "capacityBytes");
  spec.seed = U64(o, "seed");
  spec.volatile_cache = Flag(o, "volatileCache");
  spec.cache_bytes = U32(o, "cacheBytes");
  spec.max_qpairs = U32(o, "maxQpairs");
  spec.max_queue_entries = U32(o, "maxQueueEntries");
  spec.mdts_bytes = U32(o, "mdtsBytes");
  spec.ready_ms = U32(o, "readyMs");
  spec.has_latency = Flag(o, "hasLatency");
  spec.read_us = U32(o, "readUs");
  spec.write_us = U32(o, "writeUs");
  spec.flush_us = U32(o, "flushUs");
  spec.jitter_percent = U32(o, "jitterPercent");
  spec.nand.dies = U32(o, "dies");
  spec.nand.steady_write_us = U32(o, "steadyWriteUs");
  spec.nand.slc_bytes = static_cast<uint64_t>(Float(o, "slcBytes"));
  spec.nand.fold_bytes_per_s = static_cast<uint64_t>(Float(o, "foldBytesPerSecond"));
  spec.nand.collect_every_bytes = static_cast<uint64_t>(Float(o, "collectEveryBytes"));
  spec.nand.collect_us = U32(o, "collectUs");
  spec.nand.ambient_c = Float(o, "ambientC");
  spec.nand.throttle_c = Float(o, "throttleC");
  spec.nand.degrees_per_gib = Float(o, "degreesPerGib");
  spec.nand.cool_s = Float(o, "coolSeconds");
  spec.nand.throttle_percent = U32(o, "throttlePercent");
  spec.loss_policy = U32(o, "lossPolicy");
  spec.awupf = U32(o, "awupfLbas") - 1;
  spec.awun = U32(o, "awunLbas") - 1;
  spec.format_ms = U32(o, "formatMs");
  spec.weighted_round_robin = Flag(o, "weightedRoundRobin");
  spec.opal_msid = Text(o, "opalMsid");
  spec.opal_psid = Text(o, "opalPsid");
  spec.max_namespaces = U32(o, "maxNamespaces");
  const auto namespaces = o.Get("namespaces").As<Napi::Array>();
  for (uint32_t i = 0; i < namespaces.Length(); i++) {
    const auto ns = Napi::Value(namespaces[i]).As<Napi::Object>();
    spec.namespaces.push_back(NamespaceOf(ns));
    spec.placement_handles.push_back(PlacementHandlesOf(ns));
    WornZonesOf(ns, "readOnlyZones", model::kReadOnly, i + 1, &spec);
    WornZonesOf(ns, "offlineZones", model::kOffline, i + 1, &spec);
  }
  const auto placement = o.Get("placement").As<Napi::Array>();
  for (uint32_t i = 0; i < placement.Length(); i++) spec.placement.push_back(PlacementOf(Napi::Value(placement[i]).As<Napi::Object>()));
  spec.placement_enabled = o.Get("placementEnabled").As<Napi::Number>().Int32Value();
  const auto faults = o.Get("faults").As<Napi::Array>();
  for (uint32_t i = 0; i < faults.Length(); i++) spec.faults.push_back(FaultOf(Napi::Value(faults[i]).As<Napi::Object>()));
  return spec;
}

Napi::Value Create(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
  OnOwnThread("assay-model", pending, [pending, path = info[0].As<Napi::String>().Utf8Value(), spec = SpecOf(info[1].As<Napi::Object>())] {
    if (Status s = model::CreateDrive(path, spec); !s.ok()) return pending->Reject(s);
    pending->Resolve([](Napi::Env inner) -> Napi::Value { return inner.Undefined(); });
  });
  return pending->promise(env);
}

// modelPower(path, "on" | "off" | "read") -> { power, generation }
Napi::Value Power(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
  OnOwnThread("assay-power", pending, [pending, path = info[0].As<Napi::String>().Utf8Value(), action = info[1].As<Napi::String>().Utf8Value()] {
    model::PowerReport report;
    const Status status = action == "read" ? model::ReadPower(path, &report) : model::SwitchPower(path, action == "on", &report);
    if (!status.ok()) return pending->Reject(status);
    pending->Resolve([report](Napi::Env inner) -> Napi::Value {
      Napi::Object value = Napi::Object::New(inner);
      value.Set("power", report.on ? "on" : "off");
      value.Set("generation", CommonNumber(inner, report.generation));
      return value;
    });
  });
  return pending->promise(env);
}

// modelFaults(path) -> [{ kind, seen, acted }]: what the planted defects have done since the drive was made
Napi::Value FaultCounts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
  OnOwnThread("assay-model", pending, [pending, path = info[0].As<Napi::String>().Utf8Value()] {
    std::unique_ptr<model::DriveFile> file;
    if (Status s = model::DriveFile::OpenAsSwitch(path, &file); !s.ok()) return pending->Reject(s);
    const model::DriveHeader& header = file->header();
    const std::vector<FaultRule> rules(header.faults, header.faults + header.fault_count);
    pending->Resolve([rules](Napi::Env inner) -> Napi::Value {
      Napi::Array list = Napi::Array::New(inner, rules.size());
      for (uint32_t i = 0; i < rules.size(); i++) {
        Napi::Object value = Napi::Object::New(inner);
        value.Set("kind", model::InfoOf(rules[i].kind).name);
        value.Set("seen", CommonNumber(inner, rules[i].seen));
        value.Set("acted", CommonNumber(inner, rules[i].acted));
        list.Set(i, value);
      }
      return list;
    });
  });
  return pending->promise(env);
}

}  // namespace

void RegisterModel(Napi::Env env, Napi::Object exports) {
  exports.Set("createModelDrive", Napi::Function::New(env, Create));
  exports.Set("modelFaults", Napi::Function::New(env, FaultCounts));
  exports.Set("modelPower", Napi::Function::New(env, Power));
}

}  // namespace assay::glue
