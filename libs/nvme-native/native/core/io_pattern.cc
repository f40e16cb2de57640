#include "io_pattern.h"

#include <algorithm>
#include <cassert>

namespace assay {

IoPattern::IoPattern(const PatternOptions& options) : options_(options), random_(options.seed) {
  assert(!options_.sizes.empty());
  for (const IoSize& size : options_.sizes) {
    assert(size.lbas > 0 && size.lbas <= options_.region_lbas);
    total_weight_ += size.weight;
  }
  assert(total_weight_ > 0);
}

uint32_t IoPattern::PickSize() {
  if (options_.sizes.size() == 1) return options_.sizes[0].lbas;
  uint64_t at = random_.Below(total_weight_);
  for (const IoSize& size : options_.sizes) {
    if (at < size.weight) return size.lbas;
    at -= size.weight;
  }
  assert(false);
  return options_.sizes[0].lbas;
}

IoStep IoPattern::Next() {
  if (options_.flush_every != 0 && writes_since_flush_ >= options_.flush_every) {
    writes_since_flush_ = 0;
    return {IoKind::kFlush, 0, 0};
  }
  IoStep step{IoKind::kRead, 0, PickSize()};
  const bool random = options_.random_percent == 100 || (options_.random_percent != 0 && random_.Below(100) < options_.random_percent);
  if (random) {
    const uint64_t align = options_.align_lbas != 0 ? options_.align_lbas : step.lbas;
    const uint64_t places = (options_.region_lbas - step.lbas) / align + 1;
    step.slba = options_.region_start + random_.Below(places) * align;
  } else {
    // The last command of a lap is cut to fit.
    step.lbas = static_cast<uint32_t>(std::min<uint64_t>(step.lbas, options_.region_lbas - cursor_));
    step.slba = options_.region_start + cursor_;
    cursor_ += step.lbas;
    if (cursor_ == options_.region_lbas) cursor_ = 0;
  }
  const bool read = options_.read_percent == 100 || (options_.read_percent != 0 && random_.Below(100) < options_.read_percent);
  if (!read) {
    step.kind = IoKind::kWrite;
    writes_since_flush_++;
  }
  return step;
}

}  // namespace assay
