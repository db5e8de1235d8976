// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What Arista's switches put between a frame's addresses and its ethertype. Appends to the context's text and keeps
// nothing. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

inline constexpr std::uint16_t kAristaEthertype = 0xd28b;

// How many bytes of it are before the ethertype, 0 where that is not known.
std::size_t put_arista(Context& context, const Cursor& header);

}  // namespace ringtap
