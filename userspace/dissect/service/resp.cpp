// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// REdis Serialization Protocol, version 2 (redis.io, "Redis serialization protocol specification").
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kMaxNumber = 0x7fffffff;

// How many bytes precede the next CR LF; false, and the mark, when there is none.
bool find_line_end(const Cursor& rest, std::size_t& size) {
  const std::size_t readable = rest.readable();
  const std::uint8_t* data = rest.data();
  for (size = 0; size + 1 < readable; ++size) {
    if (data[size] == '\r' && data[size + 1] == '\n') return true;
  }
  rest.truncated();
  return false;
}

void put_quoted(Context& context, Cursor& rest, std::size_t size) {
  context.put(" \"");
  context.out.escaped(rest.bytes().first(size));
  context.put('"');
  rest.skip(size);
}

enum class Number { kValue, kNull, kNone };

// The number after "$" or "*"; kNone when there is nothing to do with it: it was said why, or it was cut.
Number take_number(Context& context, Cursor& rest, std::uint32_t& value) {
  const bool negative = rest.has(1) && rest.u8(0) == '-';
  if (negative) rest.skip(1);
  value = 0;
  bool too_large = false;
  bool any = false;
  while (true) {
    const std::uint8_t byte = rest.take_u8();
    if (context.truncated()) return Number::kNone;
    if (byte == '\r' && any) break;
    any = true;
    if (byte < '0' || byte > '9') {
      context.put(" invalid");
      return Number::kNone;
    }
    const std::uint32_t digit = byte - '0';
    too_large = too_large || value > (kMaxNumber - digit) / 10;
    if (!too_large) value = value * 10 + digit;
  }
  if (rest.length() == 0) rest.truncated();
  const std::uint8_t line_feed = rest.take_u8();
  if (context.truncated()) return Number::kNone;
  if (line_feed != '\n') {
    context.put(" invalid");
    return Number::kNone;
  }
  if (negative && value == 1 && !too_large) return Number::kNull;
  if (negative) {
    context.put(" length negative and not -1");
    return Number::kNone;
  }
  if (too_large) {
    context.put(" length too large");
    return Number::kNone;
  }
  return Number::kValue;
}

void put_bulk(Context& context, Cursor& rest) {
  std::uint32_t size = 0;
  switch (take_number(context, rest, size)) {
    case Number::kNull:
      return context.put(" null");
    case Number::kNone:
      return;
    case Number::kValue:
      break;
  }
  if (size == 0) {
    context.put(" empty");
  } else {
    if (rest.readable() < size) return rest.truncated();
    put_quoted(context, rest, size);
  }
  std::size_t behind = 0;
  if (find_line_end(rest, behind)) rest.skip(behind + 2);
}

// A command as it is typed: it ends with a line feed, before which there may be a carriage return.
void put_inline(Context& context, Cursor& rest) {
  while (rest.readable() > 0 && (rest.u8(0) == '\r' || rest.u8(0) == '\n')) rest.skip(1);
  const std::size_t readable = rest.readable();
  std::size_t size = 0;
  while (size < readable && rest.u8(size) != '\r' && rest.u8(size) != '\n') ++size;
  if (size == readable) return (void)rest.span(0, rest.captured() + 1);
  put_quoted(context, rest, size);
  while (rest.readable() > 0 && (rest.u8(0) == '\r' || rest.u8(0) == '\n')) rest.skip(1);
}

// One element; how many more it announces.
std::uint32_t put_element(Context& context, Cursor& rest) {
  switch (rest.u8(0)) {
    case '+':
    case '-':
    case ':': {
      rest.skip(1);
      std::size_t size = 0;
      if (!find_line_end(rest, size)) return 0;
      put_quoted(context, rest, size);
      rest.skip(2);
      return 0;
    }
    case '$':
      rest.skip(1);
      put_bulk(context, rest);
      return 0;
    case '*': {
      rest.skip(1);
      std::uint32_t count = 0;
      switch (take_number(context, rest, count)) {
        case Number::kNull:
          context.put(" null");
          return 0;
        case Number::kNone:
          return 0;
        case Number::kValue:
          if (count == 0) context.put(" empty");
          return count;
      }
      return 0;
    }
    default:
      put_inline(context, rest);
      return 0;
  }
}

}  // namespace

void print_resp(Context& context, Cursor payload, const Transport&) {
  context.protocol("resp");
  context.put(": RESP");
  // An array's elements are printed as if they stood alone, so only their number is kept.
  std::uint64_t owed = 0;
  while (payload.length() > 0 && !context.truncated()) {
    if (owed > 0) --owed;
    owed += put_element(context, payload);
  }
  if (owed > 0) payload.truncated();
}

}  // namespace ringtap
