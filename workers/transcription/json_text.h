#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace eventbus::transcription {

// JSON whose numbers look as people and event patterns expect them: 6.35, where Boost.JSON writes 6.35E0.
std::string json_text(const boost::json::value& value);

}  // namespace eventbus::transcription
