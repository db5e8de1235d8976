// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Bytes as lines "\n\t0x0000:  4500 0034 …"; offsets begin at 0. Each appends to the text it is given and keeps
// nothing. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/context.hpp"

namespace ringtap {

void dump_hex(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent = "\n\t");
void dump_hex_and_ascii(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent = "\n\t");
void dump_ascii(Appender& out, std::span<const std::uint8_t> bytes);
// The bytes of something that has no printer, unless -x or -X prints them anyway.
void dump_unknown(Context& context, Cursor payload);
// The captured part of all bytes, as hexadecimal lines.
void dump_captured(Context& context, const Cursor& bytes, std::string_view indent = "\n\t");
// The captured part of `count` bytes, as hexadecimal lines.
void dump_layer(Context& context, const Cursor& bytes, std::size_t offset, std::size_t count, std::string_view indent);

}  // namespace ringtap
