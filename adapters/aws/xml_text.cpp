#include "adapters/aws/xml_text.h"

#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kReferences = {
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&amp;", '&'}}};

}  // namespace

std::optional<std::string> xml_text(std::string_view document, std::string_view element) {
  const std::string open = "<" + std::string(element) + ">";
  const std::size_t begin = document.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view content = document.substr(begin + open.size());
  const std::size_t end = content.find('<');
  if (end == std::string_view::npos || !content.substr(end).starts_with("</" + std::string(element) + ">"))
    return std::nullopt;
  content = content.substr(0, end);
  std::string text;
  while (!content.empty()) {
    bool resolved = false;
    for (const auto& [reference, character] : kReferences) {
      if (!content.starts_with(reference)) continue;
      text += character;
      content.remove_prefix(reference.size());
      resolved = true;
      break;
    }
    if (resolved) continue;
    text += content.front();
    content.remove_prefix(1);
  }
  return text;
}

}  // namespace eventbus::aws
