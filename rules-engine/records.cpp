#include "rules-engine/records.h"

namespace eventbus::rules {

void Records::append_text(std::string_view text) {
  const std::size_t begin = words_.size();
  words_.resize(begin + words_for(text.size()));
  if (!text.empty()) std::memcpy(words_.data() + begin, text.data(), text.size());
}

void Records::append_key(KeyTag tag, std::string_view text) {
  append_text(text);
  append(static_cast<std::uint32_t>(text.size()));
  append(tag);
}

AtomId Records::append_atom(std::size_t branches) {
  const AtomId atom = append(static_cast<std::uint32_t>(branches));
  words_.resize(words_.size() + branches);
  return atom;
}

void Records::set_branch(AtomId atom, std::size_t i, BranchId branch, bool shared) {
  words_[atom + 1 + i] = branch | (shared ? kShared : 0);
}

BranchId Records::append_branch(const BranchView& branch) {
  const BranchId id = append(branch.id);
  const auto count = branch.settled ? 0U : static_cast<std::uint32_t>(branch.clauses.size());
  append(count | branch.access << kCountBits | (branch.settled ? kSettled : 0) |
         (branch.only_branch ? kOnlyBranch : 0));
  if (!branch.only_branch) append(branch.rule);
  if (!branch.settled) words_.insert(words_.end(), branch.clauses.begin(), branch.clauses.end());
  return id;
}

std::uint32_t Records::append_wildcards(std::span<const Wildcard> wildcards, std::vector<std::uint32_t>& atom_places) {
  const std::uint32_t group = append(static_cast<std::uint32_t>(wildcards.size()));
  for (const Wildcard& wildcard : wildcards) {
    atom_places.push_back(append(kNone));
    std::string text;
    for (const std::string& piece : wildcard.pieces()) text += piece;
    append(static_cast<std::uint32_t>(wildcard.pieces().size()));
    append(static_cast<std::uint32_t>(text.size()));
    for (const std::string& piece : wildcard.pieces()) append(static_cast<std::uint32_t>(piece.size()));
    append_text(text);
  }
  return group;
}

void Records::find_wildcards(std::uint32_t group, std::string_view value, Hits& hits) const {
  const std::uint32_t* word = words_.data() + group;
  for (std::uint32_t left = *word++; left > 0; --left) {
    const AtomId atom = *word++;
    const std::uint32_t pieces = *word++;
    const std::uint32_t bytes = *word++;
    const std::span<const std::uint32_t> sizes(word, pieces);
    word += pieces;
    if (wildcard_matches(sizes, {reinterpret_cast<const char*>(word), bytes}, value)) hits.push_back(atom);
    word += words_for(bytes);
  }
}

}  // namespace eventbus::rules
