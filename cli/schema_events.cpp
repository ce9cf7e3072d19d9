#include "cli/schema_events.h"

#include "cli/input.h"
#include "schemas/schema_validator.h"

#include <string_view>
#include <utility>

namespace eventbus::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kDepthMax = 1'001;  // as deep as events nest
constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

Result<void> for_each_event(const std::string& input,
                            const std::function<Result<void>(const std::string& place, json::value event)>& use) {
  TRY(const std::string text, read_input(input));
  const std::string name = name_of_input(input);
  if (Result<json::value> whole = schemas::parse_document(text, kDepthMax)) return use(name, *std::move(whole));
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.find_first_not_of(kSpace) == std::string_view::npos) continue;
    const std::string place = name + ":" + std::to_string(number);
    Result<json::value> event = schemas::parse_document(line, kDepthMax);
    if (!event) return invalid(place + ": " + event.error().message);
    TRY_VOID(use(place, *std::move(event)));
  }
  return {};
}

}  // namespace eventbus::cli
