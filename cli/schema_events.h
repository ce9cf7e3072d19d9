#pragma once

#include "base/result.h"

#include <boost/json/value.hpp>

#include <functional>
#include <string>

namespace eventbus::cli {

// The events of an input, as arguments name it (cli/input.h): one JSON document, or one a line. `use` is told where
// each stands ("events.jsonl:3"). kInvalid: what cannot be read, and where; the first error of `use`.
Result<void> for_each_event(const std::string& input,
                            const std::function<Result<void>(const std::string& place, boost::json::value event)>& use);

}  // namespace eventbus::cli
