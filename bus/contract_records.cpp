#include "bus/contract_records.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, ValidationMode>, 3> kModes = {
    {{"off", ValidationMode::kOff}, {"warn", ValidationMode::kWarn}, {"reject", ValidationMode::kReject}}};
constexpr std::int64_t kFormat = 1;
constexpr std::size_t kNameMax = 128, kVersionMax = 32;
constexpr std::size_t kSourceMax = 256, kDetailTypeMax = 128;  // AWS: PutEvents
constexpr std::size_t kSchemaBytesMax = 256 * 1'024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// The next run of digits, or of what is none. Takes it.
std::string_view take_run(std::string_view& text) {
  const bool digits = is_digit(text.front());
  const auto end = std::ranges::find_if(text, [&](char c) { return is_digit(c) != digits; });
  const std::string_view run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

Result<json::object> parse(std::string_view document) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(document.data(), document.size()), error);
  if (error || !value.is_object()) return internal("is no object of JSON");
  const json::value* format = value.get_object().if_contains("format");
  if (!format || !format->is_int64() || format->get_int64() != kFormat)
    return internal("has a format that this version does not know");
  return std::move(value.get_object());
}

Result<std::string> text_in(const json::object& document, std::string_view member) {
  const json::value* value = document.if_contains(member);
  if (!value || !value->is_string()) return internal("lacks \"" + std::string(member) + "\"");
  return std::string(value->get_string());
}

}  // namespace

std::string_view to_string(ValidationMode mode) { return kModes[static_cast<std::size_t>(mode)].first; }

std::optional<ValidationMode> parse_validation_mode(std::string_view text) {
  for (const auto& [name, mode] : kModes)
    if (name == text) return mode;
  return std::nullopt;
}

ContractRecord record_of(const schemas::Contract& contract) {
  return {contract.name, std::to_string(contract.version), contract.source, contract.detail_type, contract.subject,
          contract.text};
}

Result<void> check_record(const ContractRecord& record) {
  const auto is_of_name = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
  if (record.name.empty() || record.name.size() > kNameMax || !std::ranges::all_of(record.name, is_of_name))
    return invalid("a contract's name is 1 to 128 lower-case letters, digits and hyphens");
  const auto is_of_version = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '-'; };
  if (record.version.empty() || record.version.size() > kVersionMax ||
      !std::ranges::all_of(record.version, is_of_version))
    return invalid("a contract's version is 1 to 32 letters, digits, dots and hyphens");
  if (record.source.empty() || record.source.size() > kSourceMax) return invalid("the source must have 1 to 256 bytes");
  if (record.detail_type.empty() || record.detail_type.size() > kDetailTypeMax)
    return invalid("the detail-type must have 1 to 128 bytes");
  if (record.schema.size() > kSchemaBytesMax) return invalid("the schema of a contract may have 256 KiB");
  return {};
}

bool is_older_version(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const std::string_view one = take_run(left), other = take_run(right);
    if (!is_digit(one.front()) || !is_digit(other.front())) {
      if (one != other) return one < other;
      continue;
    }
    const std::string_view number = without_zeros(one), other_number = without_zeros(other);
    if (number.size() != other_number.size()) return number.size() < other_number.size();
    if (number != other_number) return number < other_number;
  }
  return left.empty() && !right.empty();
}

std::string encode(const ContractRecord& record) {
  return json::serialize(json::object{{"format", kFormat},
                                      {"name", record.name},
                                      {"version", record.version},
                                      {"source", record.source},
                                      {"detailType", record.detail_type},
                                      {"subject", to_string(record.subject)},
                                      {"schema", record.schema}});
}

std::string encode(ValidationMode mode) {
  return json::serialize(json::object{{"format", kFormat}, {"mode", to_string(mode)}});
}

Result<ContractRecord> decode_contract(std::string_view document) {
  TRY(const json::object object, parse(document));
  ContractRecord record;
  TRY(record.name, text_in(object, "name"));
  TRY(record.version, text_in(object, "version"));
  TRY(record.source, text_in(object, "source"));
  TRY(record.detail_type, text_in(object, "detailType"));
  TRY(record.schema, text_in(object, "schema"));
  TRY(const std::string subject, text_in(object, "subject"));
  TRY(record.subject, schemas::parse_subject(subject));
  return record;
}

Result<ValidationMode> decode_validation_mode(std::string_view document) {
  TRY(const json::object object, parse(document));
  TRY(const std::string name, text_in(object, "mode"));
  const std::optional<ValidationMode> mode = parse_validation_mode(name);
  if (!mode) return internal("has a mode that this version does not know");
  return *mode;
}

}  // namespace eventbus
