// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which number leads to which printer. Names are those that tcpdump 4.99.3 prints.
#include "dissect/tables.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "dissect/control/printers.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/transport/printers.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

struct LinkRow {
  LinkType type;
  LinkPrinter print;
  std::string_view name = {};  // libpcap's, that PPI and PKTAP show; empty where it has none
  bool ours = false;           // tcpdump has none: not with --compat
};
constexpr LinkRow kLinkTypes[] = {
    {LinkType::kNull, print_null, "NULL"},
    {LinkType::kEthernet, print_ethernet, "EN10MB"},
    {LinkType{6}, print_token_ring, "IEEE802"},
    {LinkType{7}, print_arcnet, "ARCNET"},
    {LinkType{8}, print_slip, "SLIP"},
    {LinkType{10}, print_fddi, "FDDI"},
    {LinkType::kPpp, print_ppp_link, "PPP"},
    {LinkType{11}, print_atm, "ATM_RFC1483"},
    {LinkType{12}, print_raw_ip, "RAW"},  // DLT_RAW as some systems number it
    {LinkType{14}, print_raw_ip},         // and as OpenBSD does
    {LinkType{15}, print_slip_bsdos, "SLIP_BSDOS"},
    {LinkType{19}, print_atm_clip, "ATM_CLIP"},
    {LinkType::kPppHdlc, print_ppp_serial, "PPP_SERIAL"},
    {LinkType{100}, print_atm},
    {LinkType::kRaw, print_raw_ip},
    {LinkType::kCiscoHdlc, print_hdlc, "C_HDLC"},
    {LinkType{106}, print_atm_clip},
    {LinkType::kFrameRelay, print_frame_relay, "FRELAY"},
    {LinkType{51}, print_pppoe_link, "PPP_ETHER"},
    {LinkType{99}, print_symantec, "SYMANTEC_FIREWALL"},
    {LinkType{102}, print_slip_bsdos},
    {LinkType{105}, print_wifi, "IEEE802_11"},
    {LinkType::kLoop, print_loop, "LOOP"},
    {LinkType{109}, print_enc, "ENC"},
    {LinkType::kLinuxSll, print_linux_sll, "LINUX_SLL"},
    {LinkType::kIpv4, print_raw_ipv4, "IPV4"},
    {LinkType::kIpv6, print_raw_ipv6, "IPV6"},
    {LinkType{112}, print_hdlc},  // Linux's number of Cisco's HDLC before it had one
    {LinkType{117}, print_pflog, "PFLOG"},
    {LinkType{119}, print_prism, "PRISM_HEADER"},
    {LinkType{122}, print_fibre_channel, "IP_OVER_FC"},
    {LinkType{123}, print_sunatm, "SUNATM"},
    {LinkType{127}, print_radiotap, "IEEE802_11_RADIO"},
    {LinkType{129}, print_arcnet_linux, "ARCNET_LINUX"},
    {LinkType{130}, print_juniper_mlppp, "JUNIPER_MLPPP"},
    {LinkType{131}, print_juniper_mlfr, "JUNIPER_MLFR"},
    {LinkType{132}, print_juniper_es, "JUNIPER_ES"},
    {LinkType{133}, print_juniper_ggsn, "JUNIPER_GGSN"},
    {LinkType{134}, print_juniper_mfr, "JUNIPER_MFR"},
    {LinkType{135}, print_juniper_atm2, "JUNIPER_ATM2"},
    {LinkType{136}, print_juniper_services, "JUNIPER_SERVICES"},
    {LinkType{137}, print_juniper_atm1, "JUNIPER_ATM1"},
    {LinkType{138}, print_ip1394, "APPLE_IP_OVER_IEEE1394"},
    {LinkType{149}, print_pktap_of_user2},  // a private number that macOS wrote before it had one
    {LinkType{163}, print_avs, "IEEE802_11_RADIO_AVS"},
    {LinkType{164}, print_juniper_monitor, "JUNIPER_MONITOR"},
    {LinkType{166}, print_ppp_link, "PPP_PPPD"},
    {LinkType{167}, print_juniper_pppoe, "JUNIPER_PPPOE"},
    {LinkType{168}, print_juniper_pppoe_atm, "JUNIPER_PPPOE_ATM"},
    {LinkType{178}, print_juniper_ethernet, "JUNIPER_ETHER"},
    {LinkType{179}, print_juniper_ppp, "JUNIPER_PPP"},
    {LinkType{180}, print_juniper_frame_relay, "JUNIPER_FRELAY"},
    {LinkType{181}, print_juniper_hdlc, "JUNIPER_CHDLC"},
    {LinkType{182}, print_mfr, "MFR"},
    {LinkType{189}, print_usb_linux, "USB_LINUX"},
    {LinkType{192}, print_ppi, "PPI"},
    {LinkType{195}, print_wpan, "IEEE802_15_4"},
    {LinkType{201}, print_bluetooth_hci, "BLUETOOTH_HCI_H4_WITH_PHDR"},
    {LinkType{220}, print_usb_linux_mmapped, "USB_LINUX_MMAPPED"},
    {LinkType{226}, print_ipnet, "IPNET"},
    {LinkType{227}, print_can, "CAN_SOCKETCAN", true},
    {LinkType{230}, print_wpan, "IEEE802_15_4_NOFCS"},
    {LinkType{239}, print_nflog, "NFLOG"},
    {LinkType{240}, print_netanalyzer, "NETANALYZER"},
    {LinkType{241}, print_netanalyzer_transparent, "NETANALYZER_TRANSPARENT"},
    {LinkType{242}, print_ipoib, "IPOIB"},
    {LinkType{253}, print_netlink, "NETLINK", true},
    {LinkType{258}, print_pktap, "PKTAP"},
    {LinkType{271}, print_vsock, "VSOCK"},
    {LinkType::kLinuxSll2, print_linux_sll2, "LINUX_SLL2"},
    {LinkType{281}, print_brcm, "DSA_TAG_BRCM"},
    {LinkType{282}, print_brcm_prepend, "DSA_TAG_BRCM_PREPEND"},
    {LinkType{283}, print_wpan_tap, "IEEE802_15_4_TAP"},
    {LinkType{284}, print_dsa, "DSA_TAG_DSA"},
    {LinkType{285}, print_edsa, "DSA_TAG_EDSA"},
};

