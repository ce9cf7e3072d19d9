#include "storage/deduplication_index.h"

#include <functional>

namespace eventbus {

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

}  // namespace

std::uint64_t DeduplicationIndex::hash(const DeduplicationName& name) {
  const std::hash<std::string_view> of_text;
  return mix(mix(mix(name.queue, name.scope.size()), of_text(name.scope)), of_text(name.id));
}

void DeduplicationIndex::insert(const DeduplicationName& name, DeduplicationPlace place) {
  std::uint64_t probe = hash(name);
  while (!places_.emplace(probe, place).second) ++probe;
  order_.push_back(probe);
}

void DeduplicationIndex::undo(std::size_t count) {
  for (; count > 0; --count) {
    places_.erase(order_.back());
    order_.pop_back();
  }
}

bool DeduplicationIndex::forget(TimePoint horizon) {
  bool forgot = false;
  while (!order_.empty()) {
    const auto oldest = places_.find(order_.front());
    if (oldest->second.when > horizon) break;
    places_.erase(oldest);
    order_.pop_front();
    forgot = true;
  }
  return forgot;
}

}  // namespace eventbus
