// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The options of a dissection (ringtap/text_style.hpp) and the types that -T knows, tables.cpp. Pure functions, any
// thread.
#pragma once

#include <string_view>

#include "ringtap/text_style.hpp"

namespace ringtap {

// Upper and lower case are the same; nullptr for a name that tcpdump does not have.
const ForcedType* find_forced_type(std::string_view name);

}  // namespace ringtap
