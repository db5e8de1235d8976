// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Every printer by name, and the tables that lead from a number to a printer. A protocol is added by one file with its
// printer, one line here and one row in tables.cpp; docs/adding-a-protocol.md shows it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/context.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// Link types, by RecordView::link_type.
void print_ethernet(Context& context, Cursor packet);
void print_linux_sll(Context& context, Cursor packet);
void print_linux_sll2(Context& context, Cursor packet);
void print_null(Context& context, Cursor packet);
void print_loop(Context& context, Cursor packet);
void print_raw_ip(Context& context, Cursor packet);
void print_raw_ipv4(Context& context, Cursor packet);
void print_raw_ipv6(Context& context, Cursor packet);
void print_hdlc(Context& context, Cursor packet);         // Cisco's
void print_frame_relay(Context& context, Cursor packet);  // RFC 2427
void print_ppp_link(Context& context, Cursor packet);     // RFC 1661, with or without address and control
void print_ppp_serial(Context& context, Cursor packet);   // RFC 1662, or Cisco's HDLC: the first byte tells

// By ethertype. `link` names the stations where the printer or the fallback needs them.
struct LinkHeader {
  const std::uint8_t* source = nullptr;  // 6 bytes each; nullptr where the link has none
  const std::uint8_t* destination = nullptr;
};
void print_ipv4(Context& context, Cursor packet, const LinkHeader& link);
void print_ipv6(Context& context, Cursor packet, const LinkHeader& link);
void print_arp(Context& context, Cursor packet, const LinkHeader& link);
// IEEE 802.2; its headers are added to `header_size`. False when the payload has no printer: the frame is named, and
// its bytes from the LLC header on are to be dumped.
bool print_llc(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size);
// The same from behind the SAPs of SNAP on.
bool print_snap(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size);
void print_stp(Context& context, Cursor bpdu);
// Behind the ethertype of MACsec. True when what it protects can be read and follows in `frame`, whose first
// `data_size` bytes are captured and no padding; its header is added to `header_size`.
bool print_macsec(Context& context, Cursor& frame, const LinkHeader& link, std::size_t& header_size,
                  std::size_t& data_size);
// A frame inside another protocol; the size of its headers.
std::size_t print_ethernet_frame(Context& context, Cursor frame);
void print_loopback_test(Context& context, Cursor packet, const LinkHeader& link);
void print_aoe(Context& context, Cursor packet, const LinkHeader& link);
void print_osi_ethernet(Context& context, Cursor packet, const LinkHeader& link);
void print_mpls(Context& context, Cursor packet, const LinkHeader& link);
void print_eapol(Context& context, Cursor packet, const LinkHeader& link);
void print_lldp(Context& context, Cursor packet, const LinkHeader& link);
void print_slow(Context& context, Cursor packet, const LinkHeader& link);
void print_ptp(Context& context, Cursor packet, const LinkHeader& link);
void print_pppoe(Context& context, Cursor packet, const LinkHeader& link);
void print_nsh(Context& context, Cursor packet, const LinkHeader& link);
void print_tipc(Context& context, Cursor message, const LinkHeader& link);
void print_cfm(Context& context, Cursor frame, const LinkHeader& link);
void print_geonet(Context& context, Cursor packet, const LinkHeader& link);
void print_calm_fast(Context& context, Cursor packet, const LinkHeader& link);

// By SNAP identifier.
void print_cdp(Context& context, Cursor packet);
void print_dtp(Context& context, Cursor packet);
void print_udld(Context& context, Cursor packet);
void print_vtp(Context& context, Cursor packet);

// What several protocols carry: PPP from its protocol number on, a stack of labels.
void print_ppp(Context& context, Cursor packet);
void print_mpls_stack(Context& context, Cursor stack);
void print_eap(Context& context, Cursor packet);

// Inside another header: the version decides.
void print_ipv4_packet(Context& context, Cursor packet);
void print_ipv6_packet(Context& context, Cursor packet);

