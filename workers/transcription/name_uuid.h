#pragma once

#include <string>
#include <string_view>

namespace eventbus::transcription {

// A name-based UUID (version 5, RFC 4122 §4.3) in the namespace of URLs: the same name has the same id everywhere.
std::string name_uuid(std::string_view name);

// "6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2", of any version and either case.
bool is_uuid(std::string_view text);

}  // namespace eventbus::transcription
