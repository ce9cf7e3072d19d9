#pragma once

#include "rules-engine/hash.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventbus::rules {

using FieldId = std::uint32_t;
using PathNode = std::uint32_t;

// The paths that some rule names, cut at their dots into steps. Walking an event's keys through it tells which parts
// can matter. Pattern and event may put dots inside of keys or nest objects, which is the same path: `find` therefore
// takes an event key with dots as the several steps it spells.
class PathTrie {
 public:
  static constexpr PathNode kRoot = 0;
  static constexpr std::uint32_t kNothing = 0xFFFFFFFF;

  // What stands below one path.
  struct Node {
    FieldId field = kNothing;
    std::uint32_t first_edge = 0;
    std::uint32_t edge_mask = kNothing;  // slots - 1 of the node's own little hash table, kNothing without edges
    std::uint64_t lengths = 0;           // bit min(n, 63): there is a step of n bytes
  };
  const Node& at(PathNode node) const { return nodes_.data()[node]; }

  // Fields are numbered in the order of `paths`, which are distinct.
  PathTrie() : PathTrie(std::vector<std::string>()) {}
  explicit PathTrie(const std::vector<std::string>& paths);

  // The node that `key` leads to from `node`, or kNothing. `key` has eight readable bytes from its first one on.
  PathNode find(PathNode node, std::string_view key) const {
    const std::uint64_t head = load_u64(key.data()) & kHeadMask[std::min<std::size_t>(key.size(), 8)];
    const PathNode direct = step(at(node), key, head);
    if (direct != kNothing) return direct;
    return has_dot(key, head) ? find_dotted(node, key) : kNothing;
  }
  // The same for a reader of many keys, which knows which have a dot.
  PathNode find(PathNode node, const Node& here, std::string_view key, bool has_dot) const {
    if ((here.lengths >> std::min<std::size_t>(key.size(), 63) & 1) != 0) [[unlikely]] {
      const std::uint64_t head = load_u64(key.data()) & kHeadMask[std::min<std::size_t>(key.size(), 8)];
      const PathNode direct = step(here, key, head);
      if (direct != kNothing) return direct;
    }
    return has_dot ? find_dotted(node, key) : kNothing;
  }
  // The field whose path ends at `node`, or kNothing.
  FieldId field(PathNode node) const { return nodes_.data()[node].field; }
  bool has_children(PathNode node) const { return nodes_.data()[node].edge_mask != kNothing; }

 private:
  struct Edge {
    std::uint64_t head = 0;  // the first eight bytes of the step
    std::uint32_t size = kNothing;
    std::uint32_t offset = 0;
    PathNode target = kNothing;
    bool passed = false;  // an edge that belongs here stands in a later slot
  };
  static std::uint64_t head_of(std::string_view key) {
    if (key.size() >= 8) return load_u64(key.data());
    if (key.size() >= 4) {
      return load_u32(key.data()) | std::uint64_t{load_u32(key.data() + key.size() - 4)} << (8 * (key.size() - 4));
    }
    std::uint64_t head = 0;
    for (std::size_t i = 0; i < key.size(); ++i) head |= std::uint64_t{static_cast<unsigned char>(key[i])} << (8 * i);
    return head;
  }
  static constexpr std::uint64_t kHeadMask[9] = {
      0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
  static bool has_dot(std::string_view key, std::uint64_t head) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::uint64_t difference = head ^ (kOnes * '.');
    const bool in_head = ((difference - kOnes) & ~difference & (kOnes << 7)) != 0;
    return in_head || (key.size() > 8 && std::memchr(key.data() + 8, '.', key.size() - 8) != nullptr);
  }
  // All bytes count: keys with counters behind a common beginning are common.
  static std::uint32_t slot_of(std::string_view key, std::uint64_t head) {
    constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;
    if (key.size() <= 8) return static_cast<std::uint32_t>((head ^ key.size()) * kFactor >> 32);
    if (key.size() > 16) return static_cast<std::uint32_t>(hash_text(key, 0));
    return static_cast<std::uint32_t>(mix(head ^ key.size(), load_u64(key.data() + key.size() - 8) ^ kFactor));
  }

  PathNode step(const Node& here, std::string_view key, std::uint64_t head) const {
    if (here.edge_mask == kNothing) return kNothing;
    const Edge* edges = edges_.data() + here.first_edge;
    for (std::uint32_t slot = slot_of(key, head) & here.edge_mask;; slot = (slot + 1) & here.edge_mask) {
      const Edge& edge = edges[slot];
      if (edge.head == head && edge.size == key.size() &&
          (key.size() <= 8 || std::memcmp(key.data() + 8, steps_.data() + edge.offset + 8, key.size() - 8) == 0)) {
        return edge.target;
      }
      // Hardly ever true, unlike "the slot is taken", so that most keys need but one branch that cannot be predicted.
      if (!edge.passed) return kNothing;
    }
  }
  PathNode find_dotted(PathNode node, std::string_view key) const;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::string steps_;
};

}  // namespace eventbus::rules