// https://www.iana.org/assignments/ieee-802-numbers
struct EthertypeRow {
  std::uint16_t type;
  std::string_view name;
  void (*print)(Context&, Cursor, const LinkHeader&) = nullptr;
};
constexpr EthertypeRow kEthertypes[] = {
    {0x0800, "IPv4", print_ipv4},
    {0x86dd, "IPv6", print_ipv6},
    {0x0806, "ARP", print_arp},
    {0x8035, "Reverse ARP", print_arp},
    {0x8100, "802.1Q"},
    {0x88a8, "802.1Q-QinQ"},
    {0x9100, "802.1Q-9100"},
    {0x9200, "802.1Q-9200"},
    {0x9000, "Loopback", print_loopback_test},
    {0x00fe, "GRE-OSI"},
    {0x0200, "PUP"},
    {0x0500, "Sprite"},
    {0x0600, "NS"},
    {0x0707, "GeoNet (old)", print_geonet},
    {0x1000, "Trail"},
    {0x1111, "CALM FAST", print_calm_fast},
    {0x6001, "MOP DL"},
    {0x6002, "MOP RC"},
    {0x6003, "DN", print_decnet},
    {0x6004, "LAT"},
    {0x6007, "SCA"},
    {0x6558, "TEB"},
    {0x8038, "Lanbridge"},
    {0x803c, "DEC DNS"},
    {0x803e, "DEC DTS"},
    {0x805b, "VEXP"},
    {0x805c, "VPROD"},
    {0x809b, "Appletalk"},
    {0x80f3, "Appletalk ARP"},
    {0x8137, "IPX", print_ipx},
    {0x8808, "MPCP"},
    {0x8809, "Slow Protocols", print_slow},
    {0x880b, "PPP", print_ppp_ethernet},
    {0x8847, "MPLS unicast", print_mpls},
    {0x8848, "MPLS multicast", print_mpls},
    {0x8863, "PPPoE D", print_pppoe},
    {0x8864, "PPPoE S", print_pppoe},
    {0x8870, "Jumbo"},
    {0x886f, "MS NLB heartbeat", print_nlb},
    {0x888e, "EAPOL", print_eapol},
    {0x8899, "Realtek protocols"},
    {0x88a2, "AoE", print_aoe},
    {0x88ca, "TIPC", print_tipc},
    {0x88cc, "LLDP", print_lldp},
    {0x88e5, "802.1AE MACsec"},
    {0x88f7, "PTP", print_ptp},
    {0x8902, "CFM", print_cfm},
    {0x893a, "IEEE1905.1"},
    {0x8947, "GeoNet", print_geonet},
    {0x894f, "NSH", print_nsh},
    {0xabcd, "CFM (old)", print_cfm},
    {0xd28b, "Arista Vendor Specific Protocol"},
    {0xfefe, "OSI", print_osi_ethernet},
};

