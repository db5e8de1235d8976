// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tables that map numbers to printers. A protocol is added by a printer in one of the sub-folders, its
// declaration in that folder's printers.hpp and a row in tables.cpp, the only file of this folder that knows them;
// docs/adding-a-protocol.md shows it.
#pragma once

#include <cstdint>
#include <string_view>

#include "dissect/context.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

using LinkPrinter = void (*)(Context&, Cursor);
LinkPrinter link_printer(const Context& context, LinkType type);  // nullptr: none

// Of a packet in PPI or PKTAP, which number link types as BPF does on Linux: libpcap's name, of types that have a
// printer. Empty when there is none.
std::string_view enclosed_link_name(std::uint32_t type);
// Prints such a packet, whose link header's size is then in the context; returns false, and prints nothing, if the type
// has no printer or too many packets enclose this one.
bool print_enclosed_link(Context& context, std::uint32_t type, Cursor payload);

std::string_view ethertype_name(std::uint16_t type);  // "Unknown" when it has none
// Prints the payload of a frame; returns false, and prints nothing, if there is no printer for the type.
bool print_ethertype(Context& context, std::uint16_t type, Cursor payload, const LinkHeader& link);

void put_tunnel_protocol(Context& context, std::uint16_t type);  // ", proto IPv4 (0x0800)", with -e

std::string_view ip_protocol_name(std::uint8_t protocol);  // empty when it has none
// The payload of an IP header; unknown protocols have a form of their own. If ip_protocol_has_ports(), the printer
// prints the endpoints itself.
void print_ip_protocol(Context& context, std::uint8_t protocol, Cursor payload, const IpHeader& ip);
bool ip_protocol_has_ports(std::uint8_t protocol);
void put_ip_protocol(Context& context, std::uint8_t protocol);  // "udp", or "ip-proto-17" without names

// Printers by port, in tcpdump's order; returns false, and prints nothing, if no row matches.
bool print_udp_port(Context& context, Cursor payload, const Transport& transport);
bool print_tcp_port(Context& context, Cursor payload, const Transport& transport);
// -T, which comes before any other look-up; true if it is given and its printer was called.
bool print_udp_by_force(Context& context, Cursor payload, const Transport& transport);
// -T with the type whose data in PGM is ZMTP.
[[nodiscard]] bool is_zmtp_forced(const Context& context);
// -T with a type that is not of UDP, of which nothing is printed then, or that prints the addresses itself.
bool print_datagram_by_force(Context& context, Cursor datagram, const IpHeader& ip);

}  // namespace ringtap
