// An exclusive lock on a folder, against other processes and against others of this one. It is held until Release, or until
// the process ends however it ends.
#pragma once
#include <string>

namespace assay {

class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock() { Release(); }
  FolderLock(const FolderLock&) = delete;

  // False: somebody holds it. A file system without locks, and a folder that is not there, hold nobody up: whoever makes a
  // file in it says why.
  bool Take(const std::string& folder);
  void Release();

 private:
  int fd_ = -1;
};

}  // namespace assay
