#include "rules-engine/branch_search.h"

#include <algorithm>

namespace eventbus::rules {
namespace {

// What a search without duplicate keys needs at most for each field and value, jumps over elements included.
constexpr std::size_t kStepsOfAValue = 4;

}  // namespace

BranchSearch::BranchSearch(const EventValues& values, std::size_t extra_steps_max)
    : values_(values),
      extra_steps_left_(extra_steps_max),
      chosen_(values.array_count(), kNoElement),
      last_field_(values.array_count(), 0) {}

BranchSearch::Outcome BranchSearch::run(const std::vector<const FieldCandidates*>& fields) {
  fields_ = &fields;
  failed_.clear();
  longest_.clear();
  steps_left_ = extra_steps_left_ + kStepsOfAValue * (fields.size() + 1) * (values_.values().size() + 1);
  std::ranges::fill(last_field_, 0);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::uint32_t value : fields[i]->absence_fits ? *fields[i]->present : fields[i]->fitting) {
      for (std::uint32_t e = element_of(value); e != kNoElement; e = values_.element(e).parent) {
        if (last_field_[values_.element(e).array] == i + 1) break;  // and so have those around it
        last_field_[values_.element(e).array] = i + 1;
      }
    }
  }
  const bool found = search(0);
  undo(0);
  choices_.clear();
  extra_steps_left_ = std::min(extra_steps_left_, steps_left_);
  return {longest_, !found && steps_left_ == 0};
}

bool BranchSearch::take_step() { return steps_left_ > 0 && --steps_left_ > 0; }

bool BranchSearch::search(std::size_t field) {
  if (field > longest_.size()) longest_ = choices_;
  if (field == fields_->size()) return true;
  if (!take_step() || failed_before(field)) return false;
  const FieldCandidates& candidates = *(*fields_)[field];
  const std::vector<std::uint32_t>& fitting = candidates.fitting;
  std::uint32_t previous = 0;
  bool first = true;
  for (std::size_t at = next_consistent(fitting, 0); at < fitting.size(); at = next_consistent(fitting, at + 1)) {
    const std::uint32_t element = element_of(fitting[at]);
    if (!first && element == previous) continue;  // the same choice again
    first = false;
    previous = element;
    const std::size_t mark = elements_.size();
    choose(element);
    choices_.push_back(fitting[at]);
    if (search(field + 1)) return true;
    choices_.pop_back();
    undo(mark);
  }
  if (!candidates.absence_fits || steps_left_ == 0) return false;
  if (next_consistent(*candidates.present, 0) < candidates.present->size() || steps_left_ == 0) return false;
  choices_.push_back(kAbsent);
  if (search(field + 1)) return true;
  choices_.pop_back();
  return false;
}

// Values within an element are a run, and so are those of an array: from a value in the wrong element the search goes
// on at the chosen element, or behind the array.
std::size_t BranchSearch::next_consistent(const std::vector<std::uint32_t>& list, std::size_t at) {
  while (at < list.size() && take_step()) {
    std::uint32_t target = 0;
    for (std::uint32_t e = element_of(list[at]); e != kNoElement; e = values_.element(e).parent) {
      const std::uint32_t array = values_.element(e).array;
      const std::uint32_t chosen = chosen_[array];
      if (chosen == kNoElement || chosen == e) continue;
      const std::uint32_t begin = values_.element(chosen).values_begin;
      target = begin > list[at] ? begin : values_.array(array).values_end;
    }
    if (target == 0) return at;
    const auto from = list.begin() + static_cast<std::ptrdiff_t>(at);
    at = static_cast<std::size_t>(std::lower_bound(from, list.end(), target) - list.begin());
  }
  return list.size();
}

void BranchSearch::choose(std::uint32_t element) {
  for (std::uint32_t e = element; e != kNoElement; e = values_.element(e).parent) {
    std::uint32_t& chosen = chosen_[values_.element(e).array];
    if (chosen != kNoElement) continue;
    chosen = e;
    elements_.push_back(e);
  }
}

void BranchSearch::undo(std::size_t mark) {
  for (; elements_.size() > mark; elements_.pop_back()) chosen_[values_.element(elements_.back()).array] = kNoElement;
}

bool BranchSearch::failed_before(std::size_t field) {
  std::vector<std::uint32_t> state = {static_cast<std::uint32_t>(field)};
  for (std::uint32_t e : elements_) {
    if (last_field_[values_.element(e).array] > field) state.push_back(e);
  }
  std::sort(state.begin() + 1, state.end());
  return !failed_.insert(std::move(state)).second;
}

std::optional<BranchSearch::Conflict> BranchSearch::conflict(std::span<const std::uint32_t> choices,
                                                             std::uint32_t value) const {
  std::optional<Conflict> found;
  for (std::uint32_t e = element_of(value); e != kNoElement; e = values_.element(e).parent) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (choices[i] == kAbsent) continue;
      std::uint32_t other = element_of(choices[i]);
      while (other != kNoElement && values_.element(other).array != values_.element(e).array) {
        other = values_.element(other).parent;
      }
      if (other == kNoElement || other == e) continue;
      found = Conflict{e, other, i};
      break;
    }
  }
  return found;
}

}  // namespace eventbus::rules
