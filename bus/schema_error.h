#pragma once

#include "base/result.h"

#include <utility>

namespace eventbus {

// An Error of the schema catalog, with the finer names that clients tell apart.
struct SchemaError : Error {
  enum Reason {
    kGeneral,             // what the code says
    kForbidden,           // a registry of AWS's, or a quota
    kPreconditionFailed,  // somebody else changed the policy meanwhile
    kGone,                // the version was there and has been deleted
  };
  Reason reason = kGeneral;

  SchemaError(Error error) : Error(std::move(error)) {}  // NOLINT(google-explicit-constructor): as in Result
  SchemaError(Error error, Reason why) : Error(std::move(error)), reason(why) {}
};

template <typename T>
using SchemaResult = Result<T, SchemaError>;

}  // namespace eventbus
