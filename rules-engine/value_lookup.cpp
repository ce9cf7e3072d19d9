#include "rules-engine/value_lookup.h"

#include "rules-engine/ignore_case.h"
#include "rules-engine/number.h"

#include <algorithm>

namespace eventbus::rules {
namespace {

using State = MatchScratch::State;

std::string_view bytes_of(const double& number) { return {reinterpret_cast<const char*>(&number), sizeof number}; }

std::string_view folded(std::string_view text, State& scratch) {
  char* const out = scratch.arena.data() + scratch.arena_used;
  std::ranges::transform(text, out, [](char c) { return ascii_lower(c); });
  scratch.arena_used += text.size();
  return {out, text.size()};
}

bool of_folded_text(ExactKind kind) {
  return kind == ExactKind::kFoldedText || kind == ExactKind::kFoldedPrefix || kind == ExactKind::kFoldedSuffix;
}

bool at_end(ExactKind kind) {
  return kind == ExactKind::kSuffix || kind == ExactKind::kFoldedSuffix || kind == ExactKind::kLastPiece;
}

// Calls `look_up` with the tag and key of each look-up that a text needs.
template <typename LookUp>
void for_each_key(const FieldMatcher& matcher, const EventValue& value, LookUp look_up) {
  for (const FieldMatcher::TextLookup& lookup : matcher.texts) {
    std::string_view text = value.text();
    if (of_folded_text(lookup.kind)) text = {value.folded, text.size()};
    if (lookup.kind == ExactKind::kText || lookup.kind == ExactKind::kFoldedText) {
      if ((lookup.lengths & FieldMatcher::length_bit(text.size())) == 0) continue;
    } else {
      if (text.size() < lookup.length) continue;
      text = at_end(lookup.kind) ? text.substr(text.size() - lookup.length) : text.substr(0, lookup.length);
    }
    look_up(key_tag(value.field, lookup.kind), text);
  }
}

// The same for a number, whose value it finds out.
template <typename LookUp>
void for_key_of_number(const FieldMatcher& matcher, EventValue& value, LookUp look_up) {
  if (!matcher.numbers && !matcher.number_spellings) return;
  if (const auto number = comparable_number(value.text())) {
    value.comparable = true;
    value.number = *number == 0 ? 0.0 : *number;  // -0 is 0
    if ((matcher.number_keys & FieldMatcher::number_bit(value.number)) != 0)
      look_up(key_tag(value.field, ExactKind::kNumber), bytes_of(value.number));
  } else if (matcher.number_spellings) {
    look_up(key_tag(value.field, ExactKind::kNumberSpelling), value.text());
  }
}

template <typename LookUp>
void for_keys(const FieldMatcher& matcher, EventValue& value, State& scratch, LookUp look_up) {
  if (value.kind == ValueKind::kString) {
    if (matcher.folds) value.folded = folded(value.text(), scratch).data();
    for_each_key(matcher, value, look_up);
  } else if (value.kind == ValueKind::kNumber) {
    for_key_of_number(matcher, value, look_up);
  }
}

void find_in_groups(const CompiledRules& rules, const AffixIndex& pieces, std::string_view text, State& scratch) {
  if (pieces.empty()) return;
  scratch.groups.clear();
  pieces.find(text, scratch.groups);
  for (std::uint32_t group : scratch.groups) rules.records.find_wildcards(group, text, scratch.hits);
}

void find_text_atoms(const CompiledRules& rules, const FieldMatcher::Indexes& indexes, const EventValue& value,
                     State& scratch) {
  if (!indexes.any_of_text) return;
  const std::string_view text = value.text();
  Hits& hits = scratch.hits;
  if (!indexes.prefixes.empty()) indexes.prefixes.find(text, hits);
  if (!indexes.suffixes.empty()) indexes.suffixes.find(text, hits);
  if (value.folded != nullptr) {
    const std::string_view lower(value.folded, text.size());
    if (!indexes.folded_prefixes.empty()) indexes.folded_prefixes.find(lower, hits);
    if (!indexes.folded_suffixes.empty()) indexes.folded_suffixes.find(lower, hits);
  }
  find_in_groups(rules, indexes.first_pieces, text, scratch);
  find_in_groups(rules, indexes.last_pieces, text, scratch);
  if (indexes.open_wildcards != kNone) rules.records.find_wildcards(indexes.open_wildcards, text, hits);
  if (!indexes.ignore_case.empty()) indexes.ignore_case.find(text, hits);
  if (!indexes.v4.empty() || !indexes.v6.empty()) {
    if (const auto address = parse_address(text)) (address->v6 ? indexes.v6 : indexes.v4).find(address->number, hits);
  }
}

// `found`: the first record that `lookup` may be after.
void finish_lookup(const CompiledRules& rules, ExactTable::Lookup lookup, std::uint32_t found, KeyTag tag,
                   std::string_view key, const EventValue& value, State& scratch) {
  while (found != kNone && !rules.records.has_key(found, tag, key)) found = rules.exact.next(lookup);
  if (found == kNone) return;
  const auto kind = static_cast<ExactKind>(tag & 0xF);
  if (kind == ExactKind::kFirstPiece || kind == ExactKind::kLastPiece) {
    rules.records.find_wildcards(found, value.text(), scratch.hits);
  } else {
    scratch.hits.push_back(found);
  }
}

// The atoms that the ExactTable does not hold.
void find_other_atoms(const CompiledRules& rules, const FieldMatcher& matcher, const EventValue& value,
                      State& scratch) {
  switch (value.kind) {
    case ValueKind::kString:
      if (matcher.indexes != nullptr) find_text_atoms(rules, *matcher.indexes, value, scratch);
      return;
    case ValueKind::kNumber:
      if (value.comparable && matcher.indexes != nullptr) matcher.indexes->ranges.find(value.number, scratch.hits);
      return;
    default: {
      const AtomId atom = literal_atom(matcher, value.kind);
      if (atom != kNone) scratch.hits.push_back(atom);
    }
  }
}

// Has the value surely no hits? A cheap question, to which most values of long arrays answer yes.
bool surely_plain(const FieldMatcher& matcher, const PlainValues& plain, ValueKind kind, std::string_view text) {
  switch (kind) {
    case ValueKind::kString:
      return (plain.text_lengths & FieldMatcher::length_bit(text.size())) == 0;
    case ValueKind::kNumber: {
      if (!matcher.numbers && !matcher.number_spellings) return true;
      const auto number = small_number(text);
      if (!number || (matcher.number_keys & FieldMatcher::number_bit(*number)) != 0) return false;
      return matcher.indexes == nullptr || !matcher.indexes->ranges.may_hold(*number);
    }
    default:
      return literal_atom(matcher, kind) == kNone;
  }
}

void leave_out(const PlainValues& plain, State::FieldState& field, std::uint32_t element, State& scratch) {
  if (!plain.matter) return;
  scratch.elements[element].left_out |= plain.left_out_bit;
  field.in_elements = true;
  field.left_out = true;
}

}  // namespace

bool may_leave_out(const PlainValues& plain, const State::FieldState& field, const State& scratch) {
  if (!plain.matter) return true;
  return plain.left_out_bit != 0 && field.epoch == scratch.epoch && field.has_plain;
}

void look_up_value(const CompiledRules& rules, EventValue& value, State& scratch) {
  const FieldMatcher& matcher = rules.fields[value.field];
  if (rules.overlap_lookups) {
    for_keys(matcher, value, scratch, [&](KeyTag tag, std::string_view key) {
      PendingLookup& lookup = scratch.lookups.emplace_back();
      lookup.key = key.data();
      lookup.size = static_cast<std::uint32_t>(key.size());
      lookup.tag = tag;
      lookup.at = rules.exact.start(tag, key);
    });
    value.lookups_end = static_cast<std::uint32_t>(scratch.lookups.size());
    return;
  }
  value.hits_begin = static_cast<std::uint32_t>(scratch.hits.size());
  for_keys(matcher, value, scratch, [&](KeyTag tag, std::string_view key) {
    ExactTable::Lookup lookup = rules.exact.start(tag, key);
    const std::uint32_t found = rules.exact.next(lookup);
    if (found != kNone) finish_lookup(rules, lookup, found, tag, key, value, scratch);
  });
  find_other_atoms(rules, matcher, value, scratch);
  value.hits_end = static_cast<std::uint32_t>(scratch.hits.size());
}

void collect_in_element(const CompiledRules& rules, FieldId field, ValueKind kind, std::string_view text,
                        std::uint32_t element, State& scratch) {
  const FieldMatcher& matcher = rules.fields[field];
  auto& state = scratch.fields[field];
  const PlainValues& plain_values = rules.plain_values[field];
  const bool leavable = may_leave_out(plain_values, state, scratch);
  if (leavable && surely_plain(matcher, plain_values, kind, text)) {
    return leave_out(plain_values, state, element, scratch);
  }
  const auto index = static_cast<std::uint32_t>(scratch.values.size());
  const auto hits_begin = static_cast<std::uint32_t>(scratch.hits.size());
  look_up_value(rules, add_value(field, kind, text, element, scratch), scratch);
  const bool first = state.epoch != scratch.epoch;
  bool plain = false;
  if (rules.overlap_lookups) {  // the hits are not known yet
    plain = surely_plain(matcher, plain_values, kind, text);
  } else {
    plain = scratch.hits.size() == hits_begin;
    if (plain && leavable) {
      drop_value(hits_begin, scratch);
      return leave_out(plain_values, state, element, scratch);
    }
    if (!first && scratch.values[state.last].element == element &&
        same_hits(hits_begin, scratch.values[state.last], scratch.hits)) {
      return drop_value(hits_begin, scratch);
    }
  }
  if (first) {
    state = {.epoch = scratch.epoch, .first = index, .last = index, .in_elements = true, .has_plain = plain};
  } else {
    scratch.values[state.last].next = index;
    state.last = index;
    state.in_elements = true;
    state.has_plain = state.has_plain || plain;
  }
}

void resolve_values(const CompiledRules& rules, State& scratch) {
  if (!rules.overlap_lookups) return;
  for (PendingLookup& lookup : scratch.lookups) {
    lookup.found = rules.exact.next(lookup.at);
    if (lookup.found != kNone) rules.records.prefetch(lookup.found);
  }
  const PendingLookup* lookup = scratch.lookups.data();
  for (EventValue& value : scratch.values) {
    value.hits_begin = static_cast<std::uint32_t>(scratch.hits.size());
    for (const PendingLookup* const end = scratch.lookups.data() + value.lookups_end; lookup != end; ++lookup) {
      // A number's key stood in a place that has moved since.
      const bool number = lookup->tag == key_tag(value.field, ExactKind::kNumber);
      const std::string_view key = number ? bytes_of(value.number) : std::string_view(lookup->key, lookup->size);
      finish_lookup(rules, lookup->at, lookup->found, lookup->tag, key, value, scratch);
    }
    find_other_atoms(rules, rules.fields[value.field], value, scratch);
    value.hits_end = static_cast<std::uint32_t>(scratch.hits.size());
  }
}

}  // namespace eventbus::rules
