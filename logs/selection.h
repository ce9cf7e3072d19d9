#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace eventbus {

// The first items of a sorted sequence that comes in no order, in bounded memory: of all that is added, those with the
// smallest keys, or with `backwards` the greatest, that fit into the bounds (one always does).
template <typename Key, typename Item>
class Selection {
 public:
  Selection(bool backwards, std::size_t count_max, std::size_t bytes_max)
      : backwards_(backwards), count_max_(count_max), bytes_max_(bytes_max) {}

  void add(Key key, Item item, std::size_t bytes) {
    if (!wants(key)) {
      overflowed_ = true;
      return;
    }
    bytes_ += bytes;
    items_.emplace(std::move(key), std::make_pair(std::move(item), bytes));
    while (items_.size() > 1 && (items_.size() > count_max_ || bytes_ > bytes_max_)) drop_last();
  }
  // Could an item of this key still be among the first?
  bool wants(const Key& key) const {
    if (items_.empty() || (!overflowed_ && items_.size() < count_max_)) return true;
    return backwards_ ? items_.begin()->first < key : key < std::prev(items_.end())->first;
  }
  // There are more than fit.
  bool overflowed() const { return overflowed_; }
  bool empty() const { return items_.empty(); }

  // Drops what does not come before `key`.
  void keep_before(const Key& key) {
    while (!items_.empty()) {
      const Key& last = backwards_ ? items_.begin()->first : std::prev(items_.end())->first;
      if (backwards_ ? key < last : last < key) return;
      drop_last();
    }
  }

  // In ascending order of the keys.
  std::vector<Item> take() {
    std::vector<Item> taken;
    taken.reserve(items_.size());
    for (auto& [key, item] : items_) taken.push_back(std::move(item.first));
    items_.clear();
    return taken;
  }

 private:
  void drop_last() {
    const auto last = backwards_ ? items_.begin() : std::prev(items_.end());
    bytes_ -= last->second.second;
    items_.erase(last);
    overflowed_ = true;
  }

  bool backwards_;
  std::size_t count_max_, bytes_max_;
  std::size_t bytes_ = 0;
  bool overflowed_ = false;
  std::map<Key, std::pair<Item, std::size_t>> items_;
};

}  // namespace eventbus
