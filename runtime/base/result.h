// runtime/base/result.h: the value of an operation, or the error that it ended with.
//
// Threads: a plain value; no sharing rules of its own.
// Errors:  asking for the side that is not there aborts, in every build type.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamonce {

/// The kind of a failure; the caller decides by this and by nothing else.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  ///< what was given breaks a stated rule: do not repeat, tell who gave it
  kTimeout,          ///< a time limit of ours ran out: the request may or may not have arrived
  kUnavailable,      ///< no connection, or it broke: the request may or may not have arrived
  kProtocol,         ///< the peer's bytes break the documented format
  kTooLarge,         ///< more bytes than the stated bound: do not repeat
  kRejected,         ///< the peer understood the request and refused it
  kExpired,          ///< what was asked for is gone for good
  kFatal,            ///< the process cannot go on: report and exit
};

struct Error {
  ErrorCode code;
  std::string message;  ///< for a person; never parsed, never holds payload or secrets
};

/// An error that whoever gave a value is to be told: the most frequent kind.
inline Error invalid_argument(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

/// Holds a T or an Error.
template <class T = std::monostate>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<T, Error>);

 public:
  Result() requires std::is_same_v<T, std::monostate>
  = default;
  // A function returns a value or an error as it is.
  Result(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *must(std::get_if<0>(&state_)); }
  const T& value() const& { return *must(std::get_if<0>(&state_)); }
  T&& value() && { return std::move(*must(std::get_if<0>(&state_))); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return *must(std::get_if<1>(&state_)); }
  Error&& error() && { return std::move(*must(std::get_if<1>(&state_))); }

 private:
  template <class P>
  static P* must(P* side) {
    if (side == nullptr) [[unlikely]]
      std::abort();
    return side;
  }
  std::variant<T, Error> state_;
};

using Status = Result<>;

/// The error with `where` and a colon before its message: context added while it travels up.
inline Error with_context(std::string_view where, Error error) {
  error.message.insert(0, std::string(where) + ": ");
  return error;
}

}  // namespace streamonce

/// The value of `expression`, or an early return of its error from the enclosing function.
/// One per statement: -Wshadow refuses a nested one. Not for coroutines.
#define STREAMONCE_TRY(expression)                               \
  __extension__({                                                \
    auto so_try_result = (expression);                           \
    if (!so_try_result) return std::move(so_try_result).error(); \
    std::move(so_try_result).value();                            \
  })
