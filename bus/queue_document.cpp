#include "bus/queue_document.h"

#include "bus/queue_attributes.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;

json::object texts(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object.emplace(name, value);
  return object;
}

std::map<std::string, std::string> texts_of(const json::object& document, std::string_view member) {
  std::map<std::string, std::string> map;
  const json::value* value = document.if_contains(member);
  if (const json::object* object = value ? value->if_object() : nullptr)
    for (const auto& [name, text] : *object)
      if (const json::string* string = text.if_string()) map.emplace(std::string(name), std::string(*string));
  return map;
}

std::optional<std::int64_t> integer_of(const json::object& document, std::string_view member) {
  const json::value* value = document.if_contains(member);
  if (const std::int64_t* number = value ? value->if_int64() : nullptr) return *number;
  return std::nullopt;
}

Error corrupt(std::string_view key) { return internal("The catalog entry " + std::string(key) + " is not a queue."); }

}  // namespace

std::string queue_key(const Scope& scope, std::string_view name) {
  std::string key(kQueueKeyPrefix);
  key.append(scope.account).append("/").append(scope.region).append("/").append(name);
  return key;
}

std::string encode_queue(const QueueInfo& queue) {
  json::object document;
  document["version"] = kVersion;
  document["id"] = static_cast<std::int64_t>(queue.id);
  document["created"] = queue.created_at.time_since_epoch().count();
  document["modified"] = queue.modified_at.time_since_epoch().count();
  document["attributes"] = texts(queue.attributes);
  document["tags"] = texts(queue.tags);
  return json::serialize(document);
}

Result<QueueInfo> decode_queue(std::string_view key, std::string_view value, const Limits& limits) {
  std::string_view path = key.substr(std::min(key.size(), kQueueKeyPrefix.size()));
  const std::size_t account_end = path.find('/');
  const std::size_t region_end = account_end == std::string_view::npos ? account_end : path.find('/', account_end + 1);
  if (region_end == std::string_view::npos) return corrupt(key);
  const Scope scope{std::string(path.substr(0, account_end)),
                    std::string(path.substr(account_end + 1, region_end - account_end - 1))};

  boost::system::error_code failure;
  const json::value parsed = json::parse(value, failure);
  const json::object* document = failure ? nullptr : parsed.if_object();
  if (!document || integer_of(*document, "version") != kVersion) return corrupt(key);
  const std::optional<std::int64_t> id = integer_of(*document, "id");
  if (!id || *id <= 0) return corrupt(key);

  QueueInfo queue =
      restore_queue(scope, std::string(path.substr(region_end + 1)), texts_of(*document, "attributes"), limits);
  queue.id = static_cast<QueueId>(*id);
  queue.created_at = TimePoint(Duration(integer_of(*document, "created").value_or(0)));
  queue.modified_at = TimePoint(Duration(integer_of(*document, "modified").value_or(0)));
  queue.tags = texts_of(*document, "tags");
  return queue;
}

}  // namespace eventbus
