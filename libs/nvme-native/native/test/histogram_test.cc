#include "core/worker/histogram.h"

#include <memory>

#include "core/random.h"
#include "check.h"

using namespace assay;

// Lowest value of a bucket, as in libs/protocol/src/histogram.ts.
static uint64_t FloorOf(uint32_t index) {
  if (index < 128) return index;
  return (uint64_t{index % 128} + 128) << (index / 128 - 1);
}

void TestHistogram() {
  Random random(1);
  for (int i = 0; i < 200'000; i++) {
    const uint64_t value = random.Next() >> random.Below(64);
    const uint64_t held = std::min(value, kHistogramMaxNs);
    const uint32_t index = BucketOf(value);
    CHECK(index < kBucketCount);
    CHECK(FloorOf(index) <= held && held < FloorOf(index + 1));
    CHECK(held < 128 || (FloorOf(index + 1) - FloorOf(index)) * 128 <= FloorOf(index));
  }
  auto now = std::make_unique<Histogram>();
  auto told = std::make_unique<Histogram>();
  now->Add(5);
  now->Add(1000);
  CHECK(now->TakeDelta(told.get()).size() == 2);
  now->Add(1000);
  const SparseHistogram delta = now->TakeDelta(told.get());
  CHECK(delta.size() == 1 && delta[0].second == 1);
  CHECK(now->Sparse().size() == 2);
}

// value and bucket, for the comparison with the TypeScript formula
void PrintBuckets() {
  Random random(2);
  for (int i = 0; i < 4000; i++) {
    const uint64_t value = random.Next() >> (16 + random.Below(48));
    std::printf("%llu %u\n", static_cast<unsigned long long>(value), BucketOf(value));
  }
  for (int bit = 7; bit < 40; bit++) {
    for (int64_t around = -1; around <= 1; around++) {
      const uint64_t value = (uint64_t{1} << bit) + static_cast<uint64_t>(around);
      std::printf("%llu %u\n", static_cast<unsigned long long>(value), BucketOf(value));
    }
  }
}
