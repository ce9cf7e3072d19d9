// NextToken = base64( 8 bytes of SHA-256 over (binding, 0, name), in hex · name ), `name` being the last one of the
// page.

#include "adapters/aws/page_token.h"

#include "base/digest.h"

#include <boost/json/value.hpp>

#include <algorithm>

namespace eventbus::aws {

namespace {

constexpr std::size_t kChecksumLength = 16;
constexpr std::size_t kDefaultLimit = 100;  // behaviour §1: uncertain what AWS takes

std::string checksum(std::string_view binding, std::string_view name) {
  std::string bound(binding);
  bound += '\0';
  bound += name;
  return sha256_hex(bound).substr(0, kChecksumLength);
}

std::string write_token(std::string_view binding, std::string_view name) {
  return base64_encode(checksum(binding, name) + std::string(name));
}

std::optional<std::string> read_token(std::string_view binding, std::string_view token) {
  const std::optional<std::string> decoded = base64_decode(token);
  if (!decoded || decoded->size() < kChecksumLength) return std::nullopt;
  std::string name = decoded->substr(kChecksumLength);
  if (decoded->substr(0, kChecksumLength) != checksum(binding, name)) return std::nullopt;
  return name;
}

}  // namespace

AwsResult<Page> page_of(const boost::json::object& input, std::string_view binding,
                        std::span<const std::string_view> names) {
  Page page;
  if (const boost::json::value* token = input.if_contains("NextToken")) {
    const std::optional<std::string> last = read_token(binding, std::string_view(token->as_string()));
    if (!last) return validation("Parameter NextToken is not valid.");
    page.begin = static_cast<std::size_t>(std::ranges::upper_bound(names, std::string_view(*last)) - names.begin());
  }
  std::size_t limit = kDefaultLimit;
  if (const boost::json::value* given = input.if_contains("Limit")) limit = given->to_number<std::size_t>();
  page.end = std::min(names.size(), page.begin + limit);
  if (page.end < names.size()) page.next_token = write_token(binding, names[page.end - 1]);
  return page;
}

}  // namespace eventbus::aws
