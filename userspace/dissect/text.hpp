// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Formats of values that several protocols share. Each appends to the context's text and keeps nothing. One
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/context.hpp"

namespace ringtap {

// `before`, then an address. The address is read first: if it is missing, `before` is not printed either.
void put_host4(Context& context, std::string_view before, const std::uint8_t* address);
void put_host6(Context& context, std::string_view before, const std::uint8_t* address);

// An address, with blanks before it to 15 characters.
void put_padded_host4(Context& context, const std::uint8_t* address);

// Bytes of a packet, unprintable ones escaped; if some are missing, the mark follows those that are there.
void put_escaped(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count);

// Two digits a byte, and `after` each.
void put_hex(Context& context, std::span<const std::uint8_t> bytes, std::string_view after = "");
// Two digits a byte, in capitals; if some are missing, the mark follows those that are there.
void put_upper_hex(Context& context, std::span<const std::uint8_t> bytes);
void put_upper_hex(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count);

// Text of a packet up to its first NUL, or all of it; unprintable bytes escaped. True if there was a NUL.
bool put_text(Context& context, std::span<const std::uint8_t> text);
// The same for a packet's bytes; if they end before a NUL and before `count`, the mark follows.
bool put_text(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count);

// 1970 in seconds since 1900, when NTP's time begins: 70 years with 17 leap days.
inline constexpr std::int64_t kNtpEpoch = (70 * 365 + 17) * std::int64_t{86400};
// A time of 32 bits of seconds and 32 of fraction: "1.500000000", and followed by its date (RFC 5905 6).
void put_ntp_seconds(Context& context, std::uint64_t value);
void put_ntp_time(Context& context, std::uint64_t value);

// "2024-01-02T03:04:05" in UTC, of seconds since 1970, with `between` for the T and `dash` for the dashes.
void put_utc(Context& context, std::int64_t seconds, char between, char dash = '-');

// RFC 5396: asdot with -b, otherwise asplain.
void put_as_number(Context& context, std::uint32_t number);

// RFC 4364 4.2, 8 bytes.
void put_route_distinguisher(Context& context, const Cursor& cursor, std::size_t offset);

// In octal, without a 0 in front.
void put_octal(Context& context, std::uint32_t value);

// "1d2h3m4s", without the units that are zero.
void put_duration(Context& context, std::uint32_t seconds);

// "eth0  In  ", the beginning of a line if packets come from several devices.
void put_interface(Appender& out, std::string_view name, std::string_view direction);

}  // namespace ringtap
