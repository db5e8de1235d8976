// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of protocols by which switches, links, controllers and keys are managed.
// Each appends to the context's text; state between packets is the Context's. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// By ethertype.
void print_eapol(Context& context, Cursor packet, const LinkHeader& link);
void print_lldp(Context& context, Cursor packet, const LinkHeader& link);
void print_nlb(Context& context, Cursor packet, const LinkHeader& link);
void print_slow(Context& context, Cursor packet, const LinkHeader& link);
void print_cfm(Context& context, Cursor frame, const LinkHeader& link);

// EAP inside another protocol.
void print_eap(Context& context, Cursor packet);

// By the SAP of LLC, and by SNAP identifier.
void print_stp(Context& context, Cursor bpdu);
void print_cdp(Context& context, Cursor packet);
void print_dtp(Context& context, Cursor packet);
void print_udld(Context& context, Cursor packet);
void print_vtp(Context& context, Cursor packet);

// In SCTP, by port or by payload protocol.
void print_forces(Context& context, Cursor message);

// By TCP port.
void print_openflow(Context& context, Cursor payload, const Transport& transport);

// By UDP port.
void print_bfd(Context& context, Cursor message, const Transport& transport);
bool print_seamless_bfd(Context& context, Cursor message, const Transport& transport);  // not tcpdump's, RFC 7881
void print_bfd_echo(Context& context, Cursor message, const Transport& transport);
inline constexpr std::uint16_t kLwappControlPort = 12223;
void print_lwapp_data(Context& context, Cursor frame, const Transport& transport);
void print_lwapp_control(Context& context, Cursor frame, const Transport& transport);
void print_vqp(Context& context, Cursor packet, const Transport& transport);
void print_lsp_ping(Context& context, Cursor packet, const Transport& transport);
void print_isakmp(Context& context, Cursor payload, const Transport& transport);

}  // namespace ringtap
