// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Heartbeats of Microsoft's Network Load Balancing, [MS-NLB]: little-endian but for the addresses.
#include "dissect/control/printers.hpp"

namespace ringtap {

void print_nlb(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("msnlb");
  context.put("MS NLB heartbeat");
  const std::uint32_t priority = packet.le32(8);
  context.put(", host priority: ", priority);
  const std::uint8_t* cluster = packet.block(12, 4);
  context.put(", cluster IP: ");
  context.host4(cluster);
  const std::uint8_t* host = packet.block(16, 4);
  context.put(", host IP: ");
  context.host4(host);
}

}  // namespace ringtap
