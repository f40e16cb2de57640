#include "../core/thread_census.h"
#include "../model/drive_file.h"
#include "../model/power_switch.h"
#include "addon.h"
#include "convert.h"

namespace assay::glue {
namespace {

using model::DriveSpec;
using model::FaultKind;
using model::FaultRule;

struct FaultName {
  const char* name;
  FaultKind kind;
};
constexpr FaultName kFaultNames[] = {
    {"silent-corruption", FaultKind::kSilentCorruption}, {"flush-lies", FaultKind::kFlushLies},
    {"bad-status", FaultKind::kBadStatus},               {"stall", FaultKind::kStall},
    {"lost-completion", FaultKind::kLostCompletion},     {"slow-ready", FaultKind::kSlowReady},
    {"failed-activation", FaultKind::kFailedActivation},
};

FaultRule FaultOf(const Napi::Object& o) {
  FaultRule rule{};
  const std::string kind = Text(o, "kind");
  for (const FaultName& known : kFaultNames) {
    if (kind == known.name) rule.kind = known.kind;
  }
  rule.every_nth = U32(o, "everyNth");
  rule.after = static_cast<uint64_t>(Float(o, "after"));
  rule.slba = U64(o, "slba");
  rule.lba_count = U64(o, "lbaCount");
  rule.opcode = U32(o, "opcode");
  rule.sct = U32(o, "sct");
  rule.sc = U32(o, "sc");
  rule.ms = U32(o, "ms");
  rule.left = static_cast<uint64_t>(Float(o, "times"));
  return rule;
}

DriveSpec SpecOf(const Napi::Object& o) {
  DriveSpec spec;
  spec.model = Text(o, "model");
  spec.serial = Text(o, "serial");
  spec.firmware = Text(o, "firmware");
  spec.nguid = Text(o, "nguid");
  spec.capacity_bytes = U64(o, "capacityBytes");
  spec.lba_bytes = U32(o, "lbaBytes");
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
  const auto faults = o.Get("faults").As<Napi::Array>();
  for (uint32_t i = 0; i < faults.Length(); i++) spec.faults.push_back(FaultOf(Napi::Value(faults[i]).As<Napi::Object>()));
  return spec;
}

Napi::Value Create(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
  StartThread("assay-model", [pending, path = info[0].As<Napi::String>().Utf8Value(), spec = SpecOf(info[1].As<Napi::Object>())] {
    if (Status s = model::CreateDrive(path, spec); !s.ok()) return pending->Reject(s);
    pending->Resolve([](Napi::Env inner) -> Napi::Value { return inner.Undefined(); });
  });
  return pending->promise(env);
}

// modelPower(path, "on" | "off" | "read") -> { power, generation }
Napi::Value Power(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
  StartThread("assay-power", [pending, path = info[0].As<Napi::String>().Utf8Value(), action = info[1].As<Napi::String>().Utf8Value()] {
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

}  // namespace

void RegisterModel(Napi::Env env, Napi::Object exports) {
  exports.Set("createModelDrive", Napi::Function::New(env, Create));
  exports.Set("modelPower", Napi::Function::New(env, Power));
}

}  // namespace assay::glue
