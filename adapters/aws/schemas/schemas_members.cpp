#include "adapters/aws/schemas/schemas_members.h"

#include <boost/json/value.hpp>

#include <charconv>
#include <utility>

namespace eventbus::aws {

namespace {

std::string text_or_empty(const json::object& input, std::string_view name) {
  return schemas_text(input, name).value_or("");
}

}  // namespace

std::optional<std::string> schemas_text(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  if (!value) return std::nullopt;
  return std::string(value->as_string());
}

SchemaCatalog::Tags schemas_tags(const json::object& input) {
  SchemaCatalog::Tags tags;
  if (const json::value* members = input.if_contains("tags")) {
    for (const auto& [key, value] : members->as_object()) tags[std::string(key)] = std::string(value.as_string());
  }
  return tags;
}

json::object tags_json(const SchemaCatalog::Tags& tags) {
  json::object members;
  for (const auto& [key, value] : tags) members[key] = value;
  return members;
}

std::string iso_time(TimePoint time) { return format_iso_seconds(time); }

RegistryKey registry_key_of(const RequestContext& context, const json::object& input) {
  return {context.scope, text_or_empty(input, "RegistryName")};
}

SchemaKey schema_key_of(const RequestContext& context, const json::object& input) {
  return {context.scope, text_or_empty(input, "RegistryName"), text_or_empty(input, "SchemaName")};
}

DiscovererKey discoverer_key_of(const RequestContext& context, const json::object& input) {
  return {context.scope, text_or_empty(input, "DiscovererId")};
}

AwsResult<std::optional<std::uint64_t>> schema_version_of(const json::object& input) {
  const std::optional<std::string> text = schemas_text(input, "SchemaVersion");
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failure != std::errc() || end != text->data() + text->size())
    return bad_request("SchemaVersion must be a number.");
  return std::optional(number);
}

AwsError bad_request(std::string message) { return AwsError("BadRequestException", std::move(message)); }

AwsError schemas_error(SchemaError error) {
  switch (error.reason) {
    case SchemaError::kForbidden:
      return AwsError("ForbiddenException", std::move(error.message), 403);
    case SchemaError::kPreconditionFailed:
      return AwsError("PreconditionFailedException", std::move(error.message), 412);
    case SchemaError::kGone:
    case SchemaError::kGeneral:
      break;
  }
  switch (error.code) {
    case ErrorCode::kInvalid:
      return bad_request(std::move(error.message));
    case ErrorCode::kNotFound:
      return AwsError("NotFoundException", std::move(error.message), 404);
    case ErrorCode::kConflict:
      return AwsError("ConflictException", std::move(error.message), 409);
    case ErrorCode::kLimit:
      return AwsError("ForbiddenException", std::move(error.message), 403);
    case ErrorCode::kUnavailable:
    case ErrorCode::kInternal:
      break;
  }
  return AwsError(static_cast<Error&&>(error));
}

}  // namespace eventbus::aws
