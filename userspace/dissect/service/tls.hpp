// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The hello of a client or a server of TLS, which QUIC carries too. Each appends to the context's text as far as the
// message was captured, and marks nothing. One thread.
#pragma once

#include "dissect/context.hpp"

namespace ringtap {

// From the message's version on: "1.3, SNI example.org, ALPN h2".
void put_client_hello(Context& context, const Cursor& hello);
void put_server_hello(Context& context, const Cursor& hello);

}  // namespace ringtap