// What -T reads the protocol as, or VRRP.
void print_vrrp_or_forced(Context& context, Cursor message, const IpHeader& ip);

// https://www.iana.org/assignments/protocol-numbers. A name without a printer is shown by -v only.
struct IpProtocolRow {
  std::uint8_t protocol;
  std::string_view name;
  void (*print)(Context&, Cursor, const IpHeader&) = nullptr;
  bool ports = false;  // the printer names the endpoints itself
};
constexpr IpProtocolRow kIpProtocols[] = {
    {0, "Options"},
    {1, "ICMP", print_icmp},
    {2, "IGMP", print_igmp},
    {4, "IPIP", print_ipv4_in_ip},
    {6, "TCP", print_tcp, true},
    {8, "EGP", print_egp},
    {9, "IGRP", print_igrp},
    {17, "UDP", print_udp, true},
    {33, "DCCP", print_dccp, true},
    {41, "IPv6", print_ipv6_in_ip},
    {43, "Routing"},
    {44, "Fragment"},
    {46, "RSVP", print_rsvp},
    {47, "GRE", print_gre},
    {50, "ESP", print_esp},
    {51, "AH", print_ah},
    {55, "Mobile IP"},
    {58, "ICMPv6", print_icmpv6},
    {62, "Mobile IP (old)", print_mobility},
    {88, "EIGRP", print_eigrp},
    {89, "OSPF", print_ospf},
    {103, "PIM", print_pim},
    {108, "Compressed IP", print_ipcomp},
    {112, "VRRP", print_vrrp_or_forced},
    {113, "PGM", print_pgm},
    {132, "SCTP", print_sctp, true},
    {135, "Mobility", print_mobility},
    {143, "Ethernet", print_ethernet_in_ip},
};
constexpr std::uint8_t kNoNextHeader = 59;
constexpr std::uint8_t kSunNd = 77;

// Ports. The first row that matches wins, as in tcpdump, whose order this is; kEither matches both ends.
enum class End { kEither, kSource, kDestination };
struct PortRow {
  std::uint16_t port;
  void (*print)(Context&, Cursor, const Transport&);
  End end = End::kEither;
};

// By port, the first row for it as a source and as a destination; kNone when there is none.
class PortIndex {
 public:
  static constexpr std::uint8_t kNone = std::numeric_limits<std::uint8_t>::max();

  explicit PortIndex(std::span<const PortRow> rows) : rows_(rows) {
    source_.fill(kNone);
    destination_.fill(kNone);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto rank = static_cast<std::uint8_t>(i);
      const PortRow& row = rows[i];
      if (row.end != End::kDestination) lower(source_[row.port], rank);
      if (row.end != End::kSource) lower(destination_[row.port], rank);
    }
  }
  [[nodiscard]] const PortRow* find(std::uint16_t source, std::uint16_t destination) const {
    const std::uint8_t rank = std::min(source_[source], destination_[destination]);
    return rank == kNone ? nullptr : &rows_[rank];
  }

 private:
  static void lower(std::uint8_t& entry, std::uint8_t rank) { entry = std::min(entry, rank); }
  std::span<const PortRow> rows_;
  std::array<std::uint8_t, 65536> source_;
  std::array<std::uint8_t, 65536> destination_;
};

