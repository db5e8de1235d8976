// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// NKEYs: Ed25519 keys as NATS writes them, in base32 (RFC 4648) with a prefix and a CRC-16 (XMODEM). The key itself is
// computed by libcrypto, which is loaded for it. Pure functions apart from that; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ringtap/result.hpp"

namespace ringtap {

struct NkeyPair {
  std::string seed;        // "SU…"
  std::string public_key;  // "U…"
};

// The seed in a file's text: the first word that begins with "SU". An Error does not repeat any of it.
Result<NkeyPair> parse_nkey(std::string_view text);
// A new one of a user.
Result<NkeyPair> new_nkey();

}  // namespace ringtap
