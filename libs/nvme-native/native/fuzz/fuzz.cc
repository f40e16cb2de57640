#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {
std::string MakeFolder() {
  std::string name = (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string("/assay-fuzz-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) std::abort();
  static std::string removed_at_exit = name;
  std::atexit([] { (void)!std::system(("rm -rf " + removed_at_exit).c_str()); });
  return name;
}
}  // namespace

const std::string& FuzzFolder() {
  static const std::string folder = MakeFolder();
  return folder;
}

void WriteFile(const std::string& path, const uint8_t* data, size_t size) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
}

Bytes ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  Bytes bytes(file ? static_cast<size_t>(file.tellg()) : 0);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}
