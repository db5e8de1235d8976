// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A run of fields of a fixed layout, as text with places for them. Appends to the context and moves the cursor; keeps
// nothing. One thread. The text before a field appears only when the field is there.
//
// Places: %1 %2 %4 %8 a number of so many bytes, in decimal; %h1 … %h8 the same in all its hexadecimal digits; %m a
// station; %a an IPv4, %A an IPv6 address; %-N nothing for N (one digit) bytes.
#pragma once

#include <string_view>

#include "dissect/context.hpp"

namespace ringtap {

void put_fields(Context& context, Cursor& record, std::string_view format);

}  // namespace ringtap
