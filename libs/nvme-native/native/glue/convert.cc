#include "convert.h"

#include <cstring>

namespace assay::glue {
namespace {

const char* const kMiscompareNames[] = {"bit-error",         "wrong-lba",       "stale-version", "torn-write",
                                        "unexpected-zeroes", "unexpected-data", "uncorrectable", "lost-write",
                                        "protection-information"};

const char* const kWriteEndNames[] = {"acknowledged", "uncertain", "unknown", "not-sent"};

template <typename T>
Napi::Value Optional(Napi::Env env, const std::optional<T>& value) {
  if (!value) return env.Null();
  if constexpr (sizeof(T) == 8) return Napi::BigInt::New(env, static_cast<uint64_t>(*value));
  return Napi::Number::New(env, static_cast<double>(*value));
}

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
  if (done.local) return value;
  value.Set("cid", static_cast<uint32_t>(done.cqe.cid));
  uint32_t dwords[4];
  static_assert(sizeof dwords == sizeof done.cqe);
  std::memcpy(dwords, &done.cqe, sizeof dwords);
  Napi::Array entry = Napi::Array::New(env, 4);
  for (uint32_t i = 0; i < 4; i++) entry.Set(i, dwords[i]);
  value.Set("dwords", entry);
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
  if (command.Has("cdw2")) sqe.cdw2 = U32(command, "cdw2");
  if (command.Has("cdw3")) sqe.cdw3 = U32(command, "cdw3");
  if (command.Has("fuse")) sqe.fuse_psdt = static_cast<uint8_t>(U32(command, "fuse"));
  if (command.Has("prp1")) sqe.prp1 = U64(command, "prp1");
  if (command.Has("prp2")) sqe.prp2 = U64(command, "prp2");
  if (command.Has("mptr")) sqe.mptr = U64(command, "mptr");
  return sqe;
}

}  // namespace assay::glue
