// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of generalized MPLS (RFC 3471) that OSPF, IS-IS, RSVP and LMP share. Constant tables: nothing is owned, any
// thread may read them.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringtap {

// How a link is switched, RFC 3471 3.1.1; `otherwise` for a number without a name.
std::string_view gmpls_switching_name(std::uint8_t type, std::string_view otherwise);
// How a label switched path is encoded, as above.
std::string_view gmpls_encoding_name(std::uint8_t type, std::string_view otherwise);
// What a label switched path carries (G-PID), as above.
std::string_view gmpls_payload_name(std::uint16_t id, std::string_view otherwise);

}  // namespace ringtap
