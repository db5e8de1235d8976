// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/text.hpp"

#include <chrono>

namespace ringtap {

void put_host4(Context& context, std::string_view before, const std::uint8_t* address) {
  context.put(before);
  context.host4(address);
}

void put_host6(Context& context, std::string_view before, const std::uint8_t* address) {
  context.put(before);
  context.host6(address);
}

void put_padded_host4(Context& context, const std::uint8_t* address) {
  constexpr std::size_t kWidth = 15;
  const std::size_t begin = context.out.size();
  context.host4(address);
  const std::size_t width = context.out.size() - begin;
  if (width >= kWidth || context.truncated()) return;
  context.out.cut(begin);
  context.put(Repeat{' ', kWidth - width});
  context.host4(address);
}

void put_escaped(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  const Cursor rest = bytes.from(offset);
  context.out.escaped(rest.bytes().first(std::min(count, rest.captured())));
  if (!rest.has(count)) (void)rest.span(0, count);
}

void put_hex(Context& context, std::span<const std::uint8_t> bytes, std::string_view after) {
  for (const std::uint8_t byte : bytes) context.put(Hex{byte, 2}, after);
}

void put_upper_hex(Context& context, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const std::uint8_t byte : bytes) context.put(kDigits[byte >> 4], kDigits[byte & 0xf]);
}

void put_upper_hex(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count) {
  const Cursor rest = bytes.from(offset);
  put_upper_hex(context, rest.bytes().first(std::min(count, rest.captured())));
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

void put_ntp_seconds(Context& context, std::uint64_t value) {
  context.put(static_cast<std::uint32_t>(value >> 32), '.', Padded{(value & 0xffffffff) * 1000000000 >> 32, 9});
}

void put_ntp_time(Context& context, std::uint64_t value) {
  put_ntp_seconds(context, value);
  if (value >> 32 == 0) return;
  context.put(" (");
  put_utc(context, static_cast<std::int64_t>(value >> 32) - kNtpEpoch, 'T');
  context.put("Z)");
}

void put_utc(Context& context, std::int64_t seconds, char between, char dash) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto part = [](auto number) { return Padded{static_cast<std::uint64_t>(number), 2}; };
  context.put(Padded{static_cast<std::uint64_t>(static_cast<int>(date.year())), 4}, dash,
              part(static_cast<unsigned>(date.month())), dash, part(static_cast<unsigned>(date.day())), between,
              part(clock.hours().count()), ':', part(clock.minutes().count()), ':', part(clock.seconds().count()));
}

void put_as_number(Context& context, std::uint32_t number) {
  if (context.options.as_dot && number > 0xffff) {
    context.put(number >> 16, '.', number & 0xffff);
  } else {
    context.put(number);
  }
}

void put_route_distinguisher(Context& context, const Cursor& cursor, std::size_t offset) {
  (void)cursor.block(offset, 8);
  if (context.truncated()) return;
  const auto host = [&](std::size_t at) { context.host4(cursor.block(at, 4)); };
  switch (cursor.be16(offset)) {
    case 0:
      context.put(cursor.be16(offset + 2), ':', cursor.be32(offset + 4), " (= ");
      host(offset + 4);
      context.put(')');
      break;
    case 1:
      host(offset + 2);
      context.put(':', cursor.be16(offset + 6));
      break;
    case 2:
      put_as_number(context, cursor.be32(offset + 2));
      context.put(':', cursor.be16(offset + 6), " (");
      host(offset + 2);
      context.put(':', cursor.be16(offset + 6), ')');
      break;
    default:
      context.put("unknown RD format");
      break;
  }
}

void put_octal(Context& context, std::uint32_t value) {
  char digits[11];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + (value & 7));
    value >>= 3;
  } while (value != 0);
  context.put(std::string_view(digits + at, sizeof digits - at));
}

void put_duration(Context& context, std::uint32_t seconds) {
  struct Unit {
    char letter;
    std::uint32_t size;
  };
  constexpr Unit kUnits[] = {{'y', 31536000}, {'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
  if (seconds == 0) return context.put("0s");
  for (const Unit& unit : kUnits) {
    if (seconds < unit.size) continue;
    context.put(seconds / unit.size, unit.letter);
    seconds %= unit.size;
  }
}

void put_interface(Appender& out, std::string_view name, std::string_view direction) {
  if (name.empty()) name = "?";
  out.put(name, Repeat{' ', name.size() < 5 ? 5 - name.size() : 0}, ' ');
  out.put(direction, Repeat{' ', direction.size() < 3 ? 3 - direction.size() : 0}, ' ');
}

}  // namespace ringtap
