#pragma once

#include "bus/catalog_error.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// The resource policy of a bus: one JSON document (behaviour §6). Pure functions from the old document to the new one.
// Documents are compact JSON; nullopt is "no policy". All texts of errors are AWS's.

// PutPermission's short form.
struct Permission {
  std::string statement_id;
  std::string principal;  // twelve digits, or "*"
  std::string action;     // "events:PutEvents"
  struct Condition {
    std::string type, key, value;  // StringEquals, aws:PrincipalOrgID, o-…
  };
  std::optional<Condition> condition;
};

// Adds a statement, or replaces the one of the same id. kInvalid for an action or condition that AWS does not take.
CatalogResult<std::string> add_permission(const std::optional<std::string>& policy, std::string_view bus_arn,
                                          const Permission& permission);

// kNotFound if there is no such statement. The result is nullopt when the last one went.
CatalogResult<std::optional<std::string>> remove_permission(const std::optional<std::string>& policy,
                                                            std::string_view statement_id);

// A whole document of the user's, checked and normalised (bare account numbers become root ARNs). kInvalid otherwise.
CatalogResult<std::string> check_policy(std::string_view text, std::string_view bus_arn);

}  // namespace eventbus
