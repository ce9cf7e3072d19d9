// Three lines: a schema, another one, a document. Whatever they are, a schema is admitted or refused, a check ends, its
// quick answer is that of the one in words, and a change that is called compatible is.
#include "schemas/compatibility.h"
#include "schemas/schema_validator.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace eventbus;
using namespace eventbus::schemas;

namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<SchemaValidator> older = SchemaValidator::compile(take_line(text));
  const Result<SchemaValidator> newer = SchemaValidator::compile(take_line(text));
  const Result<boost::json::value> document = parse_document(text, 1'000);
  if (older && document) must(older->fits(*document) == older->check(*document).empty());
  if (!older || !newer) return 0;
  const std::vector<Finding> findings = compare(*older, *newer, Direction::kBackward);
  // What is too much work to check fits nothing, whatever the schemas say of it.
  constexpr std::size_t kSmall = 4'096;
  if (findings.empty() && document && size < kSmall && older->fits(*document)) {
    const std::vector<Violation> violations = newer->check(*document);
    for (const Violation& violation : violations)
      must(violation.reason.find("to check") != std::string::npos ||
           violation.reason.find("can be checked") != std::string::npos);
  }
  return 0;
}
