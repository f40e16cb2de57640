#include "address_space.h"

#include <cassert>

namespace assay::model {

thread_local AddressSpace* device_memory = nullptr;

void AddressSpace::Apply(Change&& change) {
  last_ = nullptr;
  if (change.mapping.host != nullptr) {
    [[maybe_unused]] const bool fresh = mappings_.emplace(change.address, std::move(change.mapping)).second;
    assert(fresh);
    return;
  }
  mappings_.erase(change.address);
  taken_back_++;
}

// What is taken back stays until the end of the turn: the command at work may hold a pointer to it.
bool AddressSpace::ApplyNewMappings() {
  std::lock_guard lock(mutex_);
  bool any = false;
  for (auto change = waiting_.begin(); change != waiting_.end();) {
    if (change->mapping.host == nullptr) {
      ++change;
      continue;
    }
    Apply(std::move(*change));
    change = waiting_.erase(change);
    any = true;
  }
  return any;
}

void AddressSpace::Map(uint64_t address, uint8_t* host, uint64_t bytes, std::shared_ptr<void> keep) {
  std::lock_guard lock(mutex_);
  Change change{address, {host, bytes, std::move(keep)}};
  if (working_) {
    waiting_.push_back(std::move(change));
  } else {
    Apply(std::move(change));
  }
}

void AddressSpace::Unmap(uint64_t address) {
  std::lock_guard lock(mutex_);
  Change change{address, {nullptr, 0, nullptr}};
  if (working_) {
    waiting_.push_back(std::move(change));
  } else {
    Apply(std::move(change));
  }
}

void AddressSpace::BeginTurn() {
  std::lock_guard lock(mutex_);
  working_ = true;
}

void AddressSpace::EndTurn() {
  std::lock_guard lock(mutex_);
  for (Change& change : waiting_) Apply(std::move(change));
  waiting_.clear();
  working_ = false;
}

uint8_t* AddressSpace::Resolve(uint64_t address, uint64_t bytes) {
  for (bool again = true; again; again = ApplyNewMappings()) {
    if (last_ == nullptr || address < last_->first || address - last_->first >= last_->second.bytes) {
      auto after = mappings_.upper_bound(address);
      if (after == mappings_.begin()) continue;
      last_ = &*--after;
    }
    const uint64_t offset = address - last_->first;
    if (offset < last_->second.bytes && bytes <= last_->second.bytes - offset) return last_->second.host + offset;
  }
  faulted_ = true;
  return nullptr;
}

}  // namespace assay::model
