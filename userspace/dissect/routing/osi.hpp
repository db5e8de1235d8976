// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the protocols of OSI's network layer share (ISO/IEC TR 9577 names them), and those that are not printed on their
// own. Each appends to the context's text and keeps nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dissect/context.hpp"

namespace ringtap {

// "CLNP (0x81), IPv4 (0xcc)": the protocols whose identifiers the bytes are.
void put_osi_protocols(Context& context, const Cursor& list);

// An address of the network layer: two digits, then groups of two bytes.
void put_nsap(Context& context, const Cursor& cursor, std::size_t offset, std::size_t size);

// "(correct)" and the like, of the checksum of ISO 8473 Annex C: `found` is at `offset` of the
// `length` bytes that it is of.
void put_osi_checksum(Context& context, std::uint16_t found, const Cursor& data, std::size_t offset,
                      std::size_t length);

// A PDU from its protocol's identifier on. False if it cannot be what it says: then its bytes are shown.
bool put_isis(Context& context, Cursor pdu);
bool put_clnp(Context& context, Cursor pdu);
void put_es_is(Context& context, Cursor pdu);

// Looks at the size that a PDU gives for its header; false if it is impossible, which is printed then.
bool check_osi_header(Context& context, const Cursor& pdu, std::size_t least);

}  // namespace ringtap
