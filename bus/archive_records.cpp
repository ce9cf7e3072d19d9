// Stored documents, version 1. JSON objects; a member without a value is left out.
//   archive  {version, name, bus, description, pattern, kms, retentionDays, id, events, zones, createdAt}
// Times are milliseconds since 1970.

#include "bus/archive_records.h"

#include "bus/arn.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <exception>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kArchivePrefix = "archive/";

void put(json::object& object, std::string_view name, const std::optional<std::string>& text) {
  if (text) object[name] = *text;
}

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value) return std::nullopt;
  return std::string(value->as_string());
}

}  // namespace

std::string Archive::arn() const { return archive_arn(scope, record.name); }

std::string_view to_string(ArchiveState state) { return state == ArchiveState::kEnabled ? "ENABLED" : "DISABLED"; }

std::string archive_arn(const Scope& scope, std::string_view archive) {
  return Arn{"aws", "events", scope.region, scope.account, std::string(kArchivePrefix) + std::string(archive)}
      .to_string();
}

std::optional<ArchiveKey> archive_of_arn(std::string_view text) {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "events" || arn->account.empty() || arn->region.empty()) return std::nullopt;
  if (!arn->resource.starts_with(kArchivePrefix) || arn->resource.size() == kArchivePrefix.size()) return std::nullopt;
  return ArchiveKey{arn->scope(), arn->resource.substr(kArchivePrefix.size())};
}

TimePoint expired_before(const ArchiveSettings& settings, TimePoint now) {
  if (settings.retention_days == 0) return TimePoint::min();
  return now - std::chrono::days(settings.retention_days);  // 2³¹ of them at most: no overflow
}

std::string encode(const ArchiveRecord& archive) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = archive.name;
  object["bus"] = archive.bus;
  put(object, "description", archive.settings.description);
  put(object, "pattern", archive.settings.event_pattern);
  put(object, "kms", archive.settings.kms_key_identifier);
  object["retentionDays"] = archive.settings.retention_days;
  object["id"] = archive.id;
  object["events"] = archive.events;
  object["zones"] = archive.zones;
  object["createdAt"] = archive.created_at.time_since_epoch().count();
  return json::serialize(object);
}

Result<ArchiveRecord> decode_archive(std::string_view document) {
  try {
    const json::value root = json::parse(json::string_view(document.data(), document.size()));
    const json::object& object = root.as_object();
    const auto version = object.at("version").to_number<std::int64_t>();
    if (version != kVersion) return internal("catalog document of version " + std::to_string(version));
    ArchiveRecord archive;
    archive.name = object.at("name").as_string();
    archive.bus = object.at("bus").as_string();
    archive.settings.description = text_of(object, "description");
    archive.settings.event_pattern = text_of(object, "pattern");
    archive.settings.kms_key_identifier = text_of(object, "kms");
    archive.settings.retention_days = object.at("retentionDays").to_number<std::int64_t>();
    archive.id = object.at("id").as_string();
    archive.events = object.at("events").to_number<LogId>();
    archive.zones = object.at("zones").to_number<LogId>();
    archive.created_at = TimePoint(Duration(object.at("createdAt").to_number<std::int64_t>()));
    return archive;
  } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
    return internal(std::string("damaged catalog document: ") + failure.what());
  }
}

}  // namespace eventbus
