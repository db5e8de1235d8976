// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of serial lines' link types, in the form of printers.hpp, and the SNAP header they share with IEEE 802.2.
// They append to the context and keep nothing. One thread.
#pragma once

#include "dissect/printers.hpp"

namespace ringtap {

void print_hdlc(Context& context, Cursor packet);         // Cisco's
void print_frame_relay(Context& context, Cursor packet);  // RFC 2427
void print_ppp_link(Context& context, Cursor packet);     // RFC 1661, with or without address and control
void print_ppp_serial(Context& context, Cursor packet);   // RFC 1662, or Cisco's HDLC: the first byte tells

// As print_llc, from behind the SAPs of SNAP on.
bool print_snap(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size);

}  // namespace ringtap
