// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Seconds as people say them.
#include "dissect/printers.hpp"

namespace ringtap {

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

}  // namespace ringtap
