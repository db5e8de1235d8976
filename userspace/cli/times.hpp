// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parser for moments: the values of --from and --to. Pure, except that local times depend on TZ; any thread that does
// not run beside one that changes TZ.
#pragma once

#include <string>
#include <string_view>

#include "ringtap/capture.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// One of
//   2026-11-29T07:00:00.5   local time, with Z or an offset such as +01:00 behind it that of the offset; a blank may be
//                           in the place of T, and seconds, or the whole time of day, may be left out
//   07:00:00.5              local time, on the day of the first packet; seconds may be left out
//   @1700000000.5           seconds since 1970
//   +2m                     after the first packet, as in parse_duration()
//   -10m                    before the present moment
// The Error is of kind kUsage and names the option.
Result<FileTime> parse_file_time(std::string_view option, const std::string& text);

}  // namespace ringtap
