// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Cisco's Interior Gateway Routing Protocol, "An Introduction to IGRP" (Hedrick, Rutgers, 1991).
#include <algorithm>

#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kEntry = 14;
constexpr Token kOperations[] = {{1, "update"}, {2, "request"}};

enum class Route { kInterior, kSystem, kExterior };

// The network has three bytes: the last ones of an address within the network of the interface, or the first ones.
void put_entry(Context& context, const Cursor& entry, Route route) {
  constexpr std::uint32_t kFastest = 10000000;  // kbit/s, over which bandwidths are given
  constexpr std::uint32_t kUnreachable = 0xffffff;
  (void)entry.block(0, 3);
  if (context.truncated()) return;
  const auto byte = [&](std::size_t at) { return entry.u8(at); };
  context.put(' ',
              route == Route::kInterior   ? "*."
              : route == Route::kExterior ? "X"
                                          : "",
              byte(0), '.', byte(1), '.', byte(2), route == Route::kInterior ? "" : ".0");
  (void)entry.block(0, kEntry);
  const std::uint32_t delay = entry.be24(3);
  const std::uint32_t bandwidth = entry.be24(6);
  context.put(" d=", delay * 10, " b=", bandwidth == 0 ? 0 : kFastest / bandwidth, " r=", byte(11), " l=", byte(12),
              " M=", std::min(delay + bandwidth, kUnreachable), " mtu=", entry.be16(9), " in ", byte(13), " hops");
}

}  // namespace

void print_igrp(Context& context, Cursor message, const IpHeader&) {
  context.protocol("igrp");
  context.put("igrp:");
  (void)message.block(0, kHeader - 2);
  if (context.truncated()) return;
  const std::uint8_t first = message.u8(0);
  const std::uint32_t operation = first & 0xfU;
  context.put(' ');
  context.put_name(token(kOperations, operation), "op-#", operation);
  const std::uint16_t counts[] = {message.be16(4), message.be16(6), message.be16(8)};
  context.put(" V", static_cast<std::uint32_t>(first >> 4), " edit=", message.u8(1), " AS=", message.be16(2), " (",
              counts[0], '/', counts[1], '/', counts[2], ')');
  const std::uint16_t checksum = message.be16(10);
  if (context.verbose()) context.put(" checksum=0x", Hex{checksum, 4});
  Cursor rest = message.from(kHeader);
  constexpr Route kRoutes[] = {Route::kInterior, Route::kSystem, Route::kExterior};
  for (std::size_t kind = 0; kind < std::size(counts); ++kind) {
    for (unsigned i = 0; i < counts[kind] && !context.truncated(); ++i) {
      if (rest.length() < kEntry) return context.put_invalid();
      put_entry(context, rest, kRoutes[kind]);
      rest.skip(kEntry);
    }
  }
  if (rest.length() == 0 || context.truncated()) return;
  if (rest.length() >= kEntry) context.put(" [extra bytes ", rest.length(), ']');
  context.put_invalid();
}

}  // namespace ringtap
