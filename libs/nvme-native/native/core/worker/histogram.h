// Latency histogram with exactly the buckets of libs/protocol/src/histogram.ts: 128 sub-buckets per power of two,
// relative error at most 1/128 up to 64 s; everything above lands in the last bucket. Values are nanoseconds.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace assay {

constexpr uint64_t kHistogramMaxNs = 64'000'000'000;

constexpr uint32_t BucketOf(uint64_t ns) {
  const uint64_t value = ns < kHistogramMaxNs ? ns : kHistogramMaxNs;
  if (value < 128) return static_cast<uint32_t>(value);
  const uint32_t exponent = static_cast<uint32_t>(std::bit_width(value)) - 8;
  return 128 * (exponent + 1) + static_cast<uint32_t>((value >> exponent) - 128);
}
constexpr uint32_t kBucketCount = BucketOf(kHistogramMaxNs) + 1;

using SparseHistogram = std::vector<std::pair<uint32_t, uint64_t>>;

class Histogram {
 public:
  void Add(uint64_t ns) { counts_[BucketOf(ns)]++; }
  void Merge(const Histogram& other) {
    for (uint32_t i = 0; i < kBucketCount; i++) counts_[i] += other.counts_[i];
  }
  // Non-empty buckets, ascending.
  SparseHistogram Sparse() const {
    SparseHistogram sparse;
    for (uint32_t i = 0; i < kBucketCount; i++) {
      if (counts_[i] != 0) sparse.emplace_back(i, counts_[i]);
    }
    return sparse;
  }
  // What was added since `earlier`, which becomes the present.
  SparseHistogram TakeDelta(Histogram* earlier) const {
    SparseHistogram sparse;
    for (uint32_t i = 0; i < kBucketCount; i++) {
      if (counts_[i] != earlier->counts_[i]) sparse.emplace_back(i, counts_[i] - earlier->counts_[i]);
    }
    earlier->counts_ = counts_;
    return sparse;
  }

 private:
  std::array<uint64_t, kBucketCount> counts_{};
};

}  // namespace assay
