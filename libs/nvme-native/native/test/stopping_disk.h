// The disk under a verify table, and what is on it after its machine stopped. Until msync has come back a page of the file may
// be there as it was or as it is; the stops here take either, page by page.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "verify_bench.h"

namespace assay {

// The file of the table under test as the disk has it for certain. One at a time.
class StoppingDisk {
 public:
  explicit StoppingDisk(const std::string& path);
  ~StoppingDisk();

  // Once, when the whole table has reached the disk and nobody knows it yet.
  std::function<void()> meanwhile;
  // Takes no whole table.
  bool fails = false;
  // So many heads that it does not take from now on.
  uint32_t heads_refused = 0;
  // How often somebody has waited for it.
  uint32_t waits() const { return waits_; }

  // What is found in `to` after the next boot. `pick`: the page as it is, and not as it was synced last.
  void Stop(const std::string& to, const std::function<bool()>& pick);

  // Stops the machine in each of the ways, and looks at what is left.
  void AfterAStop(const TableGeometry& geometry, const std::function<void(VerifyTable&)>& look);

  // The msync of this program tells the disk that is watched, if any; false: the disk has failed.
  static bool Synced(uint8_t* from, size_t bytes);

 private:
  using Bytes = std::vector<uint8_t>;

  Bytes ReadAll() const;
  bool Take(uint8_t* from, size_t bytes);

  static inline StoppingDisk* watching_ = nullptr;

  const std::string path_;
  std::mutex mutex_;
  uint8_t* base_ = nullptr;
  Bytes synced_;
  uint32_t waits_ = 0;
  bool failed_ = false;
};

}  // namespace assay