// A row without a printer keeps its place: its port is printed as plain UDP or TCP.
constexpr PortRow kUdpPorts[] = {
    {53, print_dns},
    {5353, print_dns},
    {525, print_timed},
    {69, print_tftp},  // TFTP
    {67, print_bootp},
    {68, print_bootp},
    {520, print_rip},
    {654, print_aodv},    // AODV
    {500, print_isakmp},  // IKE
    {4500, print_esp_in_udp},
    {7500, print_isakmp},
    {8500, print_isakmp},
    {161, print_snmp},  // SNMP
    {162, print_snmp},
    {123, print_ntp},
    {88, print_kerberos},
    {750, print_kerberos},
    {1701, print_l2tp},                    // L2TP
    {3456, print_vat, End::kDestination},  // VAT
    {2103, print_zephyr},
    {2104, print_zephyr},
    {7000, print_rx},  // AFS
    {7001, print_rx},
    {7002, print_rx},
    {7003, print_rx},
    {7004, print_rx},
    {7005, print_rx},
    {7006, print_rx},
    {7007, print_rx},
    {7008, print_rx},
    {7009, print_rx},
    {521, print_ripng},
    {546, print_dhcpv6},  // DHCPv6
    {547, print_dhcpv6},
    {5359, print_ahcp},   // AHCP
    {6696, print_babel},  // Babel
    {6697, print_babel},
    {8231, print_hncp},  // HNCP
    {4567, print_wb, End::kDestination},
    {496, print_auto_rp},  // auto-RP
    {1645, print_radius},  // RADIUS
    {1646, print_radius},
    {1700, print_radius},
    {1812, print_radius},
    {1813, print_radius},
    {3799, print_radius},
    {1985, print_hsrp, End::kDestination},  // HSRP
    {921, print_lwres},
    {646, print_ldp},   // LDP
    {698, print_olsr},  // OLSR
    {3503, print_lsp_ping},
    {49152, print_bcm_li, End::kSource},
    {3784, print_bfd, End::kDestination},
    {3785, print_bfd_echo, End::kDestination},
    {4784, print_bfd, End::kDestination},
    {6784, print_bfd, End::kDestination},
    {701, print_lmp},  // LMP
    {1589, print_vqp},
    {6343, print_sflow},
    {kLwappControlPort, print_lwapp_control},
    {12222, print_lwapp_data},
    {5060, print_sip},
    {514, print_syslog},  // syslog
    {8472, print_port_8472},
    {4789, print_vxlan},
    {6081, print_geneve},
    {4342, print_lisp},
    {4790, print_vxlan_gpe},
    {17754, print_zep},
    {6635, print_mpls_in_udp},  // MPLS
    {319, print_ptp_over_udp},
    {320, print_ptp_over_udp},
    {30490, print_someip},
};

constexpr PortRow kTcpPorts[] = {
    {22, print_ssh},        {23, print_telnet},     {25, print_smtp},   {43, print_whois},
    {179, print_bgp},                          // BGP
    {1723, print_pptp},                        // PPTP
    {6379, print_resp},     {10288, nullptr},  // OpenFlow and relatives
    {6633, print_openflow}, {6653, print_openflow}, {21, print_ftp},    {80, print_http},
    {8080, print_http},     {554, print_rtsp},      {8554, print_rtsp}, {53, print_dns_over_tcp},
    {639, print_msdp},      {323, print_rpki_rtr},  {646, print_ldp},
};
static_assert(std::size(kUdpPorts) < PortIndex::kNone && std::size(kTcpPorts) < PortIndex::kNone);

// Protocols that tcpdump does not print, looked at where no row above has a printer, and not with --compat. Their
// printers decide by the contents.
struct OwnRow {
  std::uint16_t port;  // kAnyPort: by the contents alone
  bool (*print)(Context&, Cursor, const Transport&);
};
constexpr std::uint16_t kAnyPort = 0;
constexpr OwnRow kOwnUdpPorts[] = {
    {443, print_quic}, {51820, print_wireguard}, {2152, print_gtpu}, {8805, print_pfcp}, {7784, print_seamless_bfd},
};
constexpr OwnRow kOwnTcpPorts[] = {
    {5432, print_postgresql}, {3306, print_mysql},   {1883, print_mqtt},
    {502, print_modbus},      {kAnyPort, print_tls}, {kAnyPort, print_http2},
};

