// The whole test framework: CHECK says what was false and where, and the program ends with 1.
#pragma once
#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);      \
      std::exit(1);                                                                       \
    }                                                                                     \
  } while (false)
