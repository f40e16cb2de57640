#include "data_request.h"

#include <cstring>

namespace assay::glue {

std::unique_ptr<Request> DataRequest(Controller& controller, const Napi::CallbackInfo& info, const std::shared_ptr<Pending>& pending) {
  auto request = std::make_unique<Request>();
  request->command.sqe = SqeOf(info[1].As<Napi::Object>());
  const Sqe& sqe = request->command.sqe;
  // An address that nobody lent would let a real device write anywhere.
  if (!controller.script_addresses() && (sqe.prp1 | sqe.prp2 | sqe.mptr) != 0) {
    pending->Reject(Status::Error(Code::kUnsupported, controller.transport() + ": commands cannot carry addresses of their own here"));
    return nullptr;
  }
  const std::string direction = info[3].As<Napi::String>();
  const auto way = [&] { return direction == "to-device" ? Direction::kToDevice : Direction::kFromDevice; };
  if (info[2].IsObject() && !info[2].IsTypedArray() && direction != "none") {
    const auto view = info[2].As<Napi::Object>();
    request->lent = Unwrap<Buffer>(view.Get("memory"));
    const uint32_t offset = U32(view, "offset");
    request->command.data_bytes = U32(view, "bytes");
    assert(offset + size_t{request->command.data_bytes} <= request->lent->bytes());
    request->command.data = request->lent->data() + offset;
    request->command.direction = way();
  } else if (info[2].IsTypedArray() && direction != "none") {
    const auto data = info[2].As<Napi::Uint8Array>();
    request->buffer = Buffer(controller.host(), data.ByteLength());
    if (request->buffer.data() == nullptr) {
      pending->Reject(Status::Error(Code::kQpair, "no memory for " + std::to_string(data.ByteLength()) + " bytes of data"));
      return nullptr;
    }
    request->command.data = request->buffer.data();
    request->command.data_bytes = static_cast<uint32_t>(data.ByteLength());
    request->command.direction = way();
    // Also before a read: bytes that the drive leaves alone keep what the script had there.
    std::memcpy(request->buffer.data(), data.Data(), data.ByteLength());
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
