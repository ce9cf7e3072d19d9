#include "rules-engine/path_trie.h"

#include <bit>
#include <map>

namespace eventbus::rules {

PathTrie::PathTrie(const std::vector<std::string>& paths) {
  std::vector<std::map<std::string, PathNode, std::less<>>> children(1);
  nodes_.emplace_back();
  for (FieldId id = 0; id < paths.size(); ++id) {
    PathNode node = kRoot;
    std::string_view rest = paths[id];
    while (true) {
      const std::size_t dot = rest.find('.');
      const auto [place, fresh] =
          children[node].try_emplace(std::string(rest.substr(0, dot)), static_cast<PathNode>(nodes_.size()));
      node = place->second;
      if (fresh) {
        nodes_.emplace_back();
        children.emplace_back();
      }
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    nodes_[node].field = id;
  }
  for (PathNode node = 0; node < nodes_.size(); ++node) {
    if (children[node].empty()) continue;
    const std::size_t slots = std::bit_ceil(children[node].size() * 2);
    nodes_[node].first_edge = static_cast<std::uint32_t>(edges_.size());
    nodes_[node].edge_mask = static_cast<std::uint32_t>(slots - 1);
    edges_.resize(edges_.size() + slots);
    Edge* table = edges_.data() + nodes_[node].first_edge;
    for (const auto& [step, target] : children[node]) {
      nodes_[node].lengths |= std::uint64_t{1} << std::min<std::size_t>(step.size(), 63);
      std::uint32_t slot = slot_of(step, head_of(step)) & nodes_[node].edge_mask;
      while (table[slot].target != kNothing) {
        table[slot].passed = true;
        slot = (slot + 1) & nodes_[node].edge_mask;
      }
      table[slot] = {head_of(step), static_cast<std::uint32_t>(step.size()), static_cast<std::uint32_t>(steps_.size()),
                     target, false};
      steps_ += step;
    }
  }
}

PathNode PathTrie::find_dotted(PathNode node, std::string_view key) const {
  while (node != kNothing) {
    const std::size_t dot = key.find('.');
    const std::string_view first = key.substr(0, dot);
    node = step(at(node), first, head_of(first));
    if (dot == std::string_view::npos) break;
    key.remove_prefix(dot + 1);
  }
  return node;
}

}  // namespace eventbus::rules
