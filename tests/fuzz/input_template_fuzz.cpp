// First line: a template with the variables <a>, <b>, <c> for three paths into the detail; the rest: the detail.
// Whatever they are: no crash, and a rendering that claims to be valid is JSON, line by line.
#include "bus/event.h"
#include "bus/input_transformer.h"
#include "bus/json_text.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace {

bool is_lines_of_json(std::string_view text) {
  eventbus::JsonCursor cursor(text);
  do {
    if (!cursor.value()) return false;
  } while (!cursor.at_end());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventbus;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;

  InputFields fields;
  fields.transformer = InputFields::Transformer{
      std::map<std::string, std::string>{{"a", "$.detail.a"}, {"b", "$.detail.b[*]"}, {"c", "$.detail.c[0].d"}},
      std::string(input.substr(0, line))};
  const Result<InputSelection> selection = compile_input("t", fields);
  if (!selection) {
    if (selection.error().message.empty()) std::abort();
    return 0;
  }
  Event event;
  event.id = "6f0c2a7e-0000-4000-8000-000000000001";
  event.source = "s";
  event.detail_type = "t";
  event.origin = {"000000000000", "us-east-1"};
  const std::string detail(input.substr(line + 1));
  if (!is_json(detail)) return 0;  // UTF-8 is checked before an envelope is made
  std::optional<std::string> json = make_envelope(event, {}, detail);
  if (!json) return 0;
  event.json = std::move(*json);
  const RenderedInput rendered = render_input(*selection, event, RuleNames{"arn:r", "r"});
  if (rendered.valid && !is_lines_of_json(rendered.text)) std::abort();
  return 0;
}
