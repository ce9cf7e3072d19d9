#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace eventbus {

// An Error with the finer names that clients of the catalog tell apart. `message` is AWS's text, so that a settings
// file and an API call are refused in the same words.
struct CatalogError : Error {
  enum Reason {
    kGeneral,  // what the code says
    kInvalidEventPattern,
    kPolicyTooLong,
    kManagedRule,
  };
  Reason reason = kGeneral;

  CatalogError(Error error) : Error(std::move(error)) {}  // NOLINT(google-explicit-constructor): as in Result
  CatalogError(Error error, Reason why) : Error(std::move(error)), reason(why) {}
};

inline CatalogError invalid_pattern(std::string_view reason) {
  return {invalid("Event pattern is not valid. Reason: " + std::string(reason)), CatalogError::kInvalidEventPattern};
}

template <typename T>
using CatalogResult = Result<T, CatalogError>;

}  // namespace eventbus
