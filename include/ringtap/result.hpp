// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Errors as values. Result<T> holds a T or an Error; an Error says what failed and why (text), what to do about it
// (hint) and which exit code it means (kind). Lower layers return errors and add context; only commands print them.
// Move-only, any thread.
#pragma once

#include <cassert>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace ringtap {

enum class ErrorKind {
  kFailure,  // exit 1
  kUsage,    // exit 2: a wrong option or expression, nothing was attached
  kOutput,   // exit 4: records were captured and could not be written
};

class Error {
 public:
  explicit Error(std::string text, ErrorKind kind = ErrorKind::kFailure) : state_(std::make_unique<State>()) {
    state_->text = std::move(text);
    state_->kind = kind;
  }

  // `err` is an errno value, positive or negative; take it before any call that may overwrite errno.
  static Error from_errno(int err, const std::string& what, ErrorKind kind = ErrorKind::kFailure) {
    const int code = err < 0 ? -err : err;
    Error error(what + ": " + std::generic_category().message(code), kind);
    error.state_->errno_value = code;
    return error;
  }

  Error&& hint(std::string text) && {
    state_->hint = std::move(text);
    return std::move(*this);
  }
  Error&& context(std::string_view outer) && {
    state_->text = std::string(outer) + ": " + state_->text;
    return std::move(*this);
  }

  [[nodiscard]] const std::string& text() const { return state_->text; }
  [[nodiscard]] const std::string& hint() const { return state_->hint; }
  [[nodiscard]] ErrorKind kind() const { return state_->kind; }
  [[nodiscard]] int errno_value() const { return state_->errno_value; }  // 0 if it does not come from errno

 private:
  struct State {
    std::string text;
    std::string hint;
    ErrorKind kind = ErrorKind::kFailure;
    int errno_value = 0;
  };
  std::unique_ptr<State> state_;
};

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : value_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return value_.index() == 0; }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() {
    assert(value_.index() == 0);
    return *std::get_if<0>(&value_);
  }
  const T& value() const {
    assert(value_.index() == 0);
    return *std::get_if<0>(&value_);
  }
  T take() { return std::move(value()); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&value_); }
  Error take_error() { return std::move(*std::get_if<1>(&value_)); }

 private:
  std::variant<T, Error> value_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return error_ == nullptr; }
  [[nodiscard]] const Error& error() const { return *error_; }
  Error take_error() { return std::move(*error_); }

 private:
  std::unique_ptr<Error> error_;
};

inline Result<> ok() {
  return {};
}

}  // namespace ringtap
