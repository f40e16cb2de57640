// JavaScript values to plain structs and back. src/ has validated everything: here it is asserted.
#pragma once
#include <napi.h>

#include <cassert>
#include <string>

#include "core/worker/ioworker.h"
#include "core/worker/sweep.h"

namespace assay::glue {

inline uint32_t U32(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Number>().Uint32Value(); }
inline double Float(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Number>().DoubleValue(); }
inline bool Flag(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Boolean>().Value(); }
inline std::string Text(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::String>().Utf8Value(); }
inline uint64_t U64(const Napi::Value& value) {
  bool lossless = false;
  const uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
  assert(lossless);
  return number;
}
inline uint64_t U64(const Napi::Object& object, const char* key) { return U64(object.Get(key)); }
inline Napi::Value Big(Napi::Env env, uint64_t value) { return Napi::BigInt::New(env, value); }

// A shared C++ object behind an opaque JavaScript value.
template <typename T>
Napi::Value Wrap(Napi::Env env, std::shared_ptr<T> object) {
  return Napi::External<std::shared_ptr<T>>::New(env, new std::shared_ptr<T>(std::move(object)),
                                                 [](Napi::Env, std::shared_ptr<T>* held) { delete held; });
}
template <typename T>
std::shared_ptr<T> Unwrap(const Napi::Value& value) {
  assert(value.IsExternal());
  return *value.As<Napi::External<std::shared_ptr<T>>>().Data();
}

Napi::Value CompletionValue(Napi::Env env, const Done& done);
Napi::Value SparseValue(Napi::Env env, const SparseHistogram& histogram);
Napi::Value MiscompareValue(Napi::Env env, const Miscompare& miscompare);
Napi::Value EventValue(Napi::Env env, uint32_t worker, const WorkerEvent& event);
Napi::Value WorkerResultValue(Napi::Env env, const WorkerResult& result);
Napi::Value SweepResultValue(Napi::Env env, const SweepResult& result);
Sqe SqeOf(const Napi::Object& command);
WorkerOptions WorkerOptionsOf(const Napi::Object& options);
Napi::Value CommonNumber(Napi::Env env, uint64_t value);

}  // namespace assay::glue
