// What src/worker-options.ts has checked, as the core wants it.
#include "convert.h"

namespace assay::glue {
namespace {

template <typename Take>
void ForEach(const Napi::Object& object, const char* key, Take take) {
  const auto list = object.Get(key).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) take(Napi::Value(list[i]));
}

ErrorAction ActionOf(const std::string& name) {
  return name == "stop" ? ErrorAction::kStop : name == "count" ? ErrorAction::kCount : ErrorAction::kIgnore;
}

PatternOptions PatternOptionsOf(const Napi::Object& o) {
  PatternOptions pattern;
  ForEach(o, "sizes", [&](const Napi::Value& value) {
    const auto size = value.As<Napi::Object>();
    pattern.sizes.push_back({U32(size, "lbas"), U32(size, "weight"), size.Has("alignLbas") ? U32(size, "alignLbas") : 0});
  });
  ForEach(o, "operations", [&](const Napi::Value& value) {
    const auto share = value.As<Napi::Object>();
    pattern.operations.push_back({static_cast<uint8_t>(U32(share, "opcode")), U32(share, "percent")});
  });
  ForEach(o, "distribution", [&](const Napi::Value& value) { pattern.distribution.push_back(value.As<Napi::Number>()); });
  pattern.random_percent = U32(o, "randomPercent");
  pattern.read_percent = U32(o, "readPercent");
  pattern.region_start = U64(o, "regionStartLba");
  pattern.region_lbas = U64(o, "regionLbas");
  pattern.align_lbas = U32(o, "alignLbas");
  if (o.Get("stepLbas").IsNumber()) pattern.step_lbas = o.Get("stepLbas").As<Napi::Number>().Int64Value();
  pattern.flush_every = U32(o, "flushEvery");
  pattern.seed = U64(o, "seed");
  return pattern;
}

}  // namespace

WorkerOptions WorkerOptionsOf(const Napi::Object& o) {
  WorkerOptions options;
  options.pattern = PatternOptionsOf(o);
  options.worker = U32(o, "worker");
  options.depth = U32(o, "depth");
  options.iops = Float(o, "iops");
  options.time_ns = static_cast<uint64_t>(Float(o, "timeMs") * 1e6);
  options.io_count = static_cast<uint64_t>(Float(o, "ioCount"));
  options.passes = static_cast<uint64_t>(Float(o, "passes"));
  options.verify = Flag(o, "verify");
  options.on_error = ActionOf(Text(o, "onError"));
  ForEach(o, "onStatus", [&](const Napi::Value& value) {
    const auto policy = value.As<Napi::Object>();
    options.on_status.push_back({static_cast<uint8_t>(U32(policy, "sct")), static_cast<uint8_t>(U32(policy, "sc")), ActionOf(Text(policy, "action"))});
  });
  options.sample_ns = static_cast<uint64_t>(Float(o, "sampleMs") * 1e6);
  options.histogram_ns = static_cast<uint64_t>(Float(o, "histogramMs") * 1e6);
  return options;
}

}  // namespace assay::glue
