#include "convert.h"

namespace assay::glue {
namespace {

const char* const kOperationNames[] = {"read", "write", "other"};
const char* const kEndNames[] = {"done", "stopped", "terminated", "error", "deadline", "frozen"};
const char* const kActionNames[] = {"stop", "count", "ignore", "freeze"};
const char* const kMiscompareNames[] = {"bit-error",         "wrong-lba",       "stale-version", "torn-write",
                                        "unexpected-zeroes", "unexpected-data", "uncorrectable", "lost-write"};

const char* const kWriteEndNames[] = {"acknowledged", "uncertain", "unknown", "not-sent"};

template <typename T>
Napi::Value Optional(Napi::Env env, const std::optional<T>& value) {
  if (!value) return env.Null();
  if constexpr (sizeof(T) == 8) return Napi::BigInt::New(env, static_cast<uint64_t>(*value));
  return Napi::Number::New(env, static_cast<double>(*value));
}

Napi::Value Big(Napi::Env env, uint64_t value) { return Napi::BigInt::New(env, value); }

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

}  // namespace

Napi::Value CommonNumber(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

Napi::Value CompletionValue(Napi::Env env, const Done& done) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("cdw0", done.cqe.cdw0);
  value.Set("cdw1", done.cqe.cdw1);
  value.Set("sct", static_cast<uint32_t>(done.cqe.Sct()));
  value.Set("sc", static_cast<uint32_t>(done.cqe.Sc()));
  value.Set("dnr", done.cqe.Dnr());
  value.Set("more", done.cqe.More());
  value.Set("local", done.local);
  value.Set("latencyNs", CommonNumber(env, done.complete_ns - done.submit_ns));
  if (!done.local) value.Set("cid", static_cast<uint32_t>(done.cqe.cid));
  return value;
}

Napi::Value SparseValue(Napi::Env env, const SparseHistogram& histogram) {
  Napi::Array array = Napi::Array::New(env, histogram.size());
  for (uint32_t i = 0; i < histogram.size(); i++) {
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, histogram[i].first);
    pair.Set(1u, CommonNumber(env, histogram[i].second));
    array.Set(i, pair);
  }
  return array;
}

Napi::Value MiscompareValue(Napi::Env env, const Miscompare& m) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("nsid", m.nsid);
  value.Set("lba", Big(env, m.lba));
  value.Set("kind", kMiscompareNames[static_cast<int>(m.kind)]);
  value.Set("byteOffset", Optional(env, m.byte_offset));
  value.Set("expectedToken", Optional(env, m.expected_token));
  value.Set("gotToken", Optional(env, m.got_token));
  value.Set("expectedLba", Optional(env, m.expected_lba));
  value.Set("gotLba", Optional(env, m.got_lba));
  value.Set("expected", m.expected);
  value.Set("got", m.got);
  Napi::Array writes = Napi::Array::New(env, m.last_writes.size());
  for (uint32_t i = 0; i < m.last_writes.size(); i++) {
    const LoggedWrite& write = m.last_writes[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("slba", Big(env, write.slba));
    entry.Set("lbaCount", write.lba_count);
    entry.Set("opcode", static_cast<uint32_t>(write.origin.opcode));
    entry.Set("qid", static_cast<uint32_t>(write.origin.qid));
    entry.Set("worker", write.origin.worker);
    entry.Set("end", kWriteEndNames[static_cast<int>(write.end)]);
    entry.Set("token", Optional(env, write.token));
    entry.Set("atMs", CommonNumber(env, write.ended_ms));
    writes.Set(i, entry);
  }
  value.Set("lastWrites", writes);
  return value;
}

Napi::Value EventValue(Napi::Env env, uint32_t worker, const WorkerEvent& event) { return std::visit(EventToValue{env, worker}, event); }

static Napi::Value OperationsValue(Napi::Env env, const std::vector<OperationFigures>& operations) {
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

static Napi::Value LastCommandsValue(Napi::Env env, const std::vector<CommandRecord>& commands) {
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
  value.Set("coveragePercent", r.coverage_percent);
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

Sqe SqeOf(const Napi::Object& command) {
  Sqe sqe{};
  sqe.opc = static_cast<uint8_t>(U32(command, "opcode"));
  sqe.nsid = U32(command, "nsid");
  sqe.cdw10 = U32(command, "cdw10");
  sqe.cdw11 = U32(command, "cdw11");
  sqe.cdw12 = U32(command, "cdw12");
  sqe.cdw13 = U32(command, "cdw13");
  sqe.cdw14 = U32(command, "cdw14");
  sqe.cdw15 = U32(command, "cdw15");
  if (command.Has("fuse")) sqe.fuse_psdt = static_cast<uint8_t>(U32(command, "fuse"));
  if (command.Has("prp1")) sqe.prp1 = U64(command, "prp1");
  if (command.Has("prp2")) sqe.prp2 = U64(command, "prp2");
  if (command.Has("mptr")) sqe.mptr = U64(command, "mptr");
  return sqe;
}

}  // namespace assay::glue
