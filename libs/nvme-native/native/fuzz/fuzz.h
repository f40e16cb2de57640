// A fuzzer is one function in libFuzzer's form plus the well-formed files that mutation starts from. native/fuzz/main.cc
// runs it from a seed; with clang the same function links against libFuzzer (`make libfuzzer`).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using Bytes = std::vector<uint8_t>;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// The files to begin with.
std::vector<Bytes> Seeds();
// Where in a file of `size` bytes damage is worth most: [0, this).
size_t HeadBytes();

// A folder in memory for the fuzzer's files; the same for the whole process.
const std::string& FuzzFolder();
void WriteFile(const std::string& path, const uint8_t* data, size_t size);
Bytes ReadFile(const std::string& path);
