#include "bus/arn.h"

#include <array>

namespace eventbus {

std::optional<Arn> Arn::parse(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty()) return std::nullopt;
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), std::string(parts[4]),
             std::string(text)};
}

std::string Arn::to_string() const {
  return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

namespace {

std::string arn_of(const char* service, const Scope& scope, std::string resource) {
  return Arn{"aws", service, scope.region, scope.account, std::move(resource)}.to_string();
}

}  // namespace

std::string bus_arn(const Scope& scope, std::string_view bus) {
  return arn_of("events", scope, "event-bus/" + std::string(bus));
}

std::string rule_arn(const Scope& scope, std::string_view bus, std::string_view rule) {
  if (bus == "default") return arn_of("events", scope, "rule/" + std::string(rule));
  return arn_of("events", scope, "rule/" + std::string(bus) + "/" + std::string(rule));
}

std::string queue_arn(const Scope& scope, std::string_view queue) { return arn_of("sqs", scope, std::string(queue)); }

}  // namespace eventbus
