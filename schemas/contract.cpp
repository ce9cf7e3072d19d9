#include "schemas/contract.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

namespace eventbus::schemas {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kAbout = "x-eventbus";

struct FileName {
  std::string_view name;
  std::uint32_t version = 0;
};

// "audio-uploaded.v1.json".
std::optional<FileName> read_file_name(std::string_view text) {
  constexpr std::string_view kSuffix = ".json";
  if (!text.ends_with(kSuffix)) return std::nullopt;
  text.remove_suffix(kSuffix.size());
  const std::size_t dot = text.rfind(".v");
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  FileName parts{text.substr(0, dot), 0};
  const std::string_view number = text.substr(dot + 2);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), parts.version);
  if (error != std::errc() || end != number.data() + number.size() || number.starts_with('0')) return std::nullopt;
  const auto is_of_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!std::ranges::all_of(parts.name, is_of_name)) return std::nullopt;
  return parts;
}

Result<std::string> text_in(const json::object& about, std::string_view member) {
  const json::value* value = about.if_contains(member);
  if (!value || !value->is_string() || value->get_string().empty())
    return invalid("\"" + std::string(kAbout) + "\" must have \"" + std::string(member) + "\", a text");
  return std::string(value->get_string());
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return invalid("cannot be read");
  return text;
}

}  // namespace

std::string_view to_string(Subject subject) { return subject == Subject::kDetail ? "detail" : "envelope"; }

Result<Subject> parse_subject(std::string_view text) {
  if (text == "detail") return Subject::kDetail;
  if (text == "envelope") return Subject::kEnvelope;
  return invalid("the subject must be detail or envelope");
}

Result<Contract> parse_contract(std::string_view file_name, std::string text) {
  const std::optional<FileName> parts = read_file_name(file_name);
  if (!parts)
    return invalid(
        "a contract's file is called <name>.v<version>.json, with a name of lower-case letters, digits and -");
  TRY(SchemaValidator validator, SchemaValidator::compile(text));
  const json::object* schema = validator.document().if_object();
  const json::value* about = schema ? schema->if_contains(kAbout) : nullptr;
  if (!about || !about->is_object())
    return invalid("must have \"" + std::string(kAbout) + "\", which says what events it is about");
  TRY(std::string source, text_in(about->get_object(), "source"));
  TRY(std::string detail_type, text_in(about->get_object(), "detailType"));
  Subject subject = Subject::kDetail;
  if (about->get_object().contains("subject")) {
    TRY(const std::string given, text_in(about->get_object(), "subject"));
    TRY(subject, parse_subject(given));
  }
  return Contract{std::string(parts->name), parts->version,      std::move(source), std::move(detail_type), subject,
                  std::move(text),          std::move(validator)};
}

Result<std::vector<Contract>> read_contracts(const std::string& directory) {
  std::error_code error;
  std::vector<Contract> contracts;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!read_file_name(name)) continue;
    Result<std::string> text = read_file(at->path());
    if (!text) return invalid(at->path().string() + ": " + text.error().message);
    Result<Contract> contract = parse_contract(name, *std::move(text));
    if (!contract) return invalid(at->path().string() + ": " + contract.error().message);
    contracts.push_back(*std::move(contract));
  }
  if (error) return invalid("the directory of contracts " + directory + " cannot be read: " + error.message());
  std::ranges::sort(contracts, {}, [](const Contract& c) { return std::tie(c.name, c.version); });
  return contracts;
}

}  // namespace eventbus::schemas
