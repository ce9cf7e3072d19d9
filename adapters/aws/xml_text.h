#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eventbus::aws {

// The text of the first element of that name in an answer of a Query service, references resolved; nullopt when there
// is none. Not an XML reader: for elements that hold text alone, in documents of services that we have asked.
std::optional<std::string> xml_text(std::string_view document, std::string_view element);

}  // namespace eventbus::aws
