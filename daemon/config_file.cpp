#include "daemon/config_file.h"

#include "daemon/text_file.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdint>
#include <set>
#include <system_error>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr int kDepthMax = 64;  // of `resources`; an anchor that contains itself would have no end

std::string at(const std::string& path, const YAML::Mark& mark) {
  if (mark.is_null()) return path + ": ";
  return path + ":" + std::to_string(mark.line + 1) + ": ";
}

// Plain scalars have the type that YAML 1.2's core schema gives them; quoted ones are text.
json::value scalar_to_json(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return json::value(text);
  if (text == "true") return true;
  if (text == "false") return false;
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  std::int64_t integer = 0;
  if (auto [stop, error] = std::from_chars(begin, end, integer); error == std::errc() && stop == end) return integer;
  double number = 0;
  const bool numeric = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  if (auto [stop, error] = std::from_chars(begin, end, number); numeric && error == std::errc() && stop == end) {
    return number;
  }
  return json::value(text);
}

Result<json::value> to_json(const std::string& path, const YAML::Node& node, int depth) {
  if (depth > kDepthMax) return invalid(at(path, node.Mark()) + "nested too deeply");
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar_to_json(node);
    case YAML::NodeType::Sequence: {
      json::array array;
      for (const YAML::Node& item : node) {
        TRY(json::value value, to_json(path, item, depth + 1));
        array.push_back(std::move(value));
      }
      return json::value(std::move(array));
    }
    case YAML::NodeType::Map: {
      json::object object;
      for (const auto& member : node) {
        if (!member.first.IsScalar()) return invalid(at(path, member.first.Mark()) + "a key must be plain text");
        const std::string& key = member.first.Scalar();
        if (object.contains(key)) return invalid(at(path, member.first.Mark()) + "\"" + key + "\" stands here twice");
        TRY(json::value value, to_json(path, member.second, depth + 1));
        object.emplace(key, std::move(value));
      }
      return json::value(std::move(object));
    }
    default:
      return json::value(nullptr);
  }
}

Result<ConfigFile> convert(const std::string& path, const YAML::Node& root) {
  ConfigFile file;
  if (root.IsNull()) return file;
  if (!root.IsMap())
    return invalid(at(path, root.Mark()) + "the file must be a mapping of settings, as `listen: 127.0.0.1:4566`");
  std::set<std::string> seen;
  for (const auto& member : root) {
    const std::string where = at(path, member.first.Mark());
    if (!member.first.IsScalar()) return invalid(where + "a key must be plain text");
    const std::string& key = member.first.Scalar();
    if (!seen.insert(key).second) return invalid(where + "\"" + key + "\" stands here twice");
    if (key == "resources") {
      if (member.second.IsNull()) continue;
      if (!member.second.IsMap())
        return invalid(where + "resources must be a mapping with event_buses, rules or queues");
      TRY(json::value resources, to_json(path, member.second, 0));
      file.resources = std::move(resources.as_object());
      continue;
    }
    if (key == "forward") {
      if (member.second.IsNull()) continue;
      if (!member.second.IsSequence()) return invalid(where + "forward must be a list of entries with accounts");
      TRY(json::value forward, to_json(path, member.second, 0));
      file.forward = std::move(forward.as_array());
      continue;
    }
    if (key == "schemas") {
      if (member.second.IsNull()) continue;
      if (!member.second.IsMap()) return invalid(where + "schemas must be a mapping with directory and buses");
      TRY(json::value schemas, to_json(path, member.second, 0));
      file.schemas = std::move(schemas.as_object());
      continue;
    }
    if (!member.second.IsScalar()) return invalid(where + "\"" + key + "\" must have one plain value");
    file.settings.push_back({key, member.second.Scalar(), member.first.Mark().line + 1});
  }
  return file;
}

}  // namespace

Result<ConfigFile> parse_config_file(const std::string& path, const std::string& text) {
  try {
    return convert(path, YAML::Load(text));
  } catch (const YAML::Exception& problem) {
    return invalid(at(path, problem.mark) + "not YAML: " + problem.msg);
  }
}

Result<ConfigFile> read_config_file(const std::string& path) {
  TRY(const std::string text, read_text_file("the configuration file", path));
  return parse_config_file(path, text);
}

}  // namespace eventbus
