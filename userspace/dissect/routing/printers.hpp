// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of routing protocols, and of those that share a router's address or hand out labels.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By ethertype.
void print_decnet(Context& context, Cursor frame, const LinkHeader& link);

// By ethertype.
void print_osi_ethernet(Context& context, Cursor packet, const LinkHeader& link);

// OSI's network layer, beginning with the protocol's identifier: IS-IS, ES-IS, CLNP.
void print_osi(Context& context, Cursor packet);

// By IP protocol.
void print_ospf(Context& context, Cursor packet, const IpHeader& ip);
// A bandwidth of traffic engineering: an IEEE 754 number of bytes a second.
void put_mbps(Context& context, std::uint32_t raw);
// The body of an opaque LSA of traffic engineering. Whether its bytes are shown as well: not where it has links.
bool put_ospf_te(Context& context, Cursor body);
void print_pim(Context& context, Cursor message, const IpHeader& ip);
void print_egp(Context& context, Cursor message, const IpHeader& ip);
void print_igrp(Context& context, Cursor message, const IpHeader& ip);
void print_eigrp(Context& context, Cursor packet, const IpHeader& ip);
void print_vrrp(Context& context, Cursor message, const IpHeader& ip);
void print_carp(Context& context, Cursor message, const IpHeader& ip);
void print_rsvp(Context& context, Cursor message, const IpHeader& ip);

// Version 1 of PIM, a type of IGMP's.
void print_pim_v1(Context& context, Cursor message);

// By TCP port.
void print_bgp(Context& context, Cursor payload, const Transport& transport);
void print_ldp(Context& context, Cursor payload, const Transport& transport);
void print_msdp(Context& context, Cursor payload, const Transport& transport);
void print_rpki_rtr(Context& context, Cursor payload, const Transport& transport);

// By UDP port.
void print_aodv(Context& context, Cursor message, const Transport& transport);
void print_auto_rp(Context& context, Cursor message, const Transport& transport);
void print_babel(Context& context, Cursor packet, const Transport& transport);
void print_hsrp(Context& context, Cursor message, const Transport& transport);
void print_lmp(Context& context, Cursor message, const Transport& transport);
void print_olsr(Context& context, Cursor packet, const Transport& transport);
void print_rip(Context& context, Cursor message, const Transport& transport);
void print_ripng(Context& context, Cursor message, const Transport& transport);

}  // namespace ringtap
