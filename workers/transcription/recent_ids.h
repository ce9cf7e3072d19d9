#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace eventbus::transcription {

// The last so many ids that were added. One thread.
class RecentIds {
 public:
  explicit RecentIds(std::size_t ids_max = 1'000) : ids_max_(ids_max) {}
  void add(std::string id) {
    ids_.push_back(std::move(id));
    if (ids_.size() > ids_max_) ids_.pop_front();
  }
  bool contains(const std::string& id) const { return std::ranges::find(ids_, id) != ids_.end(); }

 private:
  const std::size_t ids_max_;
  std::deque<std::string> ids_;
};

}  // namespace eventbus::transcription
