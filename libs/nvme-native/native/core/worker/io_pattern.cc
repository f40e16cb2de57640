#include "io_pattern.h"

#include <algorithm>
#include <cassert>

namespace assay {

IoPattern::IoPattern(const PatternOptions& options) : options_(options), random_(options.seed) {
  assert(!options_.sizes.empty());
  for (const IoSize& size : options_.sizes) {
    assert(size.lbas > 0 && size.lbas <= options_.region_lbas);
    total_weight_ += size.weight;
    equal_weights_ = equal_weights_ && size.weight == options_.sizes[0].weight;
    const uint32_t asked = size.align_lbas != 0 ? size.align_lbas : options_.align_lbas;
    const uint64_t align = asked != 0 ? asked : size.lbas;
    choices_.push_back({size, align, (options_.region_lbas - size.lbas) / align + 1});
  }
  assert(total_weight_ > 0);
  assert(!options_.start_lba || (*options_.start_lba >= options_.region_start && *options_.start_lba - options_.region_start < options_.region_lbas));
  const bool down = options_.step_lbas && *options_.step_lbas < 0;
  if (options_.start_lba && !down) cursor_ = *options_.start_lba - options_.region_start;
  uint32_t percents = 0;
  for (const OperationShare& share : options_.operations) percents += share.percent;
  assert(options_.operations.empty() || percents == 100);
  for (uint32_t share : options_.distribution) sections_below_.push_back((sections_below_.empty() ? 0 : sections_below_.back()) + share);
  assert(sections_below_.empty() || (sections_below_.size() == kSections && sections_below_.back() == kDistributionTotal));
}

inline const IoPattern::Choice& IoPattern::PickSize() {
  if (choices_.size() == 1) return choices_[0];
  uint64_t at = random_.Below(total_weight_);
  if (equal_weights_) return choices_[at / choices_[0].size.weight];
  for (const Choice& choice : choices_) {
    if (at < choice.size.weight) return choice;
    at -= choice.size.weight;
  }
  assert(false);
  return choices_[0];
}

inline const OperationShare& IoPattern::PickOperation() {
  if (options_.operations.size() == 1) return options_.operations[0];
  uint64_t at = random_.Below(100);
  for (const OperationShare& share : options_.operations) {
    if (at < share.percent) return share;
    at -= share.percent;
  }
  assert(false);
  return options_.operations[0];
}

// Relative to the region, on the alignment.
inline uint64_t IoPattern::RandomPlace(const Choice& choice) {
  return sections_below_.empty() ? random_.Below(choice.places) * choice.align : PlaceInSection(choice);
}

uint64_t IoPattern::PlaceInSection(const Choice& choice) {
  const uint64_t align = choice.align, places = choice.places;
  const auto at = std::upper_bound(sections_below_.begin(), sections_below_.end(), static_cast<uint32_t>(random_.Below(kDistributionTotal)));
  const auto section = static_cast<uint64_t>(at - sections_below_.begin());
  const auto edge = [&](uint64_t n) { return static_cast<uint64_t>(static_cast<unsigned __int128>(options_.region_lbas) * n / kSections); };
  // The places that begin in the section; a section without one gives the nearest below.
  const uint64_t last = std::min((std::max<uint64_t>(edge(section + 1), 1) - 1) / align, places - 1);
  const uint64_t first = std::min((edge(section) + align - 1) / align, last);
  return (first + random_.Below(last - first + 1)) * align;
}

// The last command of a lap is cut to fit.
void IoPattern::Follow(IoStep* step) {
  step->lbas = static_cast<uint32_t>(std::min<uint64_t>(step->lbas, options_.region_lbas - cursor_));
  step->slba = options_.region_start + cursor_;
  cursor_ += step->lbas;
  if (cursor_ == options_.region_lbas) cursor_ = 0;
}

void IoPattern::Stride(IoStep* step, uint64_t align) {
  const uint64_t region = options_.region_lbas;
  const int64_t stride = *options_.step_lbas;
  const bool down = stride < 0;
  if (down && options_.start_lba) {
    // The cursor is the command's end there, and its size is known only now.
    const uint64_t room = region - (*options_.start_lba - options_.region_start);
    assert(step->lbas <= room);
    cursor_ = room - step->lbas;
    options_.start_lba.reset();
  }
  const uint64_t lbas = std::min<uint64_t>(step->lbas, region - cursor_);
  uint64_t place = down ? region - cursor_ - lbas : cursor_;
  const uint64_t above = (place + align - 1) / align * align;
  place = down || above >= region ? place / align * align : above;
  step->lbas = static_cast<uint32_t>(std::min(lbas, region - place));
  step->slba = options_.region_start + place;
  const uint64_t distance = down ? 0 - static_cast<uint64_t>(stride) : static_cast<uint64_t>(stride);
  cursor_ = distance >= region - cursor_ ? 0 : cursor_ + distance;
}

IoStep IoPattern::Next() {
  if (options_.flush_every != 0 && writes_since_flush_ >= options_.flush_every) {
    writes_since_flush_ = 0;
    return {nvm_opcode::kFlush, 0, 0};
  }
  const bool mixed = !options_.operations.empty();
  uint8_t opcode = nvm_opcode::kRead;
  if (mixed) {
    const OperationShare& share = PickOperation();
    opcode = share.opcode;
    if (!share.placed) return {opcode, 0, 0};
  }
  const Choice& choice = PickSize();
  IoStep step{opcode, 0, choice.size.lbas};
  const bool random = options_.random_percent == 100 || (options_.random_percent != 0 && random_.Below(100) < options_.random_percent);
  if (random) {
    step.slba = options_.region_start + RandomPlace(choice);
  } else if (options_.step_lbas) {
    const bool asked = choice.size.align_lbas != 0 || options_.align_lbas != 0;
    Stride(&step, asked ? choice.align : 1);
  } else {
    Follow(&step);
  }
  if (!mixed) {
    const bool read = options_.read_percent == 100 || (options_.read_percent != 0 && random_.Below(100) < options_.read_percent);
    if (!read) step.opcode = nvm_opcode::kWrite;
  }
  if (step.opcode == nvm_opcode::kWrite) writes_since_flush_++;
  return step;
}

}  // namespace assay
