// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of applications: names, addresses, time, files, text, monitoring.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By ethertype.
void print_aoe(Context& context, Cursor packet, const LinkHeader& link);
void print_ptp(Context& context, Cursor packet, const LinkHeader& link);

// By TCP port.
void print_telnet(Context& context, Cursor payload, const Transport& transport);
void print_dns_over_tcp(Context& context, Cursor payload, const Transport& transport);
void print_http(Context& context, Cursor payload, const Transport& transport);
void print_ftp(Context& context, Cursor payload, const Transport& transport);
void print_smtp(Context& context, Cursor payload, const Transport& transport);
void print_ssh(Context& context, Cursor payload, const Transport& transport);
void print_rtsp(Context& context, Cursor payload, const Transport& transport);
void print_whois(Context& context, Cursor payload, const Transport& transport);
void print_resp(Context& context, Cursor payload, const Transport& transport);
void print_zmtp(Context& context, Cursor payload, const Transport& transport);

// In PGM; its length is that of the data, which may be less than there are bytes.
void print_zmtp_datagram(Context& context, Cursor datagram);

// By UDP port.
void print_dns(Context& context, Cursor payload, const Transport& transport);
std::string_view dns_type_name(const Context& context, std::uint16_t type);  // empty when it has none
std::string_view dns_class_name(unsigned klass);
void print_ahcp(Context& context, Cursor message, const Transport& transport);
void print_bootp(Context& context, Cursor message, const Transport& transport);
void print_dhcpv6(Context& context, Cursor payload, const Transport& transport);
void print_hncp(Context& context, Cursor message, const Transport& transport);
void print_lwres(Context& context, Cursor message, const Transport& transport);
void print_ntp(Context& context, Cursor message, const Transport& transport);
void print_ptp_over_udp(Context& context, Cursor message, const Transport& transport);
void print_rx(Context& context, Cursor packet, const Transport& transport);
void print_sip(Context& context, Cursor payload, const Transport& transport);
void print_sflow(Context& context, Cursor message, const Transport& transport);
void print_syslog(Context& context, Cursor payload, const Transport& transport);
void print_tftp(Context& context, Cursor payload, const Transport& transport);
void print_timed(Context& context, Cursor message, const Transport& transport);
void print_wb(Context& context, Cursor message, const Transport& transport);
void print_zephyr(Context& context, Cursor notice, const Transport& transport);
void print_radius(Context& context, Cursor packet, const Transport& transport);
void print_rtp(Context& context, Cursor packet, const Transport& transport);
void print_rtcp(Context& context, Cursor packet, const Transport& transport);
void print_vat(Context& context, Cursor packet, const Transport& transport);
void print_snmp(Context& context, Cursor payload, const Transport& transport);
void print_snmp_message(Context& context, Cursor message);  // without a transport
void print_kerberos(Context& context, Cursor message, const Transport& transport);
void print_someip(Context& context, Cursor message, const Transport& transport);

// Only by -T; that of RPC prints the addresses, too.
void print_netflow(Context& context, Cursor datagram, const Transport& transport);
void print_rpc(Context& context, Cursor datagram, const IpHeader& ip);

// Not tcpdump's, by TCP or UDP port; false, and nothing is printed, if it is something else.
bool print_mqtt(Context& context, Cursor payload, const Transport& transport);
bool print_postgresql(Context& context, Cursor payload, const Transport& transport);
bool print_mysql(Context& context, Cursor payload, const Transport& transport);
bool print_modbus(Context& context, Cursor payload, const Transport& transport);
bool print_quic(Context& context, Cursor payload, const Transport& transport);
// … and on any port of TCP.
bool print_tls(Context& context, Cursor payload, const Transport& transport);
bool print_http2(Context& context, Cursor payload, const Transport& transport);

// By their contents, before the port is looked up; false when the payload is not NFS.
bool print_nfs_over_udp(Context& context, Cursor payload, const Transport& transport);
bool print_nfs_over_tcp(Context& context, Cursor payload, const Transport& transport);

}  // namespace ringtap
