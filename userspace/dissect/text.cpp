// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/text.hpp"

namespace ringtap {

void put_host4(Context& context, std::string_view before, const std::uint8_t* address) {
  context.put(before);
  context.host4(address);
}

void put_host6(Context& context, std::string_view before, const std::uint8_t* address) {
  context.put(before);
  context.host6(address);
}

void put_token_decimal(Context& context, std::span<const Token> table, std::uint32_t value,
                       std::string_view otherwise) {
  context.put(token(table, value, otherwise), " (", value, ')');
}

void put_token_hex(Context& context, std::span<const Token> table, std::uint32_t value, std::string_view otherwise,
                   unsigned width) {
  context.put(token(table, value, otherwise), " (0x", Hex{value, width}, ')');
}

void put_escaped(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  const Cursor rest = bytes.from(offset);
  context.out.escaped(rest.bytes().first(std::min(count, rest.captured())));
  if (!rest.has(count)) (void)rest.span(0, count);
}

bool put_text(Context& context, std::span<const std::uint8_t> text) {
  for (const std::uint8_t byte : text) {
    if (byte == 0) return true;
    context.out.escaped(byte);
  }
  return false;
}

bool put_text(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  const Cursor rest = bytes.from(offset);
  if (put_text(context, rest.bytes().first(std::min(count, rest.captured())))) return true;
  if (!rest.has(count)) (void)rest.span(0, count);
  return false;
}

}  // namespace ringtap
