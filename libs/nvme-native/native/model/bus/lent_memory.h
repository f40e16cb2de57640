// Memory of the host that the device of a software drive can reach, under its own address or under addresses of the
// device's side. Given back when the owner goes; the pages live until nobody reads them any more.
#pragma once
#include "address_space.h"

namespace assay::model {

// Zeroed whole pages, at least `bytes`. Null when there is none left.
std::shared_ptr<uint8_t> AllocatePages(uint64_t bytes);

// Lent under its own address. Throws std::bad_alloc.
class PageMemory {
 public:
  PageMemory(AddressSpace* space, uint64_t bytes);
  ~PageMemory();
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;
  uint8_t* data() { return pages_.get(); }
  const uint8_t* data() const { return pages_.get(); }
  uint64_t bytes() const { return bytes_; }
  uint64_t address() const { return reinterpret_cast<uint64_t>(pages_.get()); }

 private:
  AddressSpace* space_;
  uint64_t bytes_;
  std::shared_ptr<uint8_t> pages_;
};

// First address of the device's side. Above any program that is not position independent, below any that is; an address
// is never given twice, so that an old one leads nowhere.
constexpr uint64_t kFirstDeviceAddress = uint64_t{1} << 44;

}  // namespace assay::model
