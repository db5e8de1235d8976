// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Slow protocols, IEEE 802.3 annex 57A: LACP and the marker protocol, IEEE 802.1AX; OAM, IEEE 802.3 clause 57, by name.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Subtype : std::uint8_t { kLacp = 1, kMarker = 2, kOam = 3 };
constexpr Token kSubtypes[] = {{kLacp, "LACP"}, {kMarker, "MARKER"}, {kOam, "OAM"}};
constexpr Token kStates[] = {{0x01, "Activity"},        {0x02, "Timeout"},    {0x04, "Aggregation"},
                             {0x08, "Synchronization"}, {0x10, "Collecting"}, {0x20, "Distributing"},
                             {0x40, "Default"},         {0x80, "Expired"}};

struct TlvRow {
  std::uint8_t subtype;
  std::uint8_t type;
  std::string_view name;
  std::size_t size;  // of the whole; 0: any
  void (*print)(Context&, const Cursor& body) = nullptr;
};

void put_partner(Context& context, const Cursor& body) {
  const std::uint16_t priority = body.be16(0);
  (void)body.block(0, 15);
  context.put("\n\t  System ");
  context.station(body.block(2, 6));
  context.put(", System Priority ", priority, ", Key ", body.be16(8), ", Port ", body.be16(12), ", Port Priority ",
              body.be16(10), "\n\t  State Flags [");
  context.put_flags(kStates, body.u8(14));
  context.put(']');
}

void put_collector(Context& context, const Cursor& body) {
  context.put("\n\t  Max Delay ", body.be16(0));
}

void put_marker(Context& context, const Cursor& body) {
  (void)body.block(0, 12);
  context.put("\n\t  Request System ");
  context.station(body.block(2, 6));
  context.put(", Request Port ", body.be16(0), ", Request Transaction ID 0x", Hex{body.be32(8), 8});
}

constexpr TlvRow kTlvs[] = {
    {kLacp, 0, "Terminator", 0},
    {kLacp, 1, "Actor Information", 20, put_partner},
    {kLacp, 2, "Partner Information", 20, put_partner},
    {kLacp, 3, "Collector Information", 16, put_collector},
    {kMarker, 0, "Terminator", 0},
    {kMarker, 1, "Marker Information", 16, put_marker},
    {kMarker, 2, "Marker Response", 16, put_marker},
};

void put_tlvs(Context& context, std::uint8_t subtype, Cursor tlvs) {
  while (tlvs.length() > 0 && !context.truncated()) {
    if (tlvs.length() < 2) {
      context.put("\n\t\t(packet is too short)");
      return;
    }
    const std::uint8_t type = tlvs.u8(0);
    const std::size_t size = tlvs.u8(1);
    if (context.truncated()) return;
    const TlvRow* row = nullptr;
    for (const TlvRow& candidate : kTlvs) {
      if (candidate.subtype == subtype && candidate.type == type) row = &candidate;
    }
    context.put("\n\t", row == nullptr ? std::string_view("Unknown") : row->name, " TLV (0x", Hex{type, 2},
                "), length ", size);
    if (type == 0) return;
    if (size < 2) {
      context.put("\n\t    ERROR: illegal length - should be >= 2");
      return;
    }
    if (size > tlvs.length()) {
      context.put("\n\t    ERROR: illegal length - should be <= ", tlvs.length());
      return;
    }
    const Cursor body = tlvs.from(2);
    (void)tlvs.span(0, size);
    if (context.truncated()) return;
    if (row != nullptr && row->size != size) {
      context.put("\n\t    ERROR: illegal length - should be ", row->size);
      return;
    }
    if (row != nullptr) {
      row->print(context, body);
    } else if (!context.verbose(2)) {
      dump_hex(context.out, body.bytes().first(size - 2), "\n\t  ");
    }
    if (context.verbose(2)) dump_hex(context.out, body.bytes().first(size - 2), "\n\t  ");
    tlvs.skip(size);
  }
}

}  // namespace

void print_slow(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("slow");
  const std::size_t length = packet.length();
  if (length < 1) return context.put(" (packet is too short)");
  const std::uint8_t subtype = packet.u8(0);
  if (context.truncated()) return;
  const bool versioned = subtype == kLacp || subtype == kMarker;
  if (versioned) {
    if (length < 2) return context.put(" (packet is too short)");
    const std::uint8_t version = packet.u8(1);
    if (version != 1) {
      return context.put(token(kSubtypes, subtype), " version ", version, " packet not supported");
    }
  }
  if (const std::string_view name = token(kSubtypes, subtype); !name.empty()) {
    context.put(name, versioned ? "v1" : "");
  } else {
    context.put("unknown (", subtype, ')');
  }
  context.put(", length ", length);
  if (versioned && context.verbose()) return put_tlvs(context, subtype, packet.from(2));
  if (token(kSubtypes, subtype).empty()) dump_captured(context, packet);
}

}  // namespace ringtap