// By IP protocol.
void print_tcp(Context& context, Cursor segment, const IpHeader& ip);
void print_udp(Context& context, Cursor datagram, const IpHeader& ip);
void print_icmp(Context& context, Cursor message, const IpHeader& ip);
void print_icmpv6(Context& context, Cursor message, const IpHeader& ip);
void print_esp(Context& context, Cursor packet, const IpHeader& ip);
void print_ah(Context& context, Cursor packet, const IpHeader& ip);
void print_ipcomp(Context& context, Cursor packet, const IpHeader& ip);
void print_sctp(Context& context, Cursor packet, const IpHeader& ip);
void print_dccp(Context& context, Cursor packet, const IpHeader& ip);
void print_igmp(Context& context, Cursor message, const IpHeader& ip);
void print_ipv4_in_ip(Context& context, Cursor packet, const IpHeader& ip);
void print_ipv6_in_ip(Context& context, Cursor packet, const IpHeader& ip);
void print_gre(Context& context, Cursor packet, const IpHeader& ip);
void print_ospf(Context& context, Cursor packet, const IpHeader& ip);
void print_pim(Context& context, Cursor message, const IpHeader& ip);
void print_eigrp(Context& context, Cursor packet, const IpHeader& ip);
void print_vrrp(Context& context, Cursor message, const IpHeader& ip);
void print_mobility(Context& context, Cursor message, const IpHeader& ip);

// What a transport hands to the printer of its payload.
struct Transport {
  const IpHeader& ip;
  std::uint16_t source_port;
  std::uint16_t destination_port;
};

// By TCP port.
void print_dns_over_tcp(Context& context, Cursor payload, const Transport& transport);
void print_http(Context& context, Cursor payload, const Transport& transport);
void print_ftp(Context& context, Cursor payload, const Transport& transport);
void print_smtp(Context& context, Cursor payload, const Transport& transport);
void print_ssh(Context& context, Cursor payload, const Transport& transport);
void print_rtsp(Context& context, Cursor payload, const Transport& transport);
void print_whois(Context& context, Cursor payload, const Transport& transport);
void print_bgp(Context& context, Cursor payload, const Transport& transport);
void print_resp(Context& context, Cursor payload, const Transport& transport);
void print_openflow(Context& context, Cursor payload, const Transport& transport);
void print_ldp(Context& context, Cursor payload, const Transport& transport);
void print_msdp(Context& context, Cursor payload, const Transport& transport);
void print_rpki_rtr(Context& context, Cursor payload, const Transport& transport);

// By UDP port.
void print_dns(Context& context, Cursor payload, const Transport& transport);
void print_bootp(Context& context, Cursor message, const Transport& transport);
void print_ntp(Context& context, Cursor message, const Transport& transport);
void print_vxlan(Context& context, Cursor packet, const Transport& transport);
void print_vxlan_gpe(Context& context, Cursor packet, const Transport& transport);
void print_geneve(Context& context, Cursor packet, const Transport& transport);
void print_port_8472(Context& context, Cursor packet, const Transport& transport);
void print_sip(Context& context, Cursor payload, const Transport& transport);
void print_babel(Context& context, Cursor packet, const Transport& transport);
void print_bfd(Context& context, Cursor message, const Transport& transport);
void print_bfd_echo(Context& context, Cursor message, const Transport& transport);
void print_hsrp(Context& context, Cursor message, const Transport& transport);
void print_rip(Context& context, Cursor message, const Transport& transport);
void print_ripng(Context& context, Cursor message, const Transport& transport);
void print_sflow(Context& context, Cursor message, const Transport& transport);
void print_mpls_in_udp(Context& context, Cursor payload, const Transport& transport);
void print_dhcpv6(Context& context, Cursor payload, const Transport& transport);
void print_isakmp(Context& context, Cursor payload, const Transport& transport);
void print_esp_in_udp(Context& context, Cursor payload, const Transport& transport);
void print_syslog(Context& context, Cursor payload, const Transport& transport);
void print_tftp(Context& context, Cursor payload, const Transport& transport);
void print_radius(Context& context, Cursor packet, const Transport& transport);
void print_telnet(Context& context, Cursor payload, const Transport& transport);
void print_l2tp(Context& context, Cursor payload, const Transport& transport);
void print_pptp(Context& context, Cursor payload, const Transport& transport);
void print_snmp(Context& context, Cursor payload, const Transport& transport);
void print_kerberos(Context& context, Cursor message, const Transport& transport);
void print_bcm_li(Context& context, Cursor packet, const Transport& transport);
void print_ptp_over_udp(Context& context, Cursor message, const Transport& transport);
void print_lsp_ping(Context& context, Cursor packet, const Transport& transport);
void print_someip(Context& context, Cursor message, const Transport& transport);
void print_lisp(Context& context, Cursor message, const Transport& transport);

