// First line: a JSON path; the rest: a document. Whatever they are: no crash, and what a path finds is JSON; what our
// cursor takes for JSON, compact or not, stays the same JSON when it is read again.
#include "bus/json_path.h"
#include "bus/json_text.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventbus;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view text = input.substr(line + 1);

  const std::optional<std::string> document = compact_json(text);
  require(document.has_value() == is_json(text));
  if (!document) return 0;
  require(compact_json(*document) == document);

  const std::optional<JsonPath> path = JsonPath::parse(input.substr(0, line));
  if (!path) return 0;
  if (const std::optional<std::string> found = path->find(*document)) {
    require(compact_json(*found) == *found);
    require(!path->steps().empty() || *found == *document);
  }
  return 0;
}
