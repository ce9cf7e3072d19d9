#pragma once

#include <string>
#include <string_view>

namespace eventbus {

// What happened, in the few kinds that make a caller act differently. Wire protocols have their own, finer names: see
// adapters/aws/aws_error.h, which maps these.
enum class ErrorCode {
  kInvalid,      // the caller's input is wrong; repeating it cannot succeed
  kNotFound,     // the named thing does not exist
  kConflict,     // the thing exists already, or is in a state that forbids the request
  kLimit,        // a configured limit would be exceeded
  kUnavailable,  // disk full, storage failing, shutting down: the same request may succeed later
  kInternal,     // a broken invariant or a corrupt file
};

std::string_view to_string(ErrorCode code);

// An expected failure. `message` is a sentence for people; it never holds secrets.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

Error invalid(std::string message);
Error not_found(std::string message);
Error conflict(std::string message);
Error limit_exceeded(std::string message);
Error unavailable(std::string message);
Error internal(std::string message);

}  // namespace eventbus
