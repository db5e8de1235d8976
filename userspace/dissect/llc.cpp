// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IEEE 802.2 logical link control.
#include "dissect/printers.hpp"

namespace ringtap {

bool print_llc(Context& context, Cursor frame, const LinkHeader&, std::size_t&) {
  context.protocol("llc");
  if (!frame.has(3)) {
    context.put_truncated();
    return true;
  }
  return false;
}

}  // namespace ringtap
