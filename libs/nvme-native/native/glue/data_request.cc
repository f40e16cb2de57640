#include "data_request.h"

#include <cstring>

namespace assay::glue {
namespace {

// Memory that was lent goes along as it is, other data are copied; "none" carries nothing. kQpair.
Status Carry(Controller& controller, const Napi::Value& given, const std::string& direction, Request* request) {
  if (direction == "none" || !given.IsObject()) return Status::Ok();
  Command& command = request->command;
  command.direction = direction == "to-device" ? Direction::kToDevice : Direction::kFromDevice;
  if (!given.IsTypedArray()) {
    const auto view = given.As<Napi::Object>();
    request->lent = Unwrap<Buffer>(view.Get("memory"));
    const uint32_t offset = U32(view, "offset");
    command.data_bytes = U32(view, "bytes");
    assert(offset + size_t{command.data_bytes} <= request->lent->bytes());
    command.data = request->lent->data() + offset;
    return Status::Ok();
  }
  const auto data = given.As<Napi::Uint8Array>();
  request->buffer = Buffer(controller.host(), data.ByteLength());
  if (request->buffer.data() == nullptr) return Status::Error(Code::kQpair, "no memory for " + std::to_string(data.ByteLength()) + " bytes of data");
  command.data = request->buffer.data();
  command.data_bytes = static_cast<uint32_t>(data.ByteLength());
  // Also before a read: bytes that the drive leaves alone keep what the script had there.
  std::memcpy(request->buffer.data(), data.Data(), data.ByteLength());
  return Status::Ok();
}

}  // namespace

std::unique_ptr<Request> DataRequest(Controller& controller, const Napi::CallbackInfo& info, const std::shared_ptr<Pending>& pending) {
  auto request = std::make_unique<Request>();
  request->command.sqe = SqeOf(info[1].As<Napi::Object>());
  const Sqe& sqe = request->command.sqe;
  // An address that nobody lent would let a real device write anywhere.
  if (!controller.script_addresses() && (sqe.prp1 | sqe.prp2 | sqe.mptr) != 0) {
    pending->Reject(Status::Error(Code::kUnsupported, controller.transport() + ": commands cannot carry addresses of their own here"));
    return nullptr;
  }
  if (Status s = Carry(controller, info[2], info[3].As<Napi::String>(), request.get()); !s.ok()) {
    pending->Reject(s);
    return nullptr;
  }
  request->finish = [pending](const Status& status, const Done& done, Request& self) {
    if (!status.ok()) {
      pending->Reject(status);
      return;
    }
    // The buffer goes along only when the drive has let go of it; a timed out one stays with its request.
    const bool give = self.lent == nullptr && self.command.direction == Direction::kFromDevice && done.released && !done.local;
    auto data = give ? std::make_shared<Buffer>(std::move(self.buffer)) : nullptr;
    pending->Resolve([done, data, kept = std::weak_ptr<Pending>(pending)](Napi::Env env) -> Napi::Value {
      if (data != nullptr) {
        auto target = kept.lock()->kept(env).As<Napi::Uint8Array>();
        std::memcpy(target.Data(), data->data(), std::min<size_t>(target.ByteLength(), data->bytes()));
      }
      return CompletionValue(env, done);
    });
  };
  return request;
}

}  // namespace assay::glue
