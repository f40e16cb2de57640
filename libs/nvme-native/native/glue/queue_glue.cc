// Queue pairs of scripts, the list of all queues, their flight recorders and what the drive did against the protocol.
#include "core/host/lane.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"

namespace assay::glue {
namespace {

// createQpair(controller, entries, priority, interrupts, vector) -> { handle, qid, cmdlogPath }
Napi::Value CreateQpair(const Napi::CallbackInfo& info) {
  QpairOptions options;
  options.entries = info[1].As<Napi::Number>();
  options.priority = static_cast<uint8_t>(info[2].As<Napi::Number>().Uint32Value());
  options.interrupts = info[3].As<Napi::Boolean>();
  options.vector = static_cast<uint16_t>(info[4].As<Napi::Number>().Uint32Value());
  return OnControlThread(info, [options](Controller& controller, const std::shared_ptr<Pending>& pending) {
    std::shared_ptr<Lane> lane;
    if (Status s = Lane::Create(&controller, options, &lane); !s.ok()) return pending->Reject(s);
    pending->Resolve([lane, qid = lane->qid(), path = lane->qpair->cmdlog_path()](Napi::Env env) -> Napi::Value {
      Napi::Object value = Napi::Object::New(env);
      value.Set("handle", Wrap(env, lane));
      value.Set("qid", static_cast<uint32_t>(qid));
      value.Set("cmdlogPath", path.empty() ? env.Null() : Napi::Value(Napi::String::New(env, path)));
      return value;
    });
  });
}

Napi::Value DeleteQpair(const Napi::CallbackInfo& info) {
  auto lane = Unwrap<Lane>(info[1]);
  return OnControlThread(info, [lane](Controller& controller, const std::shared_ptr<Pending>& pending) {
    lane->Delete(&controller);
    pending->Resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); });
  });
}

// violations(controller) -> { count, first } | null
Napi::Value Violations(const Napi::CallbackInfo& info) {
  static const char* const kKinds[] = {"duplicate-completion", "unknown-cid"};
  Napi::Env env = info.Env();
  auto host = Unwrap<Controller>(info[0])->host();
  const ViolationLog* log = host->Violations();
  if (log == nullptr) return env.Null();
  const std::vector<ProtocolViolation> first = log->first();
  const uint64_t wall_minus_boot = RealtimeNs() - BoottimeNs();
  Napi::Array list = Napi::Array::New(env, first.size());
  for (uint32_t i = 0; i < first.size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("kind", kKinds[static_cast<int>(first[i].kind)]);
    entry.Set("qid", static_cast<uint32_t>(first[i].qid));
    entry.Set("cid", static_cast<uint32_t>(first[i].cid));
    entry.Set("atMs", CommonNumber(env, (first[i].at_ns + wall_minus_boot) / kNsPerMs));
    list.Set(i, entry);
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("count", CommonNumber(env, log->count()));
  value.Set("first", list);
  return value;
}

// queues(controller) -> { qid, depth, outstanding, label }[]
Napi::Value Queues(const Napi::CallbackInfo& info) {
  return OnControlThread(info, [](Controller& controller, const std::shared_ptr<Pending>& pending) {
    pending->Resolve([queues = controller.Queues()](Napi::Env env) -> Napi::Value {
      Napi::Array values = Napi::Array::New(env, queues.size());
      for (uint32_t i = 0; i < queues.size(); i++) {
        Napi::Object value = Napi::Object::New(env);
        value.Set("qid", static_cast<uint32_t>(queues[i].qid));
        value.Set("depth", queues[i].entries);
        value.Set("outstanding", queues[i].outstanding);
        value.Set("label", queues[i].label);
        values.Set(i, value);
      }
      return values;
    });
  });
}

Napi::Value ImageOf(Napi::Env env, const Cmdlog& cmdlog) {
  return Napi::Buffer<uint8_t>::Copy(env, cmdlog.image(), cmdlog.image_bytes());
}

// adminCmdlog(controller), qpairCmdlog(qpair): the flight recorder as its file holds it now; also when all is closed
Napi::Value AdminCmdlog(const Napi::CallbackInfo& info) { return ImageOf(info.Env(), Unwrap<Controller>(info[0])->admin_cmdlog()); }
Napi::Value QpairCmdlog(const Napi::CallbackInfo& info) { return ImageOf(info.Env(), Unwrap<Lane>(info[0])->qpair->cmdlog()); }

}  // namespace

void RegisterQueues(Napi::Env env, Napi::Object exports) {
  exports.Set("createQpair", Napi::Function::New(env, CreateQpair));
  exports.Set("deleteQpair", Napi::Function::New(env, DeleteQpair));
  exports.Set("violations", Napi::Function::New(env, Violations));
  exports.Set("queues", Napi::Function::New(env, Queues));
  exports.Set("adminCmdlog", Napi::Function::New(env, AdminCmdlog));
  exports.Set("qpairCmdlog", Napi::Function::New(env, QpairCmdlog));
}

}  // namespace assay::glue
