#pragma once

#include "base/result.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace eventbus {

// A configuration file, read but not yet judged.
struct ConfigFile {
  struct Entry {
    std::string key;
    std::string value;
    int line = 0;
  };
  std::vector<Entry> settings;    // every top-level scalar
  boost::json::object resources;  // the `resources` section as JSON; empty if there is none
  boost::json::array forward;     // the `forward` section, likewise
  boost::json::object schemas;    // the `schemas` section, likewise
};

// Reads YAML. Errors (kInvalid, with file and line): not readable, not YAML, a key twice, a setting that is not a plain
// value, `resources` or `schemas` that are not mappings, `forward` that is not a list.
Result<ConfigFile> read_config_file(const std::string& path);
Result<ConfigFile> parse_config_file(const std::string& path, const std::string& text);

}  // namespace eventbus
