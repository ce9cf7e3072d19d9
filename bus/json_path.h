#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus {

// The JSON path dialect of EventBridge (behaviour §9): `$`, dot names (which may hold '-', '_', '/'), `[n]`, `[*]`.
//   $.detail.items[*].sku        yields an array
// Rejected: bracket names, `..`, `.*`, slices, negative indexes, filters, anything not starting with `$`.
class JsonPath {
 public:
  static std::optional<JsonPath> parse(std::string_view text);

  // The JSON text of the value at this path of `document`, compact, numbers spelled as in the document; nullopt when
  // the path has no match. `document` is valid JSON with 64 readable bytes behind it.
  std::optional<std::string> find(std::string_view document) const;

  struct AnyIndex {};
  using Step = std::variant<std::string, std::size_t, AnyIndex>;
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

}  // namespace eventbus
