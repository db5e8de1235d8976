// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of protocols that carry other packets: encapsulations, labels and shims.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By ethertype.
void print_mpls(Context& context, Cursor packet, const LinkHeader& link);
void print_pppoe(Context& context, Cursor packet, const LinkHeader& link);
void print_pppoe_link(Context& context, Cursor packet);  // a capture of its own
void print_nsh(Context& context, Cursor packet, const LinkHeader& link);

// A stack of labels and what follows it.
void print_mpls_stack(Context& context, Cursor stack);

// By IP protocol.
void print_gre(Context& context, Cursor packet, const IpHeader& ip);

// By TCP port.
void print_pptp(Context& context, Cursor payload, const Transport& transport);

// By UDP port.
void print_vxlan(Context& context, Cursor packet, const Transport& transport);
void print_vxlan_gpe(Context& context, Cursor packet, const Transport& transport);
void print_geneve(Context& context, Cursor packet, const Transport& transport);
void print_port_8472(Context& context, Cursor packet, const Transport& transport);
void print_l2tp(Context& context, Cursor payload, const Transport& transport);
void print_lisp(Context& context, Cursor message, const Transport& transport);
void print_mpls_in_udp(Context& context, Cursor payload, const Transport& transport);
void print_bcm_li(Context& context, Cursor packet, const Transport& transport);

// Not tcpdump's, by UDP port; false, and nothing is printed, if it is something else.
bool print_wireguard(Context& context, Cursor packet, const Transport& transport);
bool print_gtpu(Context& context, Cursor packet, const Transport& transport);
bool print_pfcp(Context& context, Cursor packet, const Transport& transport);

}  // namespace ringtap
