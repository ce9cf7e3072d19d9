#include "rules-engine/pattern_parser.h"

#include "rules-engine/json_reader.h"
#include "rules-engine/number.h"
#include "rules-engine/wildcard_complexity.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

namespace eventbus::rules {
namespace {

constexpr std::size_t kBranchesMax = 1'000;       // AWS: behaviour §8, "Or operator is producing over 1000 …"
constexpr std::size_t kFieldsPerBranchMax = 256;  // AWS: rules-engine semantics 18

// AWS: names that `$or` keeps for itself, at any depth of a branch (semantics 8).
constexpr std::array<std::string_view, 24> kReservedNames = {"exactly",
                                                             "equals-ignore-case",
                                                             "prefix",
                                                             "suffix",
                                                             "anything-but",
                                                             "exists",
                                                             "wildcard",
                                                             "numeric",
                                                             "cidr",
                                                             "=",
                                                             "<",
                                                             "<=",
                                                             ">",
                                                             ">=",
                                                             "regex",
                                                             "not-wildcard",
                                                             "date-after",
                                                             "date-on-or-after",
                                                             "date-before",
                                                             "date-on-or-before",
                                                             "in-date-range",
                                                             "not-equals-ignore-case",
                                                             "ip-address-in-range",
                                                             "ip-address-not-in-range"};

bool is_reserved(std::string_view name) { return std::ranges::find(kReservedNames, name) != kReservedNames.end(); }

// A wildcard's faults, with positions in bytes counted from an imagined opening quote, as AWS reports them.
std::optional<std::string> wildcard_fault(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '"';
    if (text[i] == '*' && next == '*') return "Consecutive wildcard characters at pos " + std::to_string(i + 1);
    if (text[i] != '\\') continue;
    if (next != '*' && next != '\\') return "Invalid escape character at pos " + std::to_string(i + 1);
    ++i;
  }
  return std::nullopt;
}

class PatternParser {
 public:
  explicit PatternParser(std::string_view text) : json_(text) {}

  Result<std::shared_ptr<const EventPattern>> parse() {
    TRY(const JsonToken first, json_.next());
    if (first != JsonToken::kStartObject) return json_.error("Filter is not an object");
    TRY_VOID(parse_object(false));
    if (too_many_branches_) return invalid("Or operator is producing over 1000 rule combinations");
    if (too_many_fields_) return invalid("Too many fields in the pattern: at most 256 are allowed");
    return finish();
  }

 private:
  // A branch under construction: ascending (number of the path, field). There may be a thousand of them, so they hold
  // no texts.
  using Draft = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

  // --- structure -----------------------------------------------------------------------------------------------------

