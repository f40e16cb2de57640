// NVMe over Fabrics discovery.
#include "core/host/deadline.h"
#include "core/host/host_table.h"
#include "addon.h"
#include "control_thread.h"
#include "convert.h"

namespace assay::glue {
namespace {

#ifdef ASSAY_WITH_SPDK
Napi::Value EntryValue(Napi::Env env, const DiscoveredSubsystem& found) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("transport", found.transport);
  value.Set("family", found.family);
  value.Set("address", found.address);
  value.Set("service", found.service);
  value.Set("nqn", found.nqn);
  value.Set("discovery", found.discovery);
  return value;
}
#endif

// discover({ address, port }, timeoutMs) -> [{ transport, family, address, service, nqn, discovery }]
Napi::Value Discover(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pending = Pending::Create(env, StateOf(env).queue);
#ifdef ASSAY_WITH_SPDK
  TransportAddress address;
  address.transport = "spdk-tcp";
  address.address = Text(info[0].As<Napi::Object>(), "address");
  address.port = static_cast<uint16_t>(U32(info[0].As<Napi::Object>(), "port"));
  const uint32_t timeout_ms = info[1].As<Napi::Number>();
  OnOwnThread("assay-discover", pending, [pending, address, timeout_ms] {
    if (DeadlinePassed(BoottimeNs())) return pending->Reject(Status::Error(Code::kDeadline, "the deadline has passed: nobody is asked any more"));
    auto found = std::make_shared<std::vector<DiscoveredSubsystem>>();
    if (Status s = SpdkDiscover(address, timeout_ms, found.get()); !s.ok()) return pending->Reject(s);
    pending->Resolve([found](Napi::Env inner) -> Napi::Value {
      Napi::Array list = Napi::Array::New(inner, found->size());
      for (uint32_t i = 0; i < found->size(); i++) list.Set(i, EntryValue(inner, (*found)[i]));
      return list;
    });
  });
#else
  pending->Reject(Status::Error(Code::kUnsupported, "spdk-tcp: discovery needs SPDK, and this addon was built without it"));
#endif
  return pending->promise(env);
}

}  // namespace

void RegisterDiscovery(Napi::Env env, Napi::Object exports) { exports.Set("discover", Napi::Function::New(env, Discover)); }

}  // namespace assay::glue
