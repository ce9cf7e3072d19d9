#include "bus/input_template.h"

#include "bus/json_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace eventbus {

namespace {

// AWS: keys of InputPathsMap match [A-Za-z0-9\_\-]+; dots occur in predefined names only.
bool is_placeholder_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool is_predefined_name(std::string_view name) { return name.starts_with("aws.events."); }

// A <name> in a template.
struct Placeholder {
  std::size_t begin = 0, end = 0;  // from '<' to behind '>'
  std::string_view name;
  bool in_string = false;
  bool is_key = false;  // it is, or stands in, what comes before a ':'
};

// The end of the string whose content begins at `at`: the offset behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

bool colon_follows(std::string_view text, std::size_t at) {
  const std::size_t next = text.find_first_not_of(" \t\r\n", std::min(at, text.size()));
  return next != std::string_view::npos && text[next] == ':';
}

// All <names> of the template. What stands between '<' and '>' without being a name is literal text (§10 rule 8).
std::vector<Placeholder> find_placeholders(std::string_view text) {
  std::vector<Placeholder> found;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (text[at] == '<') {
      const std::size_t close = text.find('>', at);
      if (close == std::string_view::npos) continue;
      const std::string_view name = text.substr(at + 1, close - at - 1);
      if (!is_placeholder_name(name) || (name.find('.') != std::string_view::npos && !is_predefined_name(name)))
        continue;
      const std::size_t token_end = in_string ? end_of_string(text, close + 1) : close + 1;
      found.push_back({at, close + 1, name, in_string, colon_follows(text, token_end)});
      at = close;
    }
  }
  return found;
}

// AWS checks a template by putting null in place of the variables and parsing what results. Only the first value is
// read, so that lines of strings pass, and so does `<x> words`, which can never be delivered (§10 rule 6).
std::optional<std::string> fault_of(std::string_view text, const std::vector<Placeholder>& placeholders) {
  std::string probe;
  std::size_t copied = 0;
  for (const Placeholder& placeholder : placeholders) {
    probe.append(text, copied, placeholder.begin - copied).append("null");
    copied = placeholder.end;
  }
  probe.append(text, copied);
  JsonCursor cursor(probe);
  const char first = cursor.peek();
  const std::size_t begin = cursor.offset();
  if (!cursor.value()) return json_location(probe, cursor.offset());
  // A bare word or number ends at white space only: `nullwords` is no token.
  const bool delimited = first == '{' || first == '[' || first == '"';
  const std::size_t end = cursor.offset();
  if (!delimited && end < probe.size() && std::string_view(" \t\r\n").find(probe[end]) == std::string_view::npos)
    return json_location(probe, begin);
  return std::nullopt;
}

}  // namespace

// One compilation; named because it builds an InputTemplate from within.
class InputTemplateCompiler {
 public:
  InputTemplateCompiler(std::string_view target_id, const InputFields::Transformer& fields)
      : target_("target " + std::string(target_id)), fields_(fields), text_(fields.template_text) {}

  Result<std::shared_ptr<const InputTemplate>> compile() {
    TRY_VOID(compile_paths());
    const std::vector<Placeholder> placeholders = find_placeholders(text_);
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    result_->is_object_ = first != std::string_view::npos && text_[first] == '{';
    for (const Placeholder& placeholder : placeholders) TRY_VOID(check(placeholder));
    if (const std::optional<std::string> fault = fault_of(text_, placeholders))
      return invalid("Invalid InputTemplate for " + target_ + " : " + *fault + ".");
    cut(placeholders);
    return std::shared_ptr<const InputTemplate>(std::move(result_));
  }

 private:
  using Source = InputTemplate::Source;

  Result<void> compile_paths() {
    if (!fields_.paths) return {};
    for (const auto& [name, path_text] : *fields_.paths) {
      if (name.starts_with("AWS"))  // AWS: "The keys cannot start with "AWS."" (InputTransformer, InputPathsMap)
        return invalid("InputPathsMap for " + target_ + " contains the key " + name + ": keys cannot start with AWS.");
      std::optional<JsonPath> path = JsonPath::parse(path_text);
      if (!path) return invalid("InputPath for " + target_ + " is invalid.");
      variables_.emplace(name, result_->paths_.size());
      result_->paths_.push_back(std::move(*path));
    }
    return {};
  }

  static std::optional<Source> predefined(std::string_view name) {
    constexpr std::array kNames = {
        std::pair{std::string_view("aws.events.rule-arn"), Source::kRuleArn},
        std::pair{std::string_view("aws.events.rule-name"), Source::kRuleName},
        std::pair{std::string_view("aws.events.event.ingestion-time"), Source::kIngestionTime},
        std::pair{std::string_view("aws.events.event"), Source::kEnvelope},
        std::pair{std::string_view("aws.events.event.json"), Source::kEvent},
    };
    for (const auto& [known, source] : kNames)
      if (known == name) return source;
    return std::nullopt;
  }

