#pragma once

#include "base/error.h"

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace eventbus {

// A value or an error, named after std::expected (which libstdc++ 12 lacks) so that it can be swapped for it later.
// Unlike boost::system::result it never copies the error, and E need not be default-constructible.
// An E may be built from another error type: TRY in a function returning Result<T, AwsError> accepts a Result<U,
// Error>.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
  using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

 public:
  using value_type = T;
  using error_type = E;

  Result()
    requires std::is_void_v<T>
      : state_(std::in_place_index<0>) {}

  template <typename U>
    requires(!std::is_void_v<T> && std::is_constructible_v<Stored, U &&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, E> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {
  }  // NOLINT(google-explicit-constructor): as std::expected

  Result(E error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor): as std::unexpected

  template <typename Other>
    requires(!std::is_same_v<Other, E> && std::is_same_v<Other, Error> && std::is_constructible_v<E, Other>)
  Result(Other error)
      : state_(std::in_place_index<1>, E(std::move(error))) {}  // NOLINT(google-explicit-constructor): as above

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  Stored& value() & { return assert(has_value()), *std::get_if<0>(&state_); }
  const Stored& value() const& { return assert(has_value()), *std::get_if<0>(&state_); }
  Stored&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&state_)); }

  Stored& operator*() & { return value(); }
  const Stored& operator*() const& { return value(); }
  Stored&& operator*() && { return std::move(*this).value(); }
  Stored* operator->() { return &value(); }
  const Stored* operator->() const { return &value(); }

  E& error() & { return assert(!has_value()), *std::get_if<1>(&state_); }
  const E& error() const& { return assert(!has_value()), *std::get_if<1>(&state_); }
  E&& error() && { return assert(!has_value()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<Stored, E> state_;
};

}  // namespace eventbus

// TRY(auto rule, catalog.find(arn));   declares `rule`, or returns the error from this function.
// TRY_VOID(store.put(key, value));     the same for Result<void>.
// CO_TRY and CO_TRY_VOID are their twins in coroutines: CO_TRY(auto messages, co_await queue.lease(…));
#define EVENTBUS_CONCAT_INNER(a, b) a##b
#define EVENTBUS_CONCAT(a, b) EVENTBUS_CONCAT_INNER(a, b)
#define EVENTBUS_TRY(result, declaration, expression, leave) \
  auto&& result = (expression);                              \
  if (!result) leave std::move(result).error();              \
  declaration = std::move(result).value()
#define EVENTBUS_TRY_VOID(result, expression, leave) \
  if (auto&& result = (expression); !result) leave std::move(result).error()

#define TRY(declaration, ...) EVENTBUS_TRY(EVENTBUS_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__), return)
#define CO_TRY(declaration, ...) \
  EVENTBUS_TRY(EVENTBUS_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__), co_return)
#define TRY_VOID(...) EVENTBUS_TRY_VOID(EVENTBUS_CONCAT(try_result_, __LINE__), (__VA_ARGS__), return)
#define CO_TRY_VOID(...) EVENTBUS_TRY_VOID(EVENTBUS_CONCAT(try_result_, __LINE__), (__VA_ARGS__), co_return)
