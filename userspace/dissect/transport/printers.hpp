// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of transport protocols.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By IP protocol.
void print_tcp(Context& context, Cursor segment, const IpHeader& ip);
void print_udp(Context& context, Cursor datagram, const IpHeader& ip);
void print_sctp(Context& context, Cursor packet, const IpHeader& ip);
void print_dccp(Context& context, Cursor packet, const IpHeader& ip);
void print_pgm(Context& context, Cursor packet, const IpHeader& ip);
// By -T, in UDP.
void print_pgm_in_udp(Context& context, Cursor packet, const Transport& transport);
void print_pgm_with_zmtp(Context& context, Cursor packet, const Transport& transport);

// By ethertype.
void print_tipc(Context& context, Cursor message, const LinkHeader& link);

// The text of TCP's multipath option after its name; false when it cannot be what it says.
bool put_mptcp(Context& context, const Cursor& option, std::size_t size, std::uint8_t flags);

// For SLIP (link/slip.cpp), kept with the other conversations of TCP: how much data the last packet of a connection had
// whose headers are compressed, and the connection of a header that does not name it. `direction` is 0 or 1.
std::uint32_t& slip_data_size(Context& context, unsigned direction, std::uint8_t connection);
std::uint8_t& slip_last_connection(Context& context);

}  // namespace ringtap