  Result<void> check(const Placeholder& placeholder) const {
    const std::string name(placeholder.name);
    // Without a map, and for unknown aws.events.… names, the text is admitted and stays as it is (§9).
    if (fields_.paths && !is_predefined_name(name) && !variables_.contains(name))
      return invalid("InputTemplate for " + target_ + " contains invalid placeholder " + name + ".");
    const std::optional<Source> source = predefined(name);
    const bool needs_object = source == Source::kEnvelope || source == Source::kEvent;
    if (needs_object && (!result_->is_object_ || placeholder.in_string))
      return invalid("InputTemplate for " + target_ + " contains placeholder " + name +
                     " valid only for JSON template.");
    if (placeholder.is_key)
      return invalid("InputTemplate placeholder present as a JSON object key for " + target_ + ".");
    return {};
  }

  void cut(const std::vector<Placeholder>& placeholders) {
    std::size_t copied = 0;
    for (const Placeholder& placeholder : placeholders) {
      InputTemplate::Piece piece;
      piece.in_string = placeholder.in_string;
      const auto variable = variables_.find(std::string(placeholder.name));
      if (const std::optional<Source> source = predefined(placeholder.name)) {
        piece.source = *source;
      } else if (variable != variables_.end()) {
        piece.source = Source::kPath;
        piece.path = variable->second;
      } else {
        continue;  // unknown: part of the literal text
      }
      add_literal(text_.substr(copied, placeholder.begin - copied));
      result_->pieces_.push_back(std::move(piece));
      copied = placeholder.end;
    }
    add_literal(text_.substr(copied));
  }

  void add_literal(std::string_view text) {
    if (text.empty()) return;
    InputTemplate::Piece piece;
    piece.text = text;
    result_->pieces_.push_back(std::move(piece));
  }

  std::string target_;
  const InputFields::Transformer& fields_;
  std::string_view text_;
  std::map<std::string, std::size_t> variables_;  // name → index into paths_
  std::shared_ptr<InputTemplate> result_ = std::make_shared<InputTemplate>();
};

Result<std::shared_ptr<const InputTemplate>> InputTemplate::compile(std::string_view target_id,
                                                                    const InputFields::Transformer& fields) {
  return InputTemplateCompiler(target_id, fields).compile();
}

namespace {

// <aws.events.event>, in the order captured from AWS: `detail-type` has another name here and `time` is a number of
// milliseconds.
std::string envelope_of(const Event& event) {
  std::string version, resources;
  for_each_member(event.json, [&](std::string_view key, std::string_view value) {
    if (key == "version") version = value;
    if (key == "resources") resources = value;
  });
  std::string out = "{\"id\":";
  append_json_string(out, event.id);
  out += ",\"account\":";
  append_json_string(out, event.origin.account);
  out += ",\"detailType\":";
  append_json_string(out, event.detail_type);
  out += ",\"time\":" + std::to_string(event.time.time_since_epoch().count()) + ",\"source\":";
  append_json_string(out, event.source);
  out += ",\"region\":";
  append_json_string(out, event.origin.region);
  out += ",\"resources\":" + resources + ",\"version\":" + version + "}";
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string_view without_quotes(std::string_view string_value) {
  return string_value.substr(1, string_value.size() - 2);
}

// §10 rule 2: what an object template takes inside a string. A string's own escapes serve again; a list or an object
// goes in raw and breaks the JSON if it has a quote, as it does on AWS.
void insert_into_string(std::string& out, std::string_view value) {
  out += json_kind(value) == JsonKind::kString ? without_quotes(value) : value;
}

// §10 rule 3: what every other template takes: strings without quotes and escapes, objects and lists without any quote.
void insert_as_text(std::string& out, std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::kString:
      append_unescaped(out, without_quotes(value));
      break;
    case JsonKind::kObject:
    case JsonKind::kArray:
      std::ranges::copy_if(value, std::back_inserter(out), [](char c) { return c != '"'; });
      break;
    default:
      out += value;
  }
}

}  // namespace

// As JSON text; nullopt when the path has no match.
std::optional<std::string> InputTemplate::value_of(const Piece& piece, const Event& event,
                                                   const RuleNames& rule) const {
  switch (piece.source) {
    case Source::kPath:
      return paths_[piece.path].find(event.json);
    case Source::kRuleArn:
      return json_string(rule.arn);
    case Source::kRuleName:
      return json_string(rule.name);
    case Source::kIngestionTime:
      return json_string(format_iso_milliseconds(event.accepted_at));
    case Source::kEnvelope:
      return envelope_of(event);
    case Source::kEvent:
      return event.json;
    case Source::kLiteral:
      break;
  }
  return std::nullopt;
}

std::string InputTemplate::render(const Event& event, const RuleNames& rule) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    if (piece.source == Source::kLiteral) {
      out += piece.text;
      continue;
    }
    const std::optional<std::string> value = value_of(piece, event, rule);
    if (!value) {
      if (is_object_ && !piece.in_string) out += "\"\"";  // §10 rule 1; elsewhere nothing is inserted
    } else if (!is_object_) {
      insert_as_text(out, *value);
    } else if (piece.in_string) {
      insert_into_string(out, *value);
    } else {
      out += *value;
    }
  }
  return out;
}

}  // namespace eventbus
