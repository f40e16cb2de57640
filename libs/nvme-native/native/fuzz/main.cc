// <fuzzer> [--runs N | --seconds S] [--seed N]: damages the fuzzer's seeds in a reproducible way and feeds each result.
// What a run died of stays in the folder that it named first, as `input`; `<fuzzer> <file>` feeds that file alone.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/clock.h"
#include "core/random.h"
#include "fuzz.h"

namespace {

constexpr uint64_t kWords[] = {0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x200, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff, 0x10000,
                               0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff};

void Damage(Bytes* bytes, assay::Random& random) {
  const uint64_t times = 1 + random.Below(6);
  for (uint64_t n = 0; n < times && !bytes->empty(); n++) {
    // Three of four in the head, where the words have meaning.
    const size_t reach = random.Below(4) != 0 ? std::min(bytes->size(), HeadBytes()) : bytes->size();
    const size_t at = random.Below(reach);
    switch (random.Below(5)) {
      case 0: (*bytes)[at] ^= static_cast<uint8_t>(1u << random.Below(8)); break;
      case 1: (*bytes)[at] = static_cast<uint8_t>(random.Next()); break;
      case 2:
      case 3: {
        const uint64_t word = random.Below(2) ? kWords[random.Below(std::size(kWords))] : random.Next() >> random.Below(64);
        const size_t width = size_t{1} << random.Below(4);
        const size_t aligned = at / width * width;
        if (aligned + width <= bytes->size()) std::memcpy(bytes->data() + aligned, &word, width);
        break;
      }
      case 4: bytes->resize(random.Below(2) ? random.Below(bytes->size() + 1) : at); break;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 3000, seconds = 0, seed = 1;
  if (argc == 2) {
    const Bytes bytes = ReadFile(argv[1]);
    return LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  for (int i = 1; i + 1 < argc; i += 2) {
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--runs") == 0) runs = value;
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = value;
    if (std::strcmp(argv[i], "--seed") == 0) seed = value;
  }
  const char* name = std::strrchr(argv[0], '/') != nullptr ? std::strrchr(argv[0], '/') + 1 : argv[0];
  std::printf("%s: inputs in %s/input\n", name, FuzzFolder().c_str());
  std::fflush(stdout);
  const std::vector<Bytes> seeds = Seeds();
  assay::Random random(seed);
  const uint64_t until = assay::BoottimeNs() + seconds * assay::kNsPerSecond;
  uint64_t done = 0;
  for (; seconds == 0 ? done < runs : assay::BoottimeNs() < until; done++) {
    Bytes bytes = seeds[done % seeds.size()];
    if (done >= seeds.size()) Damage(&bytes, random);
    WriteFile(FuzzFolder() + "/input", bytes.data(), bytes.size());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%s: %lu files, none did harm\n", name, static_cast<unsigned long>(done));
  return 0;
}
