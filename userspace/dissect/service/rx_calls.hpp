// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the servers of AFS are asked over Rx, and what they answer: the text after the packet's type. Appends to the
// context's text and keeps what a reply needs in its RxState; one thread.
#pragma once

#include <cstdint>

#include "dissect/context.hpp"

namespace ringtap {

struct RxPacket {
  std::uint32_t call;
  std::uint16_t service;  // as the header numbers it
};

// The body of a client's first packet, by the port that it is sent to.
void put_rx_call(Context& context, const Cursor& body, const Transport& transport, const RxPacket& packet);
// The body of a server's first packet of data, or of an abort, if the call was seen.
void put_rx_reply(Context& context, const Cursor& body, const Transport& transport, const RxPacket& packet,
                  bool is_abort);

}  // namespace ringtap
