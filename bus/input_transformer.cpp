#include "bus/input_transformer.h"

#include "bus/input_template.h"
#include "bus/json_text.h"

#include <simdjson.h>

#include <utility>

namespace eventbus {

namespace {

Result<InputSelection> compile_constant(const std::string& target, const std::string& text) {
  // AWS: `Input: ""` is accepted. Nothing can be delivered of it: see Publisher on empty inputs.
  if (!text.empty()) {
    JsonCursor cursor(text);
    if (!cursor.value() || !cursor.at_end())
      return invalid("JSON syntax error in input for " + target + ": " + json_location(text, cursor.offset()));
  }
  return InputSelection{InputSelection::Constant{text}};
}

Result<InputSelection> compile_path(const std::string& target, const std::string& text) {
  if (text.empty()) return InputSelection{InputSelection::Path{std::nullopt}};
  std::optional<JsonPath> path = JsonPath::parse(text);
  if (!path) return invalid("InputPath for " + target + " is invalid.");
  return InputSelection{InputSelection::Path{std::move(path)}};
}

// §10 rules 3 and 4: one JSON value, or lines of them.
bool is_lines_of_json(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  JsonCursor cursor(text);
  for (;;) {
    if (!cursor.value()) return false;
    const std::size_t end = cursor.offset();
    if (cursor.at_end()) return true;
    if (text.substr(end, cursor.offset() - end).find('\n') == std::string_view::npos) return false;
  }
}

std::string at_path(const InputSelection::Path& selection, const Event& event) {
  if (!selection.path) return "{}";
  std::optional<std::string> value = selection.path->find(event.json);
  // AWS: no match, null and the empty path all deliver {} (behaviour §9).
  if (!value || *value == "null") return "{}";
  return std::move(*value);
}

}  // namespace

Result<InputSelection> compile_input(std::string_view target_id, const InputFields& fields) {
  const std::string target = "target " + std::string(target_id);
  if ((fields.input ? 1 : 0) + (fields.input_path ? 1 : 0) + (fields.transformer ? 1 : 0) > 1)
    return invalid("Only one of Input, InputPath, or InputTransformer must be provided for " + target + ".");
  if (fields.input) return compile_constant(target, *fields.input);
  if (fields.input_path) return compile_path(target, *fields.input_path);
  if (fields.transformer) {
    TRY(InputSelection::Transformer compiled, InputTemplate::compile(target_id, *fields.transformer));
    return InputSelection{std::move(compiled)};
  }
  return InputSelection{InputSelection::WholeEvent{}};
}

RenderedInput render_input(const InputSelection& selection, const Event& event, const RuleNames& rule) {
  if (const auto* constant = std::get_if<InputSelection::Constant>(&selection.choice)) return {constant->text, true};
  if (const auto* path = std::get_if<InputSelection::Path>(&selection.choice)) return {at_path(*path, event), true};
  if (const auto* transformer = std::get_if<InputSelection::Transformer>(&selection.choice)) {
    RenderedInput rendered{(*transformer)->render(event, rule), true};
    rendered.valid = is_lines_of_json(rendered.text);
    return rendered;
  }
  return {event.json, true};
}

}  // namespace eventbus
