// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The hello of a client or a server of TLS, which QUIC carries too. Each appends to the context's text as far as the
// message was captured, and marks nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dissect/context.hpp"

namespace ringtap {

// The least of a hello that is printed: its version and random. Callers check that it was captured.
inline constexpr std::size_t kTlsHelloHead = 34;

// Which version a hello has that names none in an extension.
enum class TlsCarrier : std::uint8_t {
  kRecords,  // the one it begins with
  kQuic,     // none: QUIC has 1.3 or later (RFC 9001 4.2)
};

// From the message's version on: " 1.3, SNI example.org, ALPN h2"; ", ..." at the end when a part of the extensions was
// not captured, or is in another segment or packet. The version is left out where that part may name it.
void put_client_hello(Context& context, const Cursor& hello, TlsCarrier carrier);
void put_server_hello(Context& context, const Cursor& hello);

}  // namespace ringtap
