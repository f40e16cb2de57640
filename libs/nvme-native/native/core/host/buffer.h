// Memory that the drive can reach. Owned by exactly one request or worker slot, and given back to the host when that is
// destroyed, which happens only after the drive has let go of it.
#pragma once
#include <memory>
#include <utility>

#include "host.h"

namespace assay {

class Buffer {
 public:
  Buffer() = default;
  // data() is null when the host has no memory left.
  Buffer(std::shared_ptr<HostController> host, size_t bytes)
      : host_(std::move(host)), data_(static_cast<uint8_t*>(host_->AllocBuffer(bytes))), bytes_(bytes) {}
  ~Buffer() { Free(); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Free();
    host_ = std::move(other.host_);
    data_ = std::exchange(other.data_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }

  uint8_t* data() { return data_; }
  size_t bytes() const { return bytes_; }
  HostController& host() { return *host_; }

 private:
  void Free() {
    if (data_ != nullptr) host_->FreeBuffer(data_);
    data_ = nullptr;
  }

  std::shared_ptr<HostController> host_;
  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace assay