  Result<void> parse_object(bool inside_or) {
    bool empty = true;
    while (true) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndObject) break;
      empty = false;
      const std::string name = json_.name();
      if (name == "$or") {
        TRY_VOID(parse_or());
      } else if (inside_or && is_reserved(name)) {
        return json_.error(name + " is Ruler reserved fieldName which cannot be used inside $or.");
      } else {
        TRY_VOID(parse_member(name, inside_or));
      }
    }
    if (empty) return json_.error("Empty objects are not allowed");
    return {};
  }

  Result<void> parse_member(const std::string& name, bool inside_or) {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kStartObject && token != JsonToken::kStartArray) {
      return json_.error("\"" + name + "\" must be an object or an array");
    }
    const std::size_t outer = path_.size();
    if (depth_ > 0) path_ += '.';
    path_ += name;
    ++depth_;
    TRY_VOID(token == JsonToken::kStartObject ? parse_object(inside_or) : parse_alternatives());
    --depth_;
    path_.resize(outer);
    return {};
  }

  // Every member of the array continues from what stands before the `$or`; what follows is added to each result.
  Result<void> parse_or() {
    std::vector<Draft> before = std::exchange(drafts_, {});
    std::vector<Draft> results;
    TRY(JsonToken token, json_.next());
    if (token != JsonToken::kStartArray) return json_.error("It must be an Array followed with $or.");
    std::size_t members = 0;
    while (true) {
      TRY(token, json_.next());
      if (token == JsonToken::kEndArray) break;
      ++members;
      if (token != JsonToken::kStartObject) {
        return json_.error("Only JSON object is allowed in array of $or relationship.");
      }
      drafts_ = before;
      if (drafts_.empty()) drafts_.emplace_back();
      TRY_VOID(parse_object(true));
      std::ranges::move(drafts_, std::back_inserter(results));
      too_many_branches_ = too_many_branches_ || results.size() > kBranchesMax;
      if (too_many_branches_) {
        // Refused in the end; what follows may have a fault that AWS reports first, so go on with little.
        results.resize(1);
        before.resize(std::min<std::size_t>(before.size(), 1));
      }
    }
    if (members < 2) return json_.error("There must have at least 2 Objects in $or relationship.");
    drafts_ = std::move(results);
    return {};
  }

  Result<void> parse_alternatives() {
    std::vector<Condition> conditions;
    while (true) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndArray) break;
      TRY(Condition condition, parse_alternative(token));
      conditions.push_back(std::move(condition));
    }
    if (conditions.empty()) return json_.error("Empty arrays are not allowed");
    const auto field = static_cast<std::uint32_t>(fields_.size());
    fields_.push_back({path_, std::move(conditions)});
    if (drafts_.empty()) drafts_.emplace_back();
    const auto path = paths_.try_emplace(path_, static_cast<std::uint32_t>(paths_.size())).first->second;
    for (Draft& draft : drafts_) assign(draft, path, field);
    return {};
  }

  // Of one path the field that is written last counts.
  void assign(Draft& draft, std::uint32_t path, std::uint32_t field) {
    const auto place = std::ranges::lower_bound(draft, path, {}, &Draft::value_type::first);
    if (place != draft.end() && place->first == path) {
      place->second = field;
    } else if (draft.size() < kFieldsPerBranchMax) {
      draft.insert(place, {path, field});
    } else {
      too_many_fields_ = true;  // refused in the end, as above
    }
  }

  Result<Condition> parse_alternative(JsonToken token) {
    switch (token) {
      case JsonToken::kStartObject:
        return parse_operator();
      case JsonToken::kString: {
        TRY(std::string text, json_.string());
        return plain_string(std::move(text));
      }
      case JsonToken::kNumber:
        if (const auto value = comparable_number(json_.number())) return Condition(NumberEquals{*value});
        return Condition(NumberSpelling{std::string(json_.number())});
      case JsonToken::kTrue:
        return Condition(Literal::kTrue);
      case JsonToken::kFalse:
        return Condition(Literal::kFalse);
      case JsonToken::kNull:
        return Condition(Literal::kNull);
      default:
        return json_.error("Match value must be String, number, true, false, or null");
    }
  }

  // AWS: a plain string that is an address is matched as an address (semantics 16).
  static Condition plain_string(std::string text) {
    if (const auto address = parse_address(text)) {
      return AddressInRange{{address->v6, address->number, address->number}};
    }
    return TextMatch{TextOperator::kEquals, std::move(text)};
  }

  // --- operators -----------------------------------------------------------------------------------------------------

  Result<Condition> parse_operator() {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kFieldName) return json_.error("Match expression name not found");
    const std::string name = json_.name();
    if (name == "exactly") return parse_text(TextOperator::kEquals, "exact");
    if (name == "prefix")
      return parse_affix(TextOperator::kPrefix, TextOperator::kPrefixIgnoreCase, "prefix", "Prefix");
    if (name == "suffix")
      return parse_affix(TextOperator::kSuffix, TextOperator::kSuffixIgnoreCase, "suffix", "Suffix");
    if (name == "equals-ignore-case") return parse_text(TextOperator::kEqualsIgnoreCase, "equals-ignore-case");
    if (name == "wildcard") return parse_text(TextOperator::kWildcard, "wildcard");
    if (name == "numeric") return parse_numeric();
    if (name == "anything-but") return parse_anything_but();
    if (name == "exists") return parse_exists();
    if (name == "cidr") return parse_cidr();
    return json_.error("Unrecognized match type " + name);
  }

  Result<void> expect_end_of_operator() {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kEndObject) return json_.error("Only one key allowed in match expression");
    return {};
  }

  Result<Condition> parse_text(TextOperator op, std::string_view name) {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kString) return json_.error(std::string(name) + " match pattern must be a string");
    TRY(std::string text, json_.string());
    if (op == TextOperator::kWildcard) {
      if (const auto fault = wildcard_fault(text)) return json_.error(*fault);
    }
    TRY_VOID(expect_end_of_operator());
    return Condition(TextMatch{op, std::move(text)});
  }

  // prefix and suffix: a string, or {"equals-ignore-case": a string}.
  Result<Condition> parse_affix(TextOperator op, TextOperator ignore_case, std::string_view name,
                                std::string_view capitalised) {
    TRY(const JsonToken token, json_.next());
    if (token == JsonToken::kStartObject) {
      TRY(const JsonToken inner, json_.next());
      if (inner != JsonToken::kFieldName) {
        return json_.error(std::string(capitalised) + " expression name not found");
      }
      if (json_.name() != "equals-ignore-case") {
        return json_.error("Unsupported " + std::string(name) + " pattern: " + json_.name());
      }
      TRY(Condition condition, parse_text(ignore_case, "equals-ignore-case"));
      TRY_VOID(expect_end_of_operator());
      return condition;
    }
    if (token != JsonToken::kString) return json_.error(std::string(name) + " match pattern must be a string");
    TRY(std::string text, json_.string());
    TRY_VOID(expect_end_of_operator());
    return Condition(TextMatch{op, std::move(text)});
  }

  Result<Condition> parse_exists() {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kTrue && token != JsonToken::kFalse) {
      return json_.error("exists match pattern must be either true or false.");
    }
    TRY_VOID(expect_end_of_operator());
    if (token == JsonToken::kTrue) return Condition(Exists{});
    return Condition(Absent{});
  }

  Result<Condition> parse_cidr() {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kString) return json_.error("prefix match pattern must be a string");  // AWS: says so
    TRY(const std::string text, json_.string());
    TRY(const AddressRange range, cidr_range(text));
    TRY_VOID(expect_end_of_operator());
    return Condition(AddressInRange{range});
  }

  // AWS: these reasons carry no location.
  static Result<AddressRange> cidr_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view tail = slash == std::string_view::npos ? "" : text.substr(slash + 1);
    // Java's split drops empty parts at the end: "10.0.0.0/8/" has two.
    const std::size_t last = tail.find_last_not_of('/');
    const std::string_view bits_text = last == std::string_view::npos ? "" : tail.substr(0, last + 1);
    if (bits_text.empty() || bits_text.find('/') != std::string_view::npos) {
      return invalid("Malformed CIDR, one '/' required");
    }
    const auto bits = mask_bits(bits_text);
    if (!bits) return invalid("Malformed CIDR, mask bits must be an integer");
    if (*bits < 0) return invalid("Malformed CIDR, mask bits must not be negative");
    const std::string base(text.substr(0, slash));
    const auto address = parse_address(base);
    if (!address) return invalid((looks_like_address(base) ? "Invalid" : "Nonstandard") + (" IP address: " + base));
    const int width = address->v6 ? 128 : 32;
    if (*bits >= width) return invalid(address->v6 ? "IPv6 mask bits must be < 128" : "IPv4 mask bits must be < 32");
    const unsigned __int128 all = address->v6 ? ~static_cast<unsigned __int128>(0) : 0xFFFFFFFF;
    const unsigned __int128 host = all >> *bits;
    return AddressRange{address->v6, address->number & ~host, address->number | host};
  }

  // As Java's Integer.parseInt: a sign may stand before the digits.
  static std::optional<std::int32_t> mask_bits(std::string_view text) {
    if (text.starts_with('+')) {
      text.remove_prefix(1);
      if (text.starts_with('-')) return std::nullopt;
    }
    std::int32_t bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return bits;
  }

  // --- numeric -------------------------------------------------------------------------------------------------------

  Result<Condition> parse_numeric() {
    TRY(const JsonToken token, json_.next());
    if (token != JsonToken::kStartArray) return json_.error("Value of numeric must be an array.");
    TRY(Condition condition, parse_numeric_members());
    TRY(const JsonToken end, json_.next());
    if (end != JsonToken::kEndObject) return too_many_elements();
    return condition;
  }

  Result<Condition> parse_numeric_members() {
    TRY(const JsonToken first, json_.next());
    TRY(const std::string op, token_text(first));
    if (first != JsonToken::kString) return json_.error("Invalid member in numeric match: " + op);
    TRY(const JsonToken second, json_.next());
    const bool lower = op == ">" || op == ">=";
    if (!lower && op != "=" && op != "<" && op != "<=") {
      return json_.error("Unrecognized numeric range operator: " + op);
    }
    if (second != JsonToken::kNumber) {
      return json_.error("Value of " + (op == "=" ? "equals" : op) + " must be numeric");
    }
    const std::string number(json_.number());
    TRY(const JsonToken third, json_.next());
    if (lower && third != JsonToken::kEndArray) return parse_upper_bound(third, number, op == ">");
    if (third != JsonToken::kEndArray) return too_many_elements();
    TRY(const double value, comparable(number));
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (op == "=") return Condition(NumberEquals{value});
    if (lower) return Condition(NumberRange{value, kInfinity, op == ">", false});
    return Condition(NumberRange{-kInfinity, value, false, op == "<"});
  }

  Result<Condition> parse_upper_bound(JsonToken token, const std::string& bottom_text, bool open_bottom) {
    TRY(const std::string op, token_text(token));
    if (token != JsonToken::kString) return json_.error("Bad value in numeric range: " + op);
    if (op != "<" && op != "<=") return json_.error("Bad numeric range operator: " + op);
    TRY(const JsonToken operand, json_.next());
    if (operand != JsonToken::kNumber) return json_.error("Value of " + op + " must be numeric");
    const std::string top_text(json_.number());
    TRY(const JsonToken end, json_.next());
    if (end != JsonToken::kEndArray) return json_.error("Too many terms in numeric range expression");
    TRY(const double bottom, comparable(bottom_text));
    TRY(const double top, comparable(top_text));
    if (bottom >= top) return json_.error("Bottom must be less than top");
    return Condition(NumberRange{bottom, top, open_bottom, op == "<"});
  }

  Result<double> comparable(const std::string& text) {
    if (const auto value = comparable_number(text)) return *value;
    return json_.error("Cannot compare number : " + text);
  }

  // What AWS's messages print for a token.
  Result<std::string> token_text(JsonToken token) {
    switch (token) {
      case JsonToken::kString:
        return json_.string();
      case JsonToken::kNumber:
        return std::string(json_.number());
      case JsonToken::kStartObject:
        return std::string("{");
      case JsonToken::kEndObject:
        return std::string("}");
      case JsonToken::kStartArray:
        return std::string("[");
      case JsonToken::kEndArray:
        return std::string("]");
      case JsonToken::kTrue:
        return std::string("true");
      case JsonToken::kFalse:
        return std::string("false");
      default:
        return std::string("null");
    }
  }

  Error too_many_elements() { return json_.error("Too many elements in numeric expression"); }

  // --- anything-but --------------------------------------------------------------------------------------------------

  Result<Condition> parse_anything_but() {
    TRY(JsonToken token, json_.next());
    std::optional<TextOperator> op;
    if (token == JsonToken::kStartObject) {
      TRY(token, json_.next());
      if (token != JsonToken::kFieldName) return json_.error("Anything-But expression name not found");
      TRY(op, anything_but_operator(json_.name()));
      TRY(token, json_.next());
    }
    if (token != JsonToken::kStartArray && token != JsonToken::kString && token != JsonToken::kNumber) {
      return json_.error("Value of anything-but must be an array or single string/number value.");
    }
    TRY(Condition condition, op ? parse_texts(*op, token) : parse_anything_but_values(token));
    TRY(const JsonToken end, json_.next());
    if (end != JsonToken::kEndObject) return too_many_elements();  // AWS: says so
    if (op) {
      TRY(const JsonToken outer_end, json_.next());
      if (outer_end != JsonToken::kEndObject) return too_many_elements();
    }
    return condition;
  }

  Result<TextOperator> anything_but_operator(const std::string& name) {
    if (name == "equals-ignore-case") return TextOperator::kEqualsIgnoreCase;
    if (name == "prefix") return TextOperator::kPrefix;
    if (name == "suffix") return TextOperator::kSuffix;
    if (name == "wildcard") return TextOperator::kWildcard;
    return json_.error("Unsupported anything-but pattern: " + name);
  }

  // anything-but with plain values: one or a list of strings, or of numbers.
  Result<Condition> parse_anything_but_values(JsonToken token) {
    if (token == JsonToken::kString) {
      TRY(std::string text, json_.string());
      return Condition(AnythingButText{TextOperator::kEquals, {std::move(text)}});
    }
    if (token == JsonToken::kNumber) {
      const std::string text(json_.number());
      const auto value = comparable_number(text);
      if (!value) return invalid("Cannot compare number : " + text);  // AWS: no location here
      return Condition(AnythingButNumbers{{*value}});
    }
    std::vector<std::string> texts;
    std::vector<double> numbers;
    if (auto read = read_values(texts, numbers); !read) return nested(std::move(read).error());
    if (texts.empty() == numbers.empty()) {
      return json_.error(
          "Inside anything but list, either all values are number or string, mixed type is not supported");
    }
    if (!numbers.empty()) return Condition(AnythingButNumbers{std::move(numbers)});
    return Condition(AnythingButText{TextOperator::kEquals, std::move(texts)});
  }

  Result<void> read_values(std::vector<std::string>& texts, std::vector<double>& numbers) {
    while (true) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndArray) return {};
      if (token == JsonToken::kString) {
        TRY(std::string text, json_.string());
        texts.push_back(std::move(text));
      } else if (token == JsonToken::kNumber) {
        const auto value = comparable_number(json_.number());
        if (!value) return invalid("Cannot compare number : " + std::string(json_.number()));
        numbers.push_back(*value);
      } else {
        return json_.error("Inside anything but list, start|null|boolean is not supported.");
      }
    }
  }

  // anything-but of prefix, suffix, equals-ignore-case or wildcard: one string or a list of them.
  Result<Condition> parse_texts(TextOperator op, JsonToken token) {
    std::vector<std::string> texts;
    if (token == JsonToken::kStartArray) {
      while (true) {
        auto read = read_list_text(op, texts);
        if (!read) return nested(std::move(read).error());
        if (!*read) break;
      }
      // AWS: an HTTP 500 (behaviour §8); refused here in the words of the plain list.
      if (texts.empty()) {
        return json_.error(
            "Inside anything but list, either all values are number or string, mixed type is not supported");
      }
    } else {
      TRY(std::string text, checked_text(op, token));
      texts.push_back(std::move(text));
    }
    if (op == TextOperator::kWildcard) {
      for (const std::string& text : texts) {
        if (const auto fault = wildcard_fault(text)) return json_.error(*fault);
      }
    }
    return Condition(AnythingButText{op, std::move(texts)});
  }

  // False at the end of the list.
  Result<bool> read_list_text(TextOperator op, std::vector<std::string>& texts) {
    TRY(const JsonToken token, json_.next());
    if (token == JsonToken::kEndArray) return false;
    TRY(std::string text, checked_text(op, token));
    texts.push_back(std::move(text));
    return true;
  }

  Result<std::string> checked_text(TextOperator op, JsonToken token) {
    if (token == JsonToken::kString) {
      TRY(std::string text, json_.string());
      const bool affix = op == TextOperator::kPrefix || op == TextOperator::kSuffix;
      if (affix && text.empty()) return json_.error("Null prefix/suffix not allowed");
      return text;
    }
    if (op == TextOperator::kEqualsIgnoreCase) {
      return json_.error("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.");
    }
    return json_.error(op == TextOperator::kWildcard ? "wildcard match pattern must be a string"
                                                     : "prefix/suffix match pattern must be a string");
  }

  // AWS: an error inside an anything-but list is reported once more from outside of it, with a second location line.
  Error nested(Error inner) const { return invalid(std::move(inner.message) + json_.location_line()); }

  // --- the result ----------------------------------------------------------------------------------------------------

  // Drops the fields that a later one of the same path replaced everywhere.
  Result<std::shared_ptr<const EventPattern>> finish() {
    constexpr std::uint32_t kUnused = 0xFFFFFFFF;
    std::vector<std::uint32_t> new_index(fields_.size(), kUnused);
    std::vector<FieldPattern> used;
    std::vector<EventPattern::Branch> branches;
    branches.reserve(drafts_.size());
    for (const Draft& draft : drafts_) {
      EventPattern::Branch& branch = branches.emplace_back();
      branch.reserve(draft.size());
      for (const auto& [path, field] : draft) {
        if (new_index[field] == kUnused) {
          new_index[field] = static_cast<std::uint32_t>(used.size());
          used.push_back(std::move(fields_[field]));
        }
        branch.push_back(new_index[field]);
      }
    }
    if (too_complex(used)) {
      return invalid(
          "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
          "wildcard character");
    }
    return std::make_shared<const EventPattern>(std::move(used), std::move(branches));
  }

  static bool too_complex(const std::vector<FieldPattern>& fields) {
    std::unordered_map<std::string_view, std::size_t> complexity_of;  // by path
    for (const FieldPattern& field : fields) {
      for (const Condition& condition : field.conditions) {
        std::size_t complexity = 0;
        if (const auto* text = std::get_if<TextMatch>(&condition); text && text->op == TextOperator::kWildcard)
          complexity = wildcard_complexity(text->text);
        if (const auto* but = std::get_if<AnythingButText>(&condition); but && but->op == TextOperator::kWildcard)
          for (const std::string& excluded : but->texts) complexity += wildcard_complexity(excluded);
        if (complexity > 0 && (complexity_of[field.path] += complexity) > kWildcardComplexityMax) return true;
      }
    }
    return false;
  }

  JsonReader json_;
  std::string path_;
  std::size_t depth_ = 0;  // steps in path_; a step may be empty
  std::vector<FieldPattern> fields_;
  std::unordered_map<std::string, std::uint32_t> paths_;
  std::vector<Draft> drafts_;
  bool too_many_branches_ = false;
  bool too_many_fields_ = false;
};

}  // namespace

Result<std::shared_ptr<const EventPattern>> parse_event_pattern(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return invalid("Invalid UTF-8 in the pattern");
  return PatternParser(text).parse();
}

bool uses_wildcard(const EventPattern& pattern) {
  const auto is_wildcard = [](const Condition& condition) {
    if (const auto* text = std::get_if<TextMatch>(&condition)) return text->op == TextOperator::kWildcard;
    if (const auto* texts = std::get_if<AnythingButText>(&condition)) return texts->op == TextOperator::kWildcard;
    return false;
  };
  return std::ranges::any_of(
      pattern.fields(), [&](const FieldPattern& field) { return std::ranges::any_of(field.conditions, is_wildcard); });
}

}  // namespace eventbus::rules