// By what is in them, before the port is asked; false when it is not theirs.
bool print_nfs_over_udp(Context& context, Cursor payload, const Transport& transport);
bool print_nfs_over_tcp(Context& context, Cursor payload, const Transport& transport);

// tables.cpp
using LinkPrinter = void (*)(Context&, Cursor);
LinkPrinter link_printer(LinkType type);  // nullptr: none

std::string_view ethertype_name(std::uint16_t type);  // "Unknown" when it has none
// Prints the payload of a frame; false, and nothing printed, when there is no printer for the type.
bool print_ethertype(Context& context, std::uint16_t type, Cursor payload, const LinkHeader& link);

void put_tunnel_protocol(Context& context, std::uint16_t type);  // ", proto IPv4 (0x0800)", where -e asks for it

std::string_view ip_protocol_name(std::uint8_t protocol);  // empty when it has none
// The payload of an IP header; unknown protocols have a form of their own. Where ip_protocol_has_ports(), the printer
// names the endpoints itself.
void print_ip_protocol(Context& context, std::uint8_t protocol, Cursor payload, const IpHeader& ip);
bool ip_protocol_has_ports(std::uint8_t protocol);
void put_ip_protocol(Context& context, std::uint8_t protocol);  // "udp", or "ip-proto-17" without names

// Printers by port, in tcpdump's order; false, and nothing printed, when no row matches.
bool print_udp_port(Context& context, Cursor payload, const Transport& transport);
bool print_tcp_port(Context& context, Cursor payload, const Transport& transport);
// -T: before anything else is looked at, and true when it was asked for and a printer came of it.
bool print_udp_by_force(Context& context, Cursor payload, const Transport& transport);
// -T with a type that is not of UDP.
[[nodiscard]] bool is_left_out_by_force(const Context& context);

// hexdump.cpp: lines "\n\t0x0000:  4500 0034 …"; offsets begin at 0.
void dump_hex(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent = "\n\t");
void dump_hex_and_ascii(Appender& out, std::span<const std::uint8_t> bytes, std::string_view indent = "\n\t");
void dump_ascii(Appender& out, std::span<const std::uint8_t> bytes);
// The bytes of something that has no printer, unless the user sees them anyway.
void dump_unknown(Context& context, Cursor payload);

// sll.cpp: "eth0  In  ", what a line begins with where packets come from several devices.
void put_interface(Appender& out, std::string_view name, std::string_view direction);

// isis.cpp: OSI's network layer, beginning with the protocol's identifier.
void print_osi(Context& context, Cursor packet);

// durations.cpp: "1d2h3m4s", without the units that are zero.
void put_duration(Context& context, std::uint32_t seconds);

// mptcp.cpp: the option's text behind its name; false when it cannot be what it says.
bool put_mptcp(Context& context, const Cursor& option, std::size_t size, std::uint8_t flags);

// ipv4.cpp, tcp.cpp, udp.cpp: "source > destination: ", and with ports "source.1 > destination.2: " or, behind
// extension headers, "1 > 2: ".
void put_addresses(Context& context, const IpHeader& ip);
// "A.port > B.port: "; behind a header other than the `transport`'s own IP header the addresses stand there already.
void put_endpoints(Context& context, const IpHeader& ip, std::uint8_t transport,
                   void (Context::*put_port)(std::uint16_t), std::uint16_t source, std::uint16_t destination);

}  // namespace ringtap
