#include "bus/trace_header.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace eventbus {

namespace {

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

// 1-<8 hex>-<24 hex>
bool is_root(std::string_view text) {
  return text.size() == 35 && text.starts_with("1-") && is_hex(text.substr(2, 8), 8) && text[10] == '-' &&
         is_hex(text.substr(11), 24);
}

struct TraceFields {
  std::optional<std::string_view> root, parent, sampled;
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

TraceFields fields_of(std::string_view header) {
  TraceFields fields;
  while (!header.empty()) {
    const std::string_view pair = trimmed(header.substr(0, header.find(';')));
    header.remove_prefix(
        std::min(header.size(), header.find(';') == std::string_view::npos ? header.size() : header.find(';') + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (name == "Root") fields.root = value;
    if (name == "Parent") fields.parent = value;
    if (name == "Sampled") fields.sampled = value;
  }
  return fields;
}

// One root for all targets of the event; not sampled.
std::string new_root(TimePoint now, Rng& rng, std::string_view parent) {
  const auto seconds = static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000);
  char root[64];
  std::snprintf(root, sizeof root, "Root=1-%08x-%016llx%08x;Parent=", seconds,
                static_cast<unsigned long long>(rng.next_u64()), static_cast<std::uint32_t>(rng.next_u64()));
  return root + std::string(parent) + ";Sampled=0";
}

}  // namespace

std::string propagated_trace_header(std::string_view header, TimePoint now, Rng& rng) {
  const TraceFields fields = fields_of(header);
  if (!fields.root) return {};
  if (fields.parent && !is_hex(*fields.parent, 16)) return {};
  if (fields.sampled && *fields.sampled != "0" && *fields.sampled != "1" && *fields.sampled != "?") return {};
  if (is_root(*fields.root)) return std::string(header);
  return fields.parent ? new_root(now, rng, *fields.parent) : std::string();
}

}  // namespace eventbus
