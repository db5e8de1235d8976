// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of link layers: what a capture begins with, and the layers between that and a network protocol.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

inline constexpr std::uint16_t kMaxLength = 1500;  // a type field up to this is a length, IEEE 802.3 3.2.6
// LLC's three bytes in front of SNAP and of OSI's network layer, RFC 2684 4.1, 5.1.
inline constexpr std::uint32_t kLlcSnap = 0xaaaa03;
inline constexpr std::uint32_t kLlcOsi = 0xfefe03;

// Link types, by RecordView::link_type.
void print_ethernet(Context& context, Cursor packet);
void print_linux_sll(Context& context, Cursor packet);
void print_linux_sll2(Context& context, Cursor packet);
void print_null(Context& context, Cursor packet);
void print_loop(Context& context, Cursor packet);
void print_raw_ip(Context& context, Cursor packet);
void print_raw_ipv4(Context& context, Cursor packet);
void print_raw_ipv6(Context& context, Cursor packet);
void print_dsa(Context& context, Cursor packet);           // Marvell's switch tag
void print_edsa(Context& context, Cursor packet);          // … after an ethertype
void print_brcm(Context& context, Cursor packet);          // Broadcom's
void print_brcm_prepend(Context& context, Cursor packet);  // … in front of the frame
void print_ipoib(Context& context, Cursor packet);
void print_usb_linux(Context& context, Cursor packet);
void print_usb_linux_mmapped(Context& context, Cursor packet);
void print_nflog(Context& context, Cursor packet);
void print_vsock(Context& context, Cursor packet);
void print_wifi(Context& context, Cursor packet);         // IEEE 802.11
void print_radiotap(Context& context, Cursor packet);     // … with what the card tells of the frame, by radiotap
void print_prism(Context& context, Cursor packet);        // … by Prism's header, or AVS
void print_avs(Context& context, Cursor packet);          // … by AVS
void print_ppi(Context& context, Cursor packet);          // … or any other link type, by PPI
void print_hdlc(Context& context, Cursor packet);         // Cisco's
void print_frame_relay(Context& context, Cursor packet);  // RFC 2427
void print_mfr(Context& context, Cursor packet);          // … over several links, FRF.16
void print_ppp_link(Context& context, Cursor packet);     // RFC 1661, with or without address and control
void print_ppp_serial(Context& context, Cursor packet);   // RFC 1662, or Cisco's HDLC: the first byte tells

void print_slip(Context& context, Cursor packet);  // RFC 1055
void print_slip_bsdos(Context& context, Cursor packet);
void print_pflog(Context& context, Cursor packet);  // pf's log
void print_enc(Context& context, Cursor packet);    // IPsec's device on the BSDs
void print_pktap(Context& context, Cursor packet);  // macOS
// A private number that macOS wrote before it had one: as "UNSUPPORTED" where it cannot be that, except with --compat.
void print_pktap_of_user2(Context& context, Cursor packet);
void print_ipnet(Context& context, Cursor packet);  // Solaris
void print_fddi(Context& context, Cursor packet);
void print_token_ring(Context& context, Cursor packet);  // IEEE 802.5
void print_arcnet(Context& context, Cursor packet);
void print_arcnet_linux(Context& context, Cursor packet);
void print_ip1394(Context& context, Cursor packet);
void print_atm(Context& context, Cursor packet);       // RFC 2684
void print_atm_clip(Context& context, Cursor packet);  // RFC 2225, of Linux
void print_sunatm(Context& context, Cursor packet);
void print_fibre_channel(Context& context, Cursor packet);
void print_symantec(Context& context, Cursor packet);  // of its firewall
void print_netanalyzer(Context& context, Cursor packet);
void print_netanalyzer_transparent(Context& context, Cursor packet);
void print_bluetooth_hci(Context& context, Cursor packet);
void print_wpan(Context& context, Cursor packet);      // IEEE 802.15.4, with or without its check sequence
void print_wpan_tap(Context& context, Cursor packet);  // … after what the receiver tells of it
void print_zep(Context& context, Cursor message, const Transport& transport);  // … in UDP
void print_can(Context& context, Cursor packet);
void print_netlink(Context& context, Cursor packet);
void print_juniper_ethernet(Context& context, Cursor packet);
void print_juniper_ppp(Context& context, Cursor packet);
void print_juniper_frame_relay(Context& context, Cursor packet);
void print_juniper_hdlc(Context& context, Cursor packet);
// … of cards with a cookie of their own.
void print_juniper_mlppp(Context& context, Cursor packet);
void print_juniper_mlfr(Context& context, Cursor packet);
void print_juniper_es(Context& context, Cursor packet);
void print_juniper_ggsn(Context& context, Cursor packet);
void print_juniper_mfr(Context& context, Cursor packet);
void print_juniper_atm2(Context& context, Cursor packet);
void print_juniper_services(Context& context, Cursor packet);
void print_juniper_atm1(Context& context, Cursor packet);
void print_juniper_monitor(Context& context, Cursor packet);
void print_juniper_pppoe(Context& context, Cursor packet);
void print_juniper_pppoe_atm(Context& context, Cursor packet);

// "ethertype IPv4 (0x0800)", or with -q "IPv4".
void put_ethertype(Context& context, std::uint16_t type);

// By IP protocol: RFC 8986 4.9.
void print_ethernet_in_ip(Context& context, Cursor frame, const IpHeader& ip);

// By ethertype.
void print_loopback_test(Context& context, Cursor packet, const LinkHeader& link);

// What a switch's chip puts between the addresses and the ethertype for the host that it is attached to.
struct SwitchTag {
  std::size_t size;
  std::string_view protocol;
  void (*put)(Context& context, const Cursor& tag);
};

// A frame inside another protocol, or with a tag of a switch; the size of its headers.
std::size_t print_ethernet_frame(Context& context, Cursor frame, const SwitchTag* tag = nullptr);

// A wireless frame: `padded` if its header is made up to a multiple of four bytes, with so many bytes of check sequence
// at the end. Returns the size of its header.
std::size_t print_wifi_frame(Context& context, Cursor frame, bool padded = false, std::size_t check_sequence = 0);

// Frame relay's signalling and status, from after its NLPID on.
void print_q933(Context& context, Cursor message);

// PPP from its protocol number on.
void print_ppp(Context& context, Cursor packet);
void print_ppp_ethernet(Context& context, Cursor packet, const LinkHeader& link);

// IEEE 802.2; its headers are added to `header_size`. False when the payload has no printer: the frame is named, and
// its bytes from the LLC header on are to be dumped.
bool print_llc(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size);

// The same from after the SAPs of SNAP.
bool print_snap(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size);

// LLC on ATM, with nothing before it; the size of its headers. And a cell of operation and maintenance, whose header
// begins at `header`.
std::size_t print_atm_llc(Context& context, Cursor packet);
void print_oam_cell(Context& context, Cursor cell, std::size_t header);

// After the ethertype of MACsec. True when what it protects can be read and follows in `frame`, whose first
// `data_size` bytes are captured and no padding; its header is added to `header_size`.
bool print_macsec(Context& context, Cursor& frame, const LinkHeader& link, std::size_t& header_size,
                  std::size_t& data_size);

}  // namespace ringtap
