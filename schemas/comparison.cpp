#include "schemas/comparison.h"

#include "schemas/json_value.h"
#include "schemas/schema_check.h"

#include <iterator>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

// Questions asked in one comparison, and of them inside each other, before it gives up: then the change counts as
// breaking.
constexpr std::size_t kQuestionsMax = 50'000;
constexpr std::size_t kQuestionsDepthMax = 200;

Conjunction joined_with(Conjunction sub, const SchemaNode* more) {
  sub.add(more);
  return sub;
}

}  // namespace

bool breaks(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& one) { return one.kind == Finding::kBreaking; });
}

void append(Findings& to, Findings more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Findings Comparison::contained(const Conjunction& sub, const SchemaNode& super_referring, const std::string& path) {
  const SchemaNode& super = behind_references(super_referring);
  if (sub.nothing_fits()) return {};
  // Recursive schemas come back to what is being asked already, and it holds unless something else is found.
  const Question question{sub.parts(), &super};
  if (asking_.contains(question)) return {};
  if (++questions_ > kQuestionsMax || asking_.size() >= kQuestionsDepthMax)
    return {breaking(path, "is too intertwined to be compared")};
  asking_.insert(question);
  Findings findings = answer(sub, super, path);
  // One that is a choice is taken choice by choice.
  if (breaks(findings)) {
    if (std::optional<Findings> by_choice = answer_by_choice(sub, super, path)) findings = *std::move(by_choice);
  }
  asking_.erase(question);
  return findings;
}

Finding Comparison::breaking(const std::string& path, std::string reason) const {
  return {Finding::kBreaking, direction_, path, std::move(reason)};
}

Finding Comparison::must(const std::string& path, const std::string& what) const {
  return breaking(path, direction_ == Direction::kBackward ? "must " + what + " now" : "need no longer " + what);
}

Finding Comparison::may(const std::string& path, const std::string& what) const {
  return breaking(path, direction_ == Direction::kBackward ? "may no longer " + what : "may " + what + " now");
}

Findings Comparison::answer(const Conjunction& sub, const SchemaNode& super, const std::string& path) {
  // What can be counted is tried.
  if (const auto values = sub.values()) {
    Findings findings;
    for (const json::value& value : *values)
      if (!SchemaCheck().fits(super, value, Place{})) findings.push_back(may(path, "be " + in_words(value)));
    return findings;
  }
  if (super.nothing_fits) return {may(path, "be there")};
  Findings findings;
  const TypeSet types = sub.types();
  if (const TypeSet lost = static_cast<TypeSet>(types & ~super.types))
    findings.push_back(may(path, "be " + names_of(lost)));
  if (super.values) findings.push_back(must(path, "be one of an enumeration"));
  if (super.number && (types & kNumber)) append(findings, numbers(sub, *super.number, types, path));
  if (super.string && (types & kString)) append(findings, strings(sub, *super.string, path));
  if (super.array && (types & kArray)) append(findings, arrays(sub, *super.array, path));
  if (super.object && (types & kObject)) append(findings, objects(sub, *super.object, path));
  if (super.combinations) append(findings, combinations(sub, *super.combinations, path));
  return findings;
}

std::optional<Findings> Comparison::answer_by_choice(const Conjunction& sub, const SchemaNode& super,
                                                     const std::string& path) {
  for (const SchemaNode* part : sub.parts()) {
    if (!part->combinations || chosen_.contains(part)) continue;
    const std::vector<const SchemaNode*>& choices =
        part->combinations->any_of.empty() ? part->combinations->one_of : part->combinations->any_of;
    if (choices.empty()) continue;
    chosen_.insert(part);
    Findings findings;
    for (const SchemaNode* choice : choices) {
      for (Finding& finding : contained(joined_with(sub, choice), super, path))
        if (std::ranges::find(findings, finding) == findings.end()) findings.push_back(std::move(finding));
    }
    chosen_.erase(part);
    return findings;
  }
  return std::nullopt;
}

Findings Comparison::combinations(const Conjunction& sub, const Combinations& super, const std::string& path) {
  Findings findings;
  for (const SchemaNode* part : super.all_of) append(findings, contained(sub, *part, path));
  if (!super.any_of.empty()) append(findings, some_choice(sub, super.any_of, path, "anyOf"));
  if (!super.one_of.empty()) append(findings, one_choice(sub, super, path));
  if (super.none_of && !excludes(sub, *super.none_of)) findings.push_back(may(path, "fit the schema of `not`"));
  if (super.condition) append(findings, conditions(sub, super, path));
  return findings;
}

Findings Comparison::some_choice(const Conjunction& sub, const std::vector<const SchemaNode*>& choices,
                                 const std::string& path, const std::string& keyword) {
  std::optional<Findings> notes;
  for (const SchemaNode* choice : choices) {
    Findings findings = contained(sub, *choice, path);
    if (breaks(findings)) continue;
    if (findings.empty()) return {};
    if (!notes) notes = std::move(findings);
  }
  if (notes) return *std::move(notes);
  return {must(path, "fit a schema of `" + keyword + "`")};
}

Findings Comparison::one_choice(const Conjunction& sub, const Combinations& super, const std::string& path) {
  const std::vector<const SchemaNode*>& wanted = super.one_of;
  const auto has_the_same = [&](const SchemaNode& part) {
    return part.combinations &&
           std::ranges::equal(part.combinations->one_of, wanted,
                              [&](const SchemaNode* left, const SchemaNode* right) { return same(*left, *right); });
  };
  if (sub.any(has_the_same)) return {};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    for (std::size_t j = i + 1; j < wanted.size(); ++j)
      if (!are_disjoint(*wanted[i], *wanted[j])) return {must(path, "fit one schema of `oneOf` only, as it stands")};
  return some_choice(sub, wanted, path, "oneOf");
}

bool Comparison::excludes(const Conjunction& sub, const SchemaNode& excluded) {
  if ((sub.types() & Conjunction(excluded).types()) == 0) return true;
  return sub.any([&](const SchemaNode& part) {
    return part.combinations && part.combinations->none_of &&
           contained(Conjunction(excluded), *part.combinations->none_of, "").empty();
  });
}

Findings Comparison::conditions(const Conjunction& sub, const Combinations& super, const std::string& path) {
  Conjunction when = joined_with(sub, super.condition), otherwise = sub;
  for (const SchemaNode* part : sub.parts()) {
    if (!part->combinations || !part->combinations->condition ||
        !same(*part->combinations->condition, *super.condition))
      continue;
    when.add(part->combinations->then);
    otherwise.add(part->combinations->otherwise);
  }
  Findings findings;
  if (super.then) append(findings, contained(when, *super.then, path));
  if (super.otherwise) append(findings, contained(otherwise, *super.otherwise, path));
  for (Finding& finding : findings)
    if (finding.kind == Finding::kBreaking) finding.reason += ", by `if`";
  return findings;
}

}  // namespace eventbus::schemas
