#pragma once

#include "base/clock.h"
#include "storage/queue_store.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace eventbus {

// AWS: "the 5-minute deduplication interval" (SQS Developer Guide, Exactly-once processing).
inline constexpr Duration kDeduplicationWindow = std::chrono::minutes(5);

// What makes a deduplication id unique: the queue, and in some queues the message group.
struct DeduplicationName {
  QueueId queue = 0;
  std::string_view scope;  // the group; empty when the scope is the queue
  std::string_view id;

  friend bool operator==(const DeduplicationName&, const DeduplicationName&) = default;
};

// Where the row of an accepted deduplication id is.
struct DeduplicationPlace {
  TimePoint when;
  std::uint64_t sequence = 0;
};

// Which deduplication ids were accepted lately. Holds hashes only, ~50 bytes an id, since a busy FIFO queue has a
// million of them in five minutes; the caller compares the names themselves with the rows. Used by the writer alone.
class DeduplicationIndex {
 public:
  // `same(place)` tells whether the row at `place` is of this very name (a hash may collide); it returns nullopt when
  // that cannot be found out, and so does `find`, through `unknown`.
  template <typename Same>
  std::optional<DeduplicationPlace> find(const DeduplicationName& name, const Same& same, bool& unknown) const {
    for (std::uint64_t probe = hash(name);; ++probe) {
      const auto found = places_.find(probe);
      if (found == places_.end()) return std::nullopt;
      const std::optional<bool> equal = same(found->second);
      if (!equal) unknown = true;
      if (!equal || *equal) return found->second;
    }
  }

  void insert(const DeduplicationName& name, DeduplicationPlace place);
  // Takes back the newest `count` insertions.
  void undo(std::size_t count);
  // Forgets what was accepted at or before `horizon`. Returns whether there was something.
  bool forget(TimePoint horizon);
  std::size_t size() const { return places_.size(); }

 private:
  static std::uint64_t hash(const DeduplicationName& name);

  boost::unordered_flat_map<std::uint64_t, DeduplicationPlace> places_;
  std::deque<std::uint64_t> order_;  // keys of places_, oldest first
};

}  // namespace eventbus
