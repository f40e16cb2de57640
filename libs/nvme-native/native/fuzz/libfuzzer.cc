// Beside libFuzzer's own main: an empty folder among the arguments is filled with the fuzzer's seeds, so that a corpus
// begins where the specification does and nothing of it needs to be kept.
#include <dirent.h>

#include <cstring>

#include "fuzz.h"

namespace {
bool IsEmptyFolder(const char* path) {
  DIR* folder = opendir(path);
  if (folder == nullptr) return false;
  int entries = 0;
  while (readdir(folder) != nullptr) entries++;
  closedir(folder);
  return entries == 2;  // itself and its parent
}
}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; i++) {
    const char* path = (*argv)[i];
    if (path[0] == '-' || !IsEmptyFolder(path)) continue;
    int number = 0;
    for (const Bytes& seed : Seeds()) WriteFile(std::string(path) + "/seed" + std::to_string(++number), seed.data(), seed.size());
    break;
  }
  return 0;
}
