// What workers and sweeps tell, as JavaScript values.
#include "convert.h"

namespace assay::glue {
namespace {

const char* const kOperationNames[] = {"read", "write", "other"};
const char* const kEndNames[] = {"done", "stopped", "terminated", "error", "deadline", "frozen"};
const char* const kActionNames[] = {"stop", "count", "ignore", "freeze"};

struct EventToValue {
  Napi::Env env;
  uint32_t worker;

  Napi::Value operator()(const WorkerSample& sample) const {
    Napi::Object body = Napi::Object::New(env);
    body.Set("worker", worker);
    body.Set("interval", CommonNumber(env, sample.interval));
    body.Set("intervalMs", sample.interval_ms);
    body.Set("atMs", CommonNumber(env, sample.at_ms));
    body.Set("reads", CommonNumber(env, sample.count[0]));
    body.Set("writes", CommonNumber(env, sample.count[1]));
    body.Set("others", CommonNumber(env, sample.count[2]));
    body.Set("readBytes", CommonNumber(env, sample.read_bytes));
    body.Set("writeBytes", CommonNumber(env, sample.write_bytes));
    body.Set("errors", CommonNumber(env, sample.errors));
    body.Set("latencyAverageNs", sample.latency_average_ns);
    body.Set("latencyMaxNs", CommonNumber(env, sample.latency_max_ns));
    Napi::Object event = Napi::Object::New(env);
    event.Set("type", "sample");
    event.Set("sample", body);
    return event;
  }
  Napi::Value operator()(const WorkerHistogram& histogram) const {
    Napi::Object event = Napi::Object::New(env);
    event.Set("type", "histogram");
    event.Set("operation", kOperationNames[static_cast<int>(histogram.operation)]);
    event.Set("fromMs", CommonNumber(env, histogram.from_ms));
    event.Set("toMs", CommonNumber(env, histogram.to_ms));
    event.Set("buckets", SparseValue(env, histogram.buckets));
    return event;
  }
  Napi::Value operator()(const WorkerFrozen& frozen) const {
    Napi::Object event = Napi::Object::New(env);
    event.Set("type", "frozen");
    event.Set("opcode", static_cast<uint32_t>(frozen.opcode));
    event.Set("sct", static_cast<uint32_t>(frozen.sct));
    event.Set("sc", static_cast<uint32_t>(frozen.sc));
    event.Set("slba", Big(env, frozen.slba));
    event.Set("lbaCount", frozen.lbas);
    return event;
  }
  Napi::Value operator()(const Miscompare& miscompare) const {
    Napi::Object event = Napi::Object::New(env);
    event.Set("type", "miscompare");
    event.Set("miscompare", MiscompareValue(env, miscompare));
    return event;
  }
};

Napi::Value OperationsValue(Napi::Env env, const std::vector<OperationFigures>& operations) {
  Napi::Array list = Napi::Array::New(env, operations.size());
  for (uint32_t i = 0; i < operations.size(); i++) {
    const OperationFigures& figures = operations[i];
    Napi::Object value = Napi::Object::New(env);
    value.Set("opcode", static_cast<uint32_t>(figures.opcode));
    value.Set("count", CommonNumber(env, figures.count));
    value.Set("errors", CommonNumber(env, figures.errors));
    value.Set("bytes", CommonNumber(env, figures.bytes));
    value.Set("latencyAverageNs", figures.latency_average_ns);
    value.Set("latencyMaxNs", CommonNumber(env, figures.latency_max_ns));
    value.Set("histogram", SparseValue(env, figures.latency));
    value.Set("serviceHistogram", SparseValue(env, figures.service));
    list.Set(i, value);
  }
  return list;
}

Napi::Value LastCommandsValue(Napi::Env env, const std::vector<CommandRecord>& commands) {
  Napi::Array list = Napi::Array::New(env, commands.size());
  for (uint32_t i = 0; i < commands.size(); i++) {
    Napi::HandleScope scope(env);
    const CommandRecord& record = commands[i];
    Cqe cqe{};
    cqe.status = record.status;
    Napi::Object value = Napi::Object::New(env);
    value.Set("opcode", static_cast<uint32_t>(record.opcode));
    value.Set("slba", Big(env, record.slba));
    value.Set("lbaCount", record.lbas);
    value.Set("submittedNs", Big(env, record.submit_ns));
    value.Set("completedNs", record.completed ? Big(env, record.complete_ns) : env.Null());
    value.Set("sct", static_cast<uint32_t>(cqe.Sct()));
    value.Set("sc", static_cast<uint32_t>(cqe.Sc()));
    list.Set(i, value);
  }
  return list;
}

}  // namespace

Napi::Value EventValue(Napi::Env env, uint32_t worker, const WorkerEvent& event) { return std::visit(EventToValue{env, worker}, event); }

Napi::Value WorkerResultValue(Napi::Env env, const WorkerResult& r) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("end", kEndNames[static_cast<int>(r.end)]);
  value.Set("reads", Big(env, r.reads));
  value.Set("writes", Big(env, r.writes));
  value.Set("flushes", Big(env, r.flushes));
  value.Set("readBytes", Big(env, r.read_bytes));
  value.Set("writtenBytes", Big(env, r.written_bytes));
  value.Set("durationMs", r.duration_ms);
  Napi::Array errors = Napi::Array::New(env, r.errors.size());
  for (uint32_t i = 0; i < r.errors.size(); i++) {
    Napi::Object error = Napi::Object::New(env);
    error.Set("opcode", static_cast<uint32_t>(r.errors[i].opcode));
    error.Set("sct", static_cast<uint32_t>(r.errors[i].sct));
    error.Set("sc", static_cast<uint32_t>(r.errors[i].sc));
    error.Set("count", CommonNumber(env, r.errors[i].count));
    error.Set("firstMs", CommonNumber(env, r.errors[i].first_ms));
    error.Set("lastMs", CommonNumber(env, r.errors[i].last_ms));
    error.Set("action", kActionNames[static_cast<int>(r.errors[i].action)]);
    errors.Set(i, error);
  }
  value.Set("errors", errors);
  value.Set("miscompares", Big(env, r.miscompares));
  value.Set("checkedLbas", Big(env, r.checked_lbas));
  value.Set("unknownLbas", Big(env, r.unknown_lbas));
  value.Set("latencyAverageNs", r.latency_average_ns);
  value.Set("latencyMaxNs", CommonNumber(env, r.latency_max_ns));
  Napi::Object latency = Napi::Object::New(env);
  Napi::Object service = Napi::Object::New(env);
  for (int i = 0; i < kOperations; i++) {
    latency.Set(kOperationNames[i], SparseValue(env, r.latency[i]));
    service.Set(kOperationNames[i], SparseValue(env, r.service[i]));
  }
  value.Set("histograms", latency);
  value.Set("serviceHistograms", service);
  value.Set("operations", OperationsValue(env, r.operations));
  value.Set("lastCommands", LastCommandsValue(env, r.last_commands));
  value.Set("skippedLbas", Big(env, r.left_out_lbas));
  value.Set("inFlight", r.in_flight);
  value.Set("stalenessChecked", r.staleness_checked);
  value.Set("protocolErrors", CommonNumber(env, r.protocol_errors));
  value.Set("cpuPercent", r.cpu_percent);
  return value;
}

Napi::Value SweepResultValue(Napi::Env env, const SweepResult& r) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("checkedLbas", Big(env, r.checked));
  value.Set("unknownLbas", Big(env, r.unknown));
  value.Set("violations", Big(env, r.violations));
  value.Set("coveragePercent", r.coverage_percent ? Napi::Number::New(env, *r.coverage_percent) : env.Null());
  value.Set("stalenessChecked", r.staleness_checked);
  Napi::Array miscompares = Napi::Array::New(env, r.miscompares.size());
  for (uint32_t i = 0; i < r.miscompares.size(); i++) miscompares.Set(i, MiscompareValue(env, r.miscompares[i]));
  value.Set("miscompares", miscompares);
  value.Set("newest", Big(env, r.newest));
  value.Set("older", Big(env, r.older));
  value.Set("readErrors", Big(env, r.read_errors));
  value.Set("durationMs", r.duration_ms);
  return value;
}

}  // namespace assay::glue
