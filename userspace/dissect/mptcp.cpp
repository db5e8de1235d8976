// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Multipath TCP, RFC 8684 (version 0: RFC 6824).
#include "dissect/printers.hpp"

namespace ringtap {
namespace {

constexpr Token kSubtypes[] = {{0, "capable"},  {1, "join"}, {2, "dss"},  {3, "add-addr"},
                               {4, "rem-addr"}, {5, "prio"}, {6, "fail"}, {7, "fast-close"}};

}  // namespace

bool put_mptcp(Context& context, const Cursor& option, std::size_t size, std::uint8_t) {
  if (size < 1) return false;
  context.put(' ', size + 2);
  const unsigned subtype = option.u8(0) >> 4;
  context.put(' ', token(kSubtypes, subtype, "unknown"));
  return true;
}

}  // namespace ringtap
