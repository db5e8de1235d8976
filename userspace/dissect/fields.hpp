// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Prints a run of fields with a fixed layout by a format string. Appends to the context and moves the cursor; keeps
// nothing. One thread. The text before a field is printed only if the field is there.
//
// Formats: %1 %2 %4 %8 a number of this many bytes in decimal; %h1 … %h8 the same with all hexadecimal digits; %m a
// MAC address; %a an IPv4, %A an IPv6 address; %-N skips N bytes (one digit).
#pragma once

#include <string_view>

#include "dissect/context.hpp"

namespace ringtap {

void put_fields(Context& context, Cursor& record, std::string_view format);

}  // namespace ringtap
