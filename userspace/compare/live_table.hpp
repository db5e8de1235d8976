// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What `ringtap compare` shows on a terminal while it runs: a line a place with its rate and a bar, of which the part
// that ended there is red; the outcomes; and a packet if one is asked for. Remembers the counts of the last call, for
// the rates. Makes text and shows nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compare/comparer.hpp"

namespace ringtap {

struct LiveTableStyle {
  bool has_color = false;
  bool has_utf8 = false;
  std::size_t lines = 24;
  std::size_t columns = 80;
};

class LiveTable {
 public:
  // `seconds` since the last call, 0: the rates are those of that call; `packet`: lines for below the table, empty:
  // none. Lines may be longer than there are columns; there are at most so many as the style has, if the table itself
  // leaves room for them.
  std::string text(const Comparer& comparer, std::string_view packet, double seconds, const LiveTableStyle& style);

 private:
  struct Counted {
    std::uint64_t packets = 0;
    std::uint64_t rate = 0;
    void count(std::uint64_t now, double seconds);
  };
  std::vector<Counted> places_;
  Counted all_;
};

}  // namespace ringtap
