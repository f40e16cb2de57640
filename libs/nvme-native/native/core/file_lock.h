// An exclusive lock on a file, against other processes and against others of this one. It is held until Release, or until
// the process ends however it ends.
#pragma once
#include <string>

namespace assay {

class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { Release(); }
  FileLock(const FileLock&) = delete;

  // The file is made where there is none. False: somebody holds it. A file system without locks, and a file that cannot be
  // made, hold nobody up: whoever opens it next says why.
  bool Take(const std::string& path);
  void Release();

 private:
  int fd_ = -1;
};

}  // namespace assay
