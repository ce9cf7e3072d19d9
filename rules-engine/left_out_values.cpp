#include "rules-engine/left_out_values.h"

#include <bit>

namespace eventbus::rules {
namespace {

using State = MatchScratch::State;

// Copies the values to `scratch.whole` in the order of the event, those left out of an element before all others of it.
class PutBack {
 public:
  PutBack(const CompiledRules& rules, State& scratch)
      : rules_(rules), scratch_(scratch), values_(scratch.values), whole_(scratch.whole) {}

  void run() {
    whole_.clear();
    for (std::uint32_t i = 0; i < scratch_.elements.size(); ++i) {
      ArrayElement& element = scratch_.elements[i];
      close_up_to(element.parent);
      copy_up_to(element.values_begin);
      element.values_begin = static_cast<std::uint32_t>(whole_.size());
      add_left_out(i);
      open_ = i;
    }
    close_up_to(kNone);
    copy_up_to(static_cast<std::uint32_t>(values_.size()));
    values_.swap(whole_);
    link();
  }

 private:
  void copy_up_to(std::uint32_t end) {
    for (; copied_ < end; ++copied_) whole_.push_back(values_[copied_]);
  }

  void close_up_to(std::uint32_t outer) {
    while (open_ != outer) {
      ArrayElement& element = scratch_.elements[open_];
      copy_up_to(element.values_end);
      element.values_end = static_cast<std::uint32_t>(whole_.size());
      open_ = element.parent;
    }
  }

  void add_left_out(std::uint32_t index) {
    std::uint64_t& left_out = scratch_.elements[index].left_out;
    for (; left_out != 0; left_out &= left_out - 1) {
      EventValue& value = whole_.emplace_back();
      value.field = rules_.left_out_fields[static_cast<std::size_t>(std::countr_zero(left_out))];
      value.element = index;
    }
  }

  void link() {
    for (const EventValue& value : values_) scratch_.fields[value.field].first = kNone;
    for (std::uint32_t i = 0; i < values_.size(); ++i) {
      EventValue& value = values_[i];
      auto& field = scratch_.fields[value.field];
      value.next = kNone;
      if (field.first == kNone) {
        field.first = i;
      } else {
        values_[field.last].next = i;
      }
      field.last = i;
      field.left_out = false;
    }
  }

  const CompiledRules& rules_;
  State& scratch_;
  std::vector<EventValue>& values_;
  std::vector<EventValue>& whole_;
  std::uint32_t copied_ = 0;    // values, in their old order
  std::uint32_t open_ = kNone;  // the innermost element whose end has not been reached
};

}  // namespace

void put_back_left_out(const CompiledRules& rules, State& scratch) { PutBack(rules, scratch).run(); }

}  // namespace eventbus::rules
