// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of the network layer: IP, what maps addresses to it, and the protocols that belong to it.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By ethertype.
void print_ipv4(Context& context, Cursor packet, const LinkHeader& link);
void print_ipv6(Context& context, Cursor packet, const LinkHeader& link);
void print_arp(Context& context, Cursor packet, const LinkHeader& link);
void print_geonet(Context& context, Cursor packet, const LinkHeader& link);
void print_calm_fast(Context& context, Cursor packet, const LinkHeader& link);
void print_ipx(Context& context, Cursor packet, const LinkHeader& link);

// Inside another header: the version decides.
void print_ipv4_packet(Context& context, Cursor packet);
void print_ipv6_packet(Context& context, Cursor packet);

// `framing` is what -e says in place of "IPX ".
void print_ipx_packet(Context& context, Cursor packet, std::string_view framing);

// By IP protocol.
void print_ipv4_in_ip(Context& context, Cursor packet, const IpHeader& ip);
void print_ipv6_in_ip(Context& context, Cursor packet, const IpHeader& ip);
void print_icmp(Context& context, Cursor message, const IpHeader& ip);
void print_icmpv6(Context& context, Cursor message, const IpHeader& ip);
void print_igmp(Context& context, Cursor message, const IpHeader& ip);
void print_esp(Context& context, Cursor packet, const IpHeader& ip);
void print_ah(Context& context, Cursor packet, const IpHeader& ip);
void print_ipcomp(Context& context, Cursor packet, const IpHeader& ip);
void print_mobility(Context& context, Cursor message, const IpHeader& ip);

// Messages of ICMPv6, from its header on.
void put_node_query(Context& context, const Cursor& message);
void put_node_reply(Context& context, const Cursor& message);
void put_rpl(Context& context, const Cursor& message);

// By UDP port.
void print_esp_in_udp(Context& context, Cursor payload, const Transport& transport);

// "source > destination: ".
void put_addresses(Context& context, const IpHeader& ip);

// "A.port > B.port: "; after a header other than the `transport`'s own IP header the addresses are written already, and
// this is "port > port: ".
void put_endpoints(Context& context, const IpHeader& ip, std::uint8_t transport,
                   void (Context::*put_port)(std::uint16_t), std::uint16_t source, std::uint16_t destination);

}  // namespace ringtap