bool print_own(std::span<const OwnRow> rows, Context& context, const Cursor& payload, const Transport& transport) {
  if (context.options.compat) return false;
  return std::any_of(rows.begin(), rows.end(), [&](const OwnRow& row) {
    const bool matches =
        row.port == kAnyPort || row.port == transport.destination_port || row.port == transport.source_port;
    return matches && row.print(context, payload, transport);
  });
}

}  // namespace

// Without a printer of the transport nothing is printed: tcpdump leaves the line of such a UDP packet empty, and ends
// that of a TCP segment with its length.
struct ForcedType {
  std::string_view name;
  void (*udp)(Context&, Cursor, const Transport&) = nullptr;
  void (*tcp)(Context&, Cursor, const Transport&) = nullptr;
  void (*vrrp)(Context&, Cursor, const IpHeader&) = nullptr;      // in place of VRRP, whose protocol number it shares
  void (*datagram)(Context&, Cursor, const IpHeader&) = nullptr;  // in place of UDP, with its addresses
};

namespace {

// Every name that tcpdump 4.99.3 knows.
constexpr ForcedType kForcedTypes[] = {
    {"aodv", print_aodv},
    {"carp", nullptr, nullptr, print_carp},
    {"cnfp", print_netflow},
    {"domain", print_dns, print_dns_over_tcp},
    {"lmp", print_lmp},
    {"pgm", print_pgm_in_udp},
    {"pgm_zmtp1", print_pgm_with_zmtp},
    {"ptp", print_ptp_over_udp},
    {"radius", print_radius},
    {"resp", nullptr, print_resp},
    {"rpc", nullptr, nullptr, nullptr, print_rpc},
    {"rtcp", print_rtcp},
    {"rtp", print_rtp},
    {"snmp", print_snmp},
    {"someip", print_someip},
    {"tftp", print_tftp},
    {"vat", print_vat},
    {"vxlan", print_vxlan},
    {"wb", print_wb},
    {"zmtp1", nullptr, print_zmtp},
};

void print_vrrp_or_forced(Context& context, Cursor message, const IpHeader& ip) {
  const ForcedType* forced = context.options.forced;
  (forced != nullptr && forced->vrrp != nullptr ? forced->vrrp : print_vrrp)(context, message, ip);
}

const EthertypeRow* find_ethertype(std::uint16_t type) {
  for (const EthertypeRow& row : kEthertypes) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

// Rows by protocol number, so that a packet costs one look.
constexpr std::uint8_t kNoRow = 255;
constexpr std::array<std::uint8_t, 256> kIpProtocolRow = [] {
  std::array<std::uint8_t, 256> index{};
  for (std::uint8_t& entry : index) entry = kNoRow;
  for (std::size_t i = 0; i < std::size(kIpProtocols); ++i) {
    index[kIpProtocols[i].protocol] = static_cast<std::uint8_t>(i);
  }
  return index;
}();
const IpProtocolRow* find_ip_protocol(std::uint8_t protocol) {
  const std::uint8_t row = kIpProtocolRow[protocol];
  return row == kNoRow ? nullptr : &kIpProtocols[row];
}

bool print_port(const PortIndex& index, Context& context, Cursor payload, const Transport& transport) {
  const PortRow* row = index.find(transport.source_port, transport.destination_port);
  if (row == nullptr || row->print == nullptr) return false;
  row->print(context, payload, transport);
  return true;
}

}  // namespace

LinkPrinter link_printer(const Context& context, LinkType type) {
  for (const LinkRow& row : kLinkTypes) {
    if (row.type == type) return row.ours && context.options.compat ? nullptr : row.print;
  }
  return nullptr;
}

std::string_view enclosed_link_name(std::uint32_t type) {
  const auto row = std::find_if(std::begin(kLinkTypes), std::end(kLinkTypes), [type](const LinkRow& known) {
    return static_cast<std::uint32_t>(known.type) == type;
  });
  return row == std::end(kLinkTypes) ? std::string_view() : row->name;
}

bool print_enclosed_link(Context& context, std::uint32_t type, Cursor payload) {
  constexpr std::uint32_t kOnlyInFiles[] = {14, 100, static_cast<std::uint32_t>(LinkType::kRaw), 102, 106};
  if (type > std::numeric_limits<std::uint16_t>::max() || context.depth >= kMaxDepth ||
      std::find(std::begin(kOnlyInFiles), std::end(kOnlyInFiles), type) != std::end(kOnlyInFiles)) {
    return false;
  }
  const LinkPrinter printer = link_printer(context, static_cast<LinkType>(type));
  if (printer == nullptr) return false;
  ++context.depth;
  printer(context, payload);
  --context.depth;
  return true;
}

std::string_view ethertype_name(std::uint16_t type) {
  const EthertypeRow* row = find_ethertype(type);
  return row == nullptr ? "Unknown" : row->name;
}

void put_tunnel_protocol(Context& context, std::uint16_t type) {
  if (!context.options.link_header) return;
  const EthertypeRow* row = find_ethertype(type);
  context.put(", proto ", NamedHex{row == nullptr ? std::string_view("unknown") : row->name, type, 4});
}

bool print_ethertype(Context& context, std::uint16_t type, Cursor payload, const LinkHeader& link) {
  const EthertypeRow* row = find_ethertype(type);
  if (row == nullptr || row->print == nullptr) return false;
  row->print(context, payload, link);
  return true;
}

std::string_view ip_protocol_name(std::uint8_t protocol) {
  const IpProtocolRow* row = find_ip_protocol(protocol);
  return row == nullptr ? std::string_view() : row->name;
}

bool ip_protocol_has_ports(std::uint8_t protocol) {
  const IpProtocolRow* row = find_ip_protocol(protocol);
  return row != nullptr && row->ports;
}

void print_ip_protocol(Context& context, std::uint8_t protocol, Cursor payload, const IpHeader& ip) {
  const IpProtocolRow* row = find_ip_protocol(protocol);
  if (row != nullptr && row->print != nullptr && context.depth < kMaxDepth) {
    ++context.depth;
    row->print(context, payload, ip);
    --context.depth;
  } else if (protocol == kNoNextHeader) {
    context.put("no next header");
  } else if (protocol == kSunNd) {
    context.put(" nd ", payload.length());
  } else {
    context.put(' ');
    put_ip_protocol(context, protocol);
    context.put(' ', payload.length());
  }
}

void put_ip_protocol(Context& context, std::uint8_t protocol) {
  context.put_name(context.services.ip_protocol(protocol), "ip-proto-", protocol);
}

const ForcedType* find_forced_type(std::string_view name) {
  const auto same = [name](const ForcedType& type) {
    return std::equal(name.begin(), name.end(), type.name.begin(), type.name.end(),
                      [](char one, char other) { return (one >= 'A' && one <= 'Z' ? one - 'A' + 'a' : one) == other; });
  };
  const auto found = std::find_if(std::begin(kForcedTypes), std::end(kForcedTypes), same);
  return found == std::end(kForcedTypes) ? nullptr : found;
}

bool is_zmtp_forced(const Context& context) {
  return context.options.forced != nullptr && context.options.forced->udp == print_pgm_with_zmtp;
}

bool print_datagram_by_force(Context& context, Cursor datagram, const IpHeader& ip) {
  const ForcedType* forced = context.options.forced;
  if (forced == nullptr || forced->udp != nullptr) return false;
  if (forced->datagram != nullptr) forced->datagram(context, datagram, ip);
  return true;
}

bool print_udp_by_force(Context& context, Cursor payload, const Transport& transport) {
  if (context.options.forced == nullptr) return false;
  context.options.forced->udp(context, payload, transport);
  return true;
}

bool print_udp_port(Context& context, Cursor payload, const Transport& transport) {
  static const PortIndex index(kUdpPorts);
  return print_port(index, context, payload, transport) || print_own(kOwnUdpPorts, context, payload, transport);
}

bool print_tcp_port(Context& context, Cursor payload, const Transport& transport) {
  if (const ForcedType* forced = context.options.forced) {
    if (forced->tcp != nullptr) forced->tcp(context, payload, transport);
    return true;
  }
  static const PortIndex index(kTcpPorts);
  return print_port(index, context, payload, transport) || print_nfs_over_tcp(context, payload, transport) ||
         print_own(kOwnTcpPorts, context, payload, transport);
}

}  // namespace ringtap
