#include "logs/log_records.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace eventbus {

namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;

std::int64_t milliseconds(TimePoint time) { return time.time_since_epoch().count(); }

std::string path(std::string_view kind, const Scope& scope, std::string_view rest) {
  return std::string(kind) + scope.account + "/" + scope.region + "/" + std::string(rest);
}

Error damaged(const CatalogEntry& entry) {
  return internal("catalog key \"" + entry.key + "\": the document cannot be read by this version");
}

// Reads members of a document, and notices what is missing or of another type.
class Reader {
 public:
  explicit Reader(const CatalogEntry& entry) {
    json::error_code error;
    json::value document = json::parse(entry.value, error);
    if (error || !document.is_object()) return;
    members_ = std::move(document.get_object());
    good_ = maybe_number("version") == kVersion;
  }

  std::int64_t number(std::string_view name) { return needed(maybe_number(name)); }
  std::optional<std::int64_t> maybe_number(std::string_view name) const {
    const json::value* value = members_.if_contains(name);
    return value && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
  }
  std::string text(std::string_view name) { return needed(maybe_text(name)); }
  std::optional<std::string> maybe_text(std::string_view name) const {
    const json::value* value = members_.if_contains(name);
    return value && value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
  }
  bool flag(std::string_view name) const {
    const json::value* value = members_.if_contains(name);
    return value && value->is_bool() && value->get_bool();
  }
  LogTags tags() const {
    LogTags tags;
    const json::value* value = members_.if_contains("tags");
    if (!value || !value->is_object()) return tags;
    for (const auto& [key, text] : value->get_object())
      if (text.is_string()) tags.emplace(key, std::string(text.get_string()));
    return tags;
  }
  TimePoint time(std::string_view name) { return TimePoint(Duration(number(name))); }
  LogId log(std::string_view name) { return static_cast<LogId>(number(name)); }
  bool good() const { return good_; }

 private:
  template <typename T>
  T needed(std::optional<T> value) {
    if (!value) good_ = false;
    return std::move(value).value_or(T());
  }

  json::object members_;
  bool good_ = false;
};

std::string name_in(const CatalogEntry& entry) { return entry.key.substr(entry.key.rfind('/') + 1); }

}  // namespace

std::string log_group_key(const Scope& scope, std::string_view group) { return path(kLogGroupKeys, scope, group); }

std::string log_stream_prefix(const LogGroup& group) {
  return path(kLogStreamKeys, group.scope, std::to_string(group.deliveries)) + "/";
}

std::string log_stream_key(const LogGroup& group, std::string_view stream) {
  return log_stream_prefix(group) + std::string(stream);
}

std::string gone_log_key(LogId log) { return std::string(kGoneLogKeys) + std::to_string(log); }

std::string log_policy_key(const Scope& scope, std::string_view name) { return path(kLogPolicyKeys, scope, name); }

std::optional<ScopedKey> split_scoped_key(std::string_view key) {
  ScopedKey parts;
  key.remove_prefix(std::min(key.find('/') + 1, key.size()));
  for (std::string* part : {&parts.scope.account, &parts.scope.region}) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    *part = key.substr(0, slash);
    key.remove_prefix(slash + 1);
  }
  parts.rest = key;
  return parts;
}

std::string log_group_arn(const Scope& scope, std::string_view group) {
  return "arn:aws:logs:" + scope.region + ":" + scope.account + ":log-group:" + std::string(group);
}

std::string encode(const LogGroup& group) {
  json::object document{{"version", kVersion},
                        {"log", static_cast<std::int64_t>(group.deliveries)},
                        {"created_at", milliseconds(group.created_at)},
                        {"class", group.group_class}};
  if (group.retention_days) document["retention_days"] = *group.retention_days;
  if (group.kms_key_id) document["kms_key_id"] = *group.kms_key_id;
  if (group.deletion_protected) document["deletion_protected"] = true;
  if (!group.tags.empty()) {
    json::object& tags = document["tags"].emplace_object();
    for (const auto& [key, value] : group.tags) tags[key] = value;
  }
  return json::serialize(document);
}

std::string encode(const LogStream& stream) {
  json::object document{{"version", kVersion},
                        {"log", static_cast<std::int64_t>(stream.log)},
                        {"created_at", milliseconds(stream.created_at)}};
  if (stream.with_delivery) document["with_delivery"] = true;
  return json::serialize(document);
}

std::string encode(const LogPolicy& policy) {
  json::object document{{"version", kVersion},
                        {"document", policy.document},
                        {"updated_at", milliseconds(policy.updated_at)},
                        {"revision", policy.revision}};
  if (policy.resource_arn) document["resource_arn"] = *policy.resource_arn;
  return json::serialize(document);
}

std::string encode(const GoneLog& gone) {
  return json::serialize(json::object{{"version", kVersion}, {"since", milliseconds(gone.since)}});
}

Result<LogGroup> decode_log_group(const CatalogEntry& entry) {
  Reader reader(entry);
  const std::optional<ScopedKey> key = split_scoped_key(entry.key);
  LogGroup group;
  group.deliveries = reader.log("log");
  group.created_at = reader.time("created_at");
  group.group_class = reader.text("class");
  group.retention_days = reader.maybe_number("retention_days");
  group.kms_key_id = reader.maybe_text("kms_key_id");
  group.deletion_protected = reader.flag("deletion_protected");
  group.tags = reader.tags();
  if (!key || !reader.good()) return damaged(entry);
  group.scope = key->scope;
  group.name = key->rest;
  group.arn = log_group_arn(group.scope, group.name);
  return group;
}

Result<LogStream> decode_log_stream(const CatalogEntry& entry) {
  Reader reader(entry);
  const std::optional<ScopedKey> key = split_scoped_key(entry.key);
  LogStream stream;
  stream.log = reader.log("log");
  stream.created_at = reader.time("created_at");
  stream.with_delivery = reader.flag("with_delivery");
  if (!key || !reader.good()) return damaged(entry);
  stream.name = key->rest.substr(key->rest.find('/') + 1);  // behind the group's log; it may hold '/' itself
  return stream;
}

Result<LogPolicy> decode_log_policy(const CatalogEntry& entry) {
  Reader reader(entry);
  const std::optional<ScopedKey> key = split_scoped_key(entry.key);
  LogPolicy policy;
  policy.document = reader.text("document");
  policy.updated_at = reader.time("updated_at");
  policy.revision = reader.text("revision");
  policy.resource_arn = reader.maybe_text("resource_arn");
  if (!key || !reader.good()) return damaged(entry);
  policy.name = key->rest;
  return policy;
}

Result<GoneLog> decode_gone_log(const CatalogEntry& entry) {
  Reader reader(entry);
  GoneLog gone;
  gone.since = reader.time("since");
  const std::string log = name_in(entry);
  const auto [end, error] = std::from_chars(log.data(), log.data() + log.size(), gone.log);
  if (!reader.good() || error != std::errc() || end != log.data() + log.size()) return damaged(entry);
  return gone;
}

}  // namespace eventbus
