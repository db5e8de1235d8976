// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// IS-IS, ISO/IEC 10589 and RFC 1195. TLVs: traffic engineering RFC 5305, RFC 4205, RFC 4124; multi-topology RFC 5120;
// IPv6 RFC 5308; point-to-point state RFC 5303; restart RFC 5306; capabilities RFC 7981; shortest path bridging RFC
// 6329; segment routing RFC 8667; purges RFC 6232; instances RFC 8202.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/routing/gmpls.hpp"
#include "dissect/routing/osi.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kIsIsName = "isis";
constexpr std::size_t kCommonHeader = 8;
constexpr std::size_t kSystemId = 6;
constexpr std::size_t kNodeId = 7;
constexpr std::size_t kLspId = 8;

constexpr Token kIsSubTlvs[] = {
    {3, "Administrative groups"},
    {4, "Link Local/Remote Identifier"},
    {5, "Link Remote Identifier"},
    {6, "IPv4 interface address"},
    {8, "IPv4 neighbor address"},
    {9, "Maximum link bandwidth"},
    {10, "Reservable link bandwidth"},
    {11, "Unreserved bandwidth"},
    {12, "Bandwidth Constraints (old)"},
    {18, "Traffic Engineering Metric"},
    {19, "Link Attributes"},
    {20, "Link Protection Type"},
    {21, "Interface Switching Capability"},
    {22, "Bandwidth Constraints"},
    {29, "SPB Metric"},
    {32, "LAN Adjacency Segment Identifier"},
    {250, "Reserved for cisco specific extensions"},
    {251, "Reserved for cisco specific extensions"},
    {255, "Reserved for future expansion"},
};
constexpr Token kIpSubTlvs[] = {
    {1, "32-Bit Administrative tag"},
    {2, "64-Bit Administrative tag"},
    {3, "Prefix SID"},
    {117, "Management Prefix Color"},
};
constexpr Token kCapabilitySubTlvs[] = {{2, "SR-Capabilities"}};

constexpr Token kTopologies[] = {
    {0, "IPv4 unicast"},
    {1, "In-Band Management"},
    {2, "IPv6 unicast"},
    {3, "Multicast"},
    {4095, "Development, Experimental or Proprietary"},
};
constexpr Token kTopologyFlags[] = {{0x4000, "ATT bit set"}, {0x8000, "Overload bit set"}};
constexpr Token kCircuitTypes[] = {{1, "Level 1 only"}, {2, "Level 2 only"}, {3, "Level 1, Level 2"}};
constexpr std::uint8_t kOverload = 0x04;
constexpr std::uint8_t kAttached = 0x78;  // by one metric or more
constexpr std::uint8_t kPartition = 0x80;
constexpr Token kAttachedBy[] = {{0x08, "default"}, {0x10, "delay"}, {0x20, "expense"}, {0x40, "error"}};
constexpr Token kIsTypes[] = {{0, "Unused 0x0 (invalid)"}, {1, "L1 IS"}, {2, "Unused 0x2 (invalid)"}, {3, "L2 IS"}};
constexpr Token kAdjacencyStates[] = {{0, "Up"}, {1, "Initializing"}, {2, "Down"}};
constexpr Token kRestartFlags[] = {
    {1, "Restart Request"}, {2, "Restart Acknowledgement"}, {4, "Suppress adjacency advertisement"}};
constexpr Token kInterDomainTypes[] = {{0, "Reserved"}, {1, "Routing-Domain Specific"}, {2, "AS"}};
constexpr Token kLinkAttributes[] = {{1, "Local Protection Available"},
                                     {2, "Link excluded from local protection path"}};
constexpr Token kProtectionTypes[] = {
    {0x01, "Extra Traffic"}, {0x02, "Unprotected"},   {0x04, "Shared"},
    {0x08, "Dedicated 1:1"}, {0x10, "Dedicated 1+1"}, {0x20, "Enhanced"},
};
constexpr Token kBandwidthModels[] = {{0, "Russian dolls"}, {1, "Maximum allocation"}};
constexpr Token kLanSidFlags[] = {
    {0x80, "Address family IPv6"}, {0x40, "Backup"},     {0x20, "Value"}, {0x10, "Local significance"},
    {0x08, "Set of adjacencies"},  {0x04, "Persistent"},
};
constexpr Token kPrefixSidFlags[] = {
    {0x80, "Readvertisement"}, {0x40, "Node"},  {0x20, "No-PHP"},
    {0x10, "Explicit NULL"},   {0x08, "Value"}, {0x04, "Local"},
};
constexpr std::uint8_t kSidIsLabel = 0x08 | 0x04;
constexpr Token kAlgorithms[] = {{0, "SPF"}, {1, "strict-SPF"}};
constexpr Token kSrCapabilities[] = {{0x80, "ipv4"}, {0x40, "ipv6"}};

// "0102.0304.0506", a node "….07", an LSP "….07-08".
void put_id(Context& context, const Cursor& cursor, std::size_t offset, std::size_t size) {
  const std::uint8_t* id = cursor.block(offset, size);
  if (context.truncated()) return;
  for (std::size_t i = 0; i < size; ++i) {
    if (i == 7) {
      context.put('-');
    } else if (i > 0 && i % 2 == 0) {
      context.put('.');
    }
    context.put(Hex{id[i], 2});
  }
}

bool put_topology(Context& context, const Cursor& value, std::size_t offset) {
  if (value.length() < offset + 2) return false;
  const std::uint16_t field = value.be16(offset);
  if (context.truncated()) return false;
  context.put("\n\t      ", token(kTopologies, field & 0xfff, "Reserved for IETF Consensus"), " Topology (0x",
              Hex{field & 0xfffu, 3}, "), Flags: [");
  context.put_flags(kTopologyFlags, field);
  context.put(']');
  return true;
}

void put_is_subtlv(Context& context, std::uint8_t type, const Cursor& value, std::string_view indent) {
  const std::size_t size = value.length();
  switch (type) {
    case 3:
      if (size >= 4) context.put(", 0x", Hex{value.be32(0), 8});
      return;
    case 4:
    case 5:
      if (size >= 4) {
        context.put(", 0x", Hex{value.be32(0), 8});
        if (size == 8) context.put(", 0x", Hex{value.be32(4), 8});
      }
      return;
    case 6:
    case 8:
      if (size >= 4) {
        context.put(", ");
        context.host4(value.block(0, 4));
      }
      return;
    case 9:
    case 10:
      if (size >= 4) {
        context.put(", ");
        put_mbps(context, value.be32(0));
      }
      return;
    case 11:
      if (size >= 32) {
        for (std::size_t i = 0; i < 8; ++i) {
          context.put(indent, "  TE-Class ", i, ": ");
          put_mbps(context, value.be32(4 * i));
        }
      }
      return;
    case 22: {
      if (size == 0) return;
      const std::uint8_t model = value.u8(0);
      context.put(indent, "Bandwidth Constraints Model ID: ", named(kBandwidthModels, model, "unknown"));
      for (std::size_t i = 0; i < (size - 1) / 4; ++i) {
        context.put(indent, "  Bandwidth constraint CT", i, ": ");
        put_mbps(context, value.be32(1 + 4 * i));
      }
      return;
    }
    case 18:
      if (size >= 3) context.put(", ", value.be24(0));
      return;
    case 19:
      if (size == 2) {
        context.put(", [ ");
        context.put_flags(kLinkAttributes, value.be16(0));
        context.put(" ]");
      }
      return;
    case 20:
      if (size >= 2) {
        context.put(", ");
        context.put_flags(kProtectionTypes, value.u8(0));
        context.put(", Priority ", value.u8(1));
      }
      return;
    case 29:
      if (size >= 6) context.put(", LM: ", value.be24(0), ", P: ", value.u8(3), ", P-ID: ", value.be16(4));
      return;
    case 21:
      if (size < 36) return;
      context.put(indent, "  Interface Switching Capability:", gmpls_switching_name(value.u8(0), "Unknown"),
                  ", LSP Encoding: ", gmpls_encoding_name(value.u8(1), "Unknown"));
      context.put(indent, "  Max LSP Bandwidth:");
      for (std::size_t i = 0; i < 8; ++i) {
        context.put(indent, "    priority level ", i, ": ");
        put_mbps(context, value.be32(4 + 4 * i));
      }
      return;
    case 32:
      if (size >= 8) {
        const std::uint8_t flags = value.u8(0);
        context.put(indent, "  Flags: [");
        context.put_flags(kLanSidFlags, flags);
        context.put(']', indent, "  Weight: ", value.u8(1), indent, "  Neighbor System-ID: ");
        put_id(context, value, 2, kSystemId);
        if ((flags & 0x20) != 0) {
          context.put(indent, "  Label: ", value.be24(8));
        } else {
          context.put(indent, "  SID: ", Hex{value.be32(8)});
        }
      }
      return;
    default:
      dump_captured(context, value, "\n\t\t    ");
      return;
  }
}

// How many bytes the neighbour took; 0 when it cannot be one.
std::size_t put_extended_neighbor(Context& context, const Cursor& entry, bool alias) {
  const std::size_t fixed = alias ? 8 : 11;
  const std::size_t shown = alias ? 7 : 10;
  if (entry.length() < kNodeId) return 0;
  (void)entry.block(0, kNodeId);
  if (context.truncated()) return 0;
  context.put("\n\t      IS Neighbor: ");
  put_id(context, entry, 0, kNodeId);
  if (entry.length() < shown) return 0;
  if (!alias) context.put(", Metric: ", entry.be24(7));
  if (entry.length() < fixed) return 0;
  const std::size_t size = entry.u8(shown);
  if (context.truncated()) return 0;
  if (size == 0) {
    context.put(", no sub-TLVs present");
    return fixed;
  }
  context.put(", sub-TLVs present (", size, ')');
  std::size_t used = fixed;
  Cursor rest = entry.from(fixed);
  for (std::size_t left = size; left > 0 && !context.truncated();) {
    constexpr std::string_view kIndent = "\n\t        ";
    const std::uint8_t type = rest.u8(0);
    const std::size_t length = rest.u8(1);
    if (context.truncated()) return 0;
    if (rest.length() < 2) {
      context.put(kIndent, "Remaining data in TLV shorter than a subTLV header");
      return entry.length();
    }
    if (left < 2) {
      context.put(kIndent, "Remaining data in subTLVs shorter than a subTLV header");
      return fixed + size;
    }
    context.put(kIndent, token(kIsSubTlvs, type, "unknown"), " subTLV #", type, ", length: ", length);
    rest.skip(2);
    left -= 2;
    if (left < length) {
      context.put(" (remaining data in subTLVs shorter than the current subTLV)");
      return fixed + size;
    }
    if (rest.length() < length) {
      context.put(" (> remaining tlv length)");
      return entry.length();
    }
    (void)rest.span(0, length);
    if (context.truncated()) return 0;
    put_is_subtlv(context, type, rest.first(length), kIndent);
    rest.skip(length);
    left -= length;
    used += length + 2;
  }
  return used;
}

// tcpdump 4.99.3 marks such a sub-TLV twice.
void put_short(Context& context, const Cursor& value) {
  context.put_truncated();
  value.truncated();
}

void put_ip_subtlv(Context& context, std::uint8_t type, const Cursor& value) {
  const std::size_t size = value.length();
  switch (type) {
    case 1:
      for (std::size_t at = 0; at + 4 <= size; at += 4) {
        context.put(", 0x", Hex{value.be32(at), 8}, " (=", value.be32(at), ')');
      }
      return;
    case 117:
    case 2:
      for (std::size_t at = 0; at + 8 <= size; at += 8) {
        context.put(", 0x", Hex{value.be32(at), 8}, Hex{value.be32(at + 4), 8});
      }
      return;
    case 3: {
      const std::uint8_t flags = value.u8(0);
      const std::uint8_t algorithm = value.u8(1);
      if ((flags & kSidIsLabel) != 0) {
        if (size < 5) return put_short(context, value);
        context.put(", Flags [");
        context.put_flags(kPrefixSidFlags, flags);
        context.put("], Algo ", named(kAlgorithms, algorithm, "Unknown"), ", label ", value.be24(2));
      } else {
        if (size < 6) return put_short(context, value);
        context.put(", Flags [");
        context.put_flags(kPrefixSidFlags, flags);
        context.put("], Algo ", named(kAlgorithms, algorithm, "Unknown"), ", index ", value.be32(2));
      }
      return;
    }
    default:
      dump_captured(context, value, "\n\t\t    ");
      return;
  }
}

// A prefix of the wide metrics; how many bytes it took, 0 when it cannot be one.
std::size_t put_extended_prefix(Context& context, const Cursor& entry, bool v6) {
  // Read past the end of the TLV, as tcpdump does: the caller compares what was used with what there was.
  (void)entry.block(0, 5);
  if (context.truncated()) return 0;
  const std::uint32_t metric = entry.be32(0);
  std::uint8_t status = entry.u8(4);
  std::size_t used = 5;
  unsigned bits = 0;
  if (v6) {
    bits = entry.u8(5);
    used = 6;
    if (context.truncated()) return 0;
    if (bits > 128) {
      context.put("\n\t      IPv6 prefix: bad bit length ", bits);
      entry.truncated();
      return 0;
    }
  } else {
    bits = status & 0x3f;
    if (bits > 32) {
      context.put("\n\t      IPv4 prefix: bad bit length ", bits);
      entry.truncated();
      return 0;
    }
  }
  const std::size_t bytes = (bits + 7) / 8;
  const std::uint8_t* shown = entry.block(used, bytes);
  if (context.truncated()) return 0;
  std::uint8_t address[16] = {};
  std::copy_n(shown, bytes, address);
  used += bytes;
  if (v6) {
    context.put("\n\t      IPv6 prefix: ");
    context.out.ipv6(address);
  } else {
    context.put("\n\t      IPv4 prefix: ");
    put_padded_host4(context, address);
  }
  context.put('/', bits, ", Distribution: ", (status & 0x80) != 0 ? "down" : "up", ", Metric: ", metric);
  if (v6) context.put((status & 0x40) != 0 ? ", External" : ", Internal");
  const bool sub_tlvs = (status & (v6 ? 0x20 : 0x40)) != 0;
  if (!sub_tlvs) return used;
  context.put(", sub-TLVs present");
  const std::size_t size = entry.u8(used);
  ++used;
  if (size == 0) {
    context.put(" (invalid) ");
    return used;
  }
  context.put(" (", size, ')');
  for (std::size_t left = size; left > 0 && !context.truncated();) {
    const std::uint8_t type = entry.u8(used);
    const std::size_t length = entry.u8(used + 1);
    if (context.truncated()) return 0;
    used += 2;
    context.put("\n\t        ", token(kIpSubTlvs, type, "unknown"), " subTLV #", type, ", length: ", length);
    if (!entry.has(used + length)) {
      context.put_truncated();
      return 0;
    }
    put_ip_subtlv(context, type, entry.from(used).first(length));
    used += length;
    if (left < length + 2) break;
    left -= length + 2;
  }
  return used;
}

void put_metric_kind(Context& context, std::string_view indent, std::string_view name, std::uint8_t value) {
  if ((value & 0x80) != 0) return;  // RFC 1195 4.5: not supported
  context.put(indent, name, " Metric: ", static_cast<std::uint32_t>(value & 0x3f), ", ",
              (value & 0x40) != 0 ? "External" : "Internal");
}

void put_narrow_metrics(Context& context, const Cursor& metrics) {
  const std::uint8_t first = metrics.u8(0);
  context.put(", Default Metric: ", static_cast<std::uint32_t>(first & 0x3f), ", ",
              (first & 0x40) != 0 ? "External" : "Internal");
  put_metric_kind(context, "\n\t\t  ", "Delay", metrics.u8(1));
  put_metric_kind(context, "\n\t\t  ", "Expense", metrics.u8(2));
  put_metric_kind(context, "\n\t\t  ", "Error", metrics.u8(3));
}

void put_authentication(Context& context, const Cursor& value) {
  constexpr std::uint8_t kPrivate = 255;
  const std::uint8_t type = value.u8(0);
  if (value.length() < 1) return;
  const std::size_t size = value.length() - 1;
  context.put("\n\t      ");
  switch (type) {
    case 1:
      context.put("simple text password: ");
      for (std::size_t i = 0; i < size && !context.truncated(); ++i) {
        const std::uint8_t byte = value.u8(1 + i);
        context.out.escaped(byte);
      }
      return;
    case 54:
      context.put("HMAC-MD5 password: ");
      for (std::size_t i = 0; i < size && !context.truncated(); ++i) context.put(Hex{value.u8(1 + i), 2});
      if (size != 16) context.put(", (invalid subTLV) ");
      context.put(" (unchecked)");
      return;
    case 3:
      context.put("Generic Crypto key-id: ", value.be16(1), ", password: ");
      for (std::size_t i = 2; i < size && !context.truncated(); ++i) context.put(Hex{value.u8(1 + i), 2});
      return;
    default:
      if (type == kPrivate) {
        context.put("Routing Domain private password: ");
      } else {
        context.put("unknown Authentication type 0x", Hex{type, 2}, ": ");
      }
      dump_captured(context, value.from(1), "\n\t\t  ");
      return;
  }
}

enum class Outcome { kDone, kUnknown, kSilent, kShort, kInvalid };

Outcome put_too_long(Context& context, std::size_t left, std::size_t used) {
  context.put(" [remaining tlv length ", left, " < ", used, ']');
  return Outcome::kInvalid;
}

Outcome put_areas(Context& context, Cursor value, const Cursor&) {
  while (value.length() > 0 && !context.truncated()) {
    const std::size_t length = value.u8(0);
    if (value.length() - 1 < length) return Outcome::kDone;
    (void)value.span(1, length);
    if (context.truncated()) break;
    context.put("\n\t      Area address (length: ", length, "): ");
    put_nsap(context, value, 1, length);
    value.skip(length + 1);
  }
  return Outcome::kDone;
}

Outcome put_neighbors(Context& context, Cursor value, const Cursor&) {
  for (; value.length() >= kSystemId && !context.truncated(); value.skip(kSystemId)) {
    (void)value.block(0, kSystemId);
    if (context.truncated()) break;
    context.put("\n\t      SNPA: ");
    const std::uint8_t* station = value.block(0, kSystemId);
    for (std::size_t i = 0; i < kSystemId; ++i) {
      if (i > 0 && i % 2 == 0) context.put('.');
      context.put(Hex{station[i], 2});
    }
  }
  return Outcome::kDone;
}

Outcome put_instance(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  context.put("\n\t      Instance ID: ", value.be16(0), ", ITIDs(", (size - 2) / 2, ")");
  for (std::size_t at = 2; at + 2 <= size && !context.truncated(); at += 2) {
    context.put(at == 2 ? ": " : ", ");
    context.put(value.be16(at));
  }
  return Outcome::kDone;
}

Outcome put_nothing(Context&, Cursor, const Cursor&) {
  return Outcome::kDone;
}

Outcome put_vendor(Context& context, Cursor value, const Cursor&) {
  constexpr std::size_t kOui = 3;
  const std::uint32_t oui = value.be24(0);
  if (context.truncated()) return Outcome::kDone;
  context.put("\n\t      Vendor: ", Named{organization_name(oui), oui});
  value.skip(kOui);
  if (value.length() > 0) dump_captured(context, value, "\n\t\t");
  return Outcome::kDone;
}

Outcome put_lsp_entries(Context& context, Cursor value, const Cursor&) {
  for (; value.length() >= 16 && !context.truncated(); value.skip(16)) {
    if (!value.has(2 + kLspId)) return Outcome::kShort;
    context.put("\n\t      lsp-id: ");
    put_id(context, value, 2, kLspId);
    context.put(", seq: 0x", Hex{value.be32(10), 8});
    context.put(", lifetime: ", Padded{value.be16(0), 5, ' '}, 's');
    context.put(", chksum: 0x", Hex{value.be16(14), 4});
  }
  return Outcome::kDone;
}

Outcome put_authentication_tlv(Context& context, Cursor value, const Cursor&) {
  put_authentication(context, value);
  return Outcome::kDone;
}

Outcome put_checksum(Context& context, Cursor value, const Cursor& pdu) {
  const std::uint16_t found = value.be16(0);
  context.put("\n\t      checksum: 0x", Hex{found, 4}, "  ");
  put_osi_checksum(context, found, pdu, static_cast<std::size_t>(value.data() - pdu.data()), pdu.length());
  return Outcome::kDone;
}

Outcome put_purge(Context& context, Cursor value, const Cursor&) {
  constexpr std::size_t kOne = 1 + kSystemId;
  const std::size_t size = value.length();
  const std::uint8_t count = value.u8(0);
  if (count == 0) {
    context.put(" No system IDs supplied");
    return Outcome::kDone;
  }
  if (size < kOne) return Outcome::kDone;
  (void)value.block(0, kOne);
  if (context.truncated()) return Outcome::kDone;
  context.put("\n\t      Purge Originator System-ID: ");
  put_id(context, value, 1, kSystemId);
  if (count == 1 || size < kOne + kSystemId) return Outcome::kDone;
  (void)value.block(0, 2 * kOne + kSystemId);  // tcpdump 4.99.3 wants as much again
  if (context.truncated()) return Outcome::kDone;
  context.put("\n\t      Received from System-ID: ");
  put_id(context, value, kOne, kSystemId);
  return Outcome::kDone;
}

Outcome put_partition(Context& context, Cursor value, const Cursor&) {
  for (; value.length() >= kSystemId && !context.truncated(); value.skip(kSystemId)) {
    (void)value.block(0, kSystemId);
    if (context.truncated()) break;
    context.put("\n\t      ");
    put_id(context, value, 0, kSystemId);
  }
  return Outcome::kDone;
}

Outcome put_sequence(Context& context, Cursor value, const Cursor&) {
  context.put("\n\t      Sequence number: ", value.be32(0));
  return Outcome::kDone;
}

Outcome put_buffer_size(Context& context, Cursor value, const Cursor&) {
  context.put("\n\t      LSP Buffersize: ", value.be16(0));
  return Outcome::kDone;
}

template <bool alias>
Outcome put_extended_neighbors(Context& context, Cursor value, const Cursor&) {
  while (value.length() > 0 && !context.truncated()) {
    const std::size_t used = put_extended_neighbor(context, value, alias);
    if (used == 0) return Outcome::kShort;
    if (used > value.length()) return put_too_long(context, value.length(), used);
    value.skip(used);
  }
  return Outcome::kDone;
}

Outcome put_mt_is_reach(Context& context, Cursor value, const Cursor& pdu) {
  if (!put_topology(context, value, 0)) return Outcome::kShort;
  value.skip(2);
  return put_extended_neighbors<false>(context, value, pdu);
}

Outcome put_is_reach(Context& context, Cursor value, const Cursor&) {
  const std::uint8_t is_virtual = value.take_u8();
  context.put("\n\t      ");
  if (is_virtual > 1) {
    context.put("bogus virtual flag 0x", Hex{is_virtual, 2});
  } else {
    context.put(is_virtual == 1 ? "IsVirtual" : "IsNotVirtual");
  }
  for (; value.length() >= 11 && !context.truncated(); value.skip(11)) {
    if (!value.has(11)) return Outcome::kShort;
    context.put("\n\t      IS Neighbor: ");
    put_id(context, value, 4, kNodeId);
    put_narrow_metrics(context, value);
  }
  return Outcome::kDone;
}

Outcome put_es_neighbors(Context& context, Cursor value, const Cursor&) {
  constexpr std::size_t kNeighbor = 4 + kSystemId;
  for (; value.length() >= kNeighbor && !context.truncated(); value.skip(kNeighbor)) {
    (void)value.block(0, kNeighbor);
    if (context.truncated()) break;
    context.put("\n\t      ES Neighbor: ");
    put_id(context, value, 4, kSystemId);
    put_narrow_metrics(context, value);
  }
  return Outcome::kDone;
}

// Prefixes of NSAPs at one metric; their lengths are numbers of half bytes.
Outcome put_prefix_neighbors(Context& context, Cursor value, const Cursor&) {
  constexpr std::size_t kMetrics = 4;
  if (value.length() < kMetrics) return Outcome::kDone;
  if (!value.has(kMetrics)) return Outcome::kShort;
  context.put("\n\t      Metric Block");
  put_narrow_metrics(context, value);
  value.skip(kMetrics);
  while (value.length() > 0 && !context.truncated()) {
    const std::size_t digits = value.u8(0);
    if (context.truncated()) break;
    if (digits < 2) {
      context.put("\n\t\tAddress: prefix length ", digits, " < 2");
      return Outcome::kDone;
    }
    const std::size_t bytes = digits / 2;
    if (bytes > value.length() - 1) return Outcome::kDone;
    (void)value.span(1, bytes);
    if (context.truncated()) break;
    context.put("\n\t\tAddress: ");
    put_nsap(context, value, 1, bytes);
    context.put('/', digits * 4);
    value.skip(1 + bytes);
  }
  return Outcome::kDone;
}

Outcome put_ip_reach(Context& context, Cursor value, const Cursor&) {
  while (value.length() > 0 && !context.truncated()) {
    if (value.length() < 12) {
      context.put("short IPv4 Reachability (", value.length(), " vs 12)");
      return Outcome::kSilent;
    }
    (void)value.block(0, 12);
    if (context.truncated()) break;
    const std::uint32_t mask = value.be32(8);
    const int bits = std::countl_one(mask);
    const bool contiguous = bits == 32 || (mask << bits) == 0;
    context.put("\n\t      IPv4 prefix: ");
    if (contiguous) {
      put_padded_host4(context, value.block(4, 4));
      context.put('/', static_cast<std::uint32_t>(bits));
    } else {
      context.host4(value.block(4, 4));
      context.put(" mask ");
      context.out.ipv4(value.block(8, 4));
    }
    const std::uint8_t metric = value.u8(0);
    context.put(", Distribution: ", (metric & 0x80) != 0 ? "down" : "up",
                ", Metric: ", static_cast<std::uint32_t>(metric & 0x3f), ", ",
                (metric & 0x40) != 0 ? "External" : "Internal");
    put_metric_kind(context, "\n\t        ", "Delay", value.u8(1));
    put_metric_kind(context, "\n\t        ", "Expense", value.u8(2));
    put_metric_kind(context, "\n\t        ", "Error", value.u8(3));
    value.skip(12);
  }
  return Outcome::kDone;
}

Outcome put_protocols(Context& context, Cursor value, const Cursor&) {
  context.put("\n\t      NLPID(s): ");
  put_osi_protocols(context, value);
  return Outcome::kDone;
}

Outcome put_inter_domain(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  const std::uint8_t kind = value.u8(0);
  context.put("\n\t      Inter-Domain Information Type: ");
  context.put_name(token(kInterDomainTypes, kind), "Unknown (0x", Hex{kind, 2}, ')');
  if (kind == 2) {
    if (size < 3) return Outcome::kShort;
    context.put(", AS: ", value.be16(1));
  } else {
    dump_captured(context, value.from(1), "\n\t      ");
  }
  return Outcome::kDone;
}

Outcome put_ip_addresses(Context& context, Cursor value, const Cursor&) {
  for (; value.length() >= 4 && !context.truncated(); value.skip(4)) {
    const std::uint8_t* address = value.block(0, 4);
    if (context.truncated()) break;
    context.put("\n\t      IPv4 interface address: ");
    context.host4(address);
  }
  return Outcome::kDone;
}

Outcome put_ip6_addresses(Context& context, Cursor value, const Cursor&) {
  for (; value.length() >= 16 && !context.truncated(); value.skip(16)) {
    const std::uint8_t* address = value.block(0, 16);
    if (context.truncated()) break;
    context.put("\n\t      IPv6 interface address: ");
    context.host6(address);
  }
  return Outcome::kDone;
}

Outcome put_router_id(Context& context, Cursor value, const Cursor&) {
  context.put("\n\t      Traffic Engineering Router ID: ");
  context.host4(value.block(0, 4));
  return Outcome::kDone;
}

template <bool multi_topology, bool v6>
Outcome put_extended_ip_reach(Context& context, Cursor value, const Cursor&) {
  if (multi_topology) {
    if (!put_topology(context, value, 0)) return Outcome::kShort;
    value.skip(2);
  }
  while (value.length() > 0 && !context.truncated()) {
    context.protocol(kIsIsName);  // reads that fail, in these TLVs
    const std::size_t used = put_extended_prefix(context, value, v6);
    if (used == 0) return Outcome::kShort;
    if (used > value.length()) return put_too_long(context, value.length(), used);
    value.skip(used);
  }
  return Outcome::kDone;
}

Outcome put_hostname(Context& context, Cursor value, const Cursor&) {
  context.put("\n\t      Hostname: ");
  put_text(context, value, 0, value.length());
  return Outcome::kDone;
}

Outcome put_risk_group(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  if (size < kNodeId) return Outcome::kDone;
  context.put("\n\t      IS Neighbor: ");
  put_id(context, value, 0, kNodeId);
  if (size < 8) return Outcome::kDone;
  context.put(", Flags: [", (value.u8(7) & 1) != 0 ? "numbered" : "unnumbered", ']');
  if (size < 12) return Outcome::kDone;
  context.put("\n\t      IPv4 interface address: ");
  context.host4(value.block(8, 4));
  if (size < 16) return Outcome::kDone;
  context.put("\n\t      IPv4 neighbor address: ");
  context.host4(value.block(12, 4));
  for (std::size_t at = 16; at + 4 <= size && !context.truncated(); at += 4) {
    context.put("\n\t      Link-ID: 0x", Hex{value.be32(at), 8});
  }
  return Outcome::kDone;
}

Outcome put_restart(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  const std::uint8_t flags = value.u8(0);
  context.put("\n\t      Flags [");
  context.put_flags(kRestartFlags, flags);
  context.put(']');
  if (size < 3) return Outcome::kDone;
  context.put(", Remaining holding time ", value.be16(1), 's');
  if (size == 3 + kSystemId) {
    context.put(", for ");
    put_id(context, value, 3, kSystemId);
  }
  return Outcome::kDone;
}

Outcome put_topologies(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  for (std::size_t at = 0; at < size && !context.truncated(); at += 2) {
    if (put_topology(context, value, at)) continue;
    if (!context.truncated()) context.put("\n\t      invalid MT-ID");
    break;
  }
  return Outcome::kDone;
}

Outcome put_point_to_point(Context& context, Cursor value, const Cursor&) {
  std::size_t left = value.length();
  if (left < 1) return Outcome::kDone;
  const std::uint8_t state = value.u8(0);
  --left;
  context.put("\n\t      Adjacency State: ", named(kAdjacencyStates, state, "unknown"));
  if (left > 4) {
    context.put("\n\t      Extended Local circuit-ID: 0x", Hex{value.be32(1), 8});
    left -= 4;
  }
  if (left >= kSystemId) {
    if (!value.has(5 + kSystemId)) value.truncated();
    if (context.truncated()) return Outcome::kDone;
    context.put("\n\t      Neighbor System-ID: ");
    put_id(context, value, 5, kSystemId);
    left -= kSystemId;
  }
  // tcpdump 4.99.3 reads it where it would be in a whole TLV, from what follows a shorter one.
  if (left >= 4) context.put("\n\t      Neighbor Extended Local circuit-ID: 0x", Hex{value.be32(11), 8});
  return Outcome::kDone;
}

Outcome put_capability(Context& context, Cursor value, const Cursor&) {
  const std::size_t size = value.length();
  if (size < 5) {
    context.put(" [object length ", size, " < 5]");
    return Outcome::kInvalid;
  }
  const std::uint8_t* router = value.block(0, 4);
  context.put("\n\t      Router-ID ");
  context.host4(router);
  const std::uint8_t flags = value.u8(4);
  constexpr Token kFlags[] = {{1, "S bit"}, {2, "D bit"}};
  context.put(", Flags [");
  context.put_flags(kFlags, flags);
  context.put(']');
  Cursor rest = value.from(5);
  while (rest.length() >= 2 && !context.truncated()) {
    const std::uint8_t sub = rest.u8(0);
    const std::size_t length = rest.u8(1);
    if (context.truncated()) break;
    rest.skip(2);
    context.put("\n\t\t", token(kCapabilitySubTlvs, sub, "unknown"), " subTLV #", sub, ", length: ", length);
    if (length > rest.length() || !rest.has(length)) break;
    if (sub == 2 && length >= 7) {
      context.put(", Flags [");
      context.put_flags(kSrCapabilities, rest.u8(0));
      context.put("], Range ", rest.be24(1));
      if (rest.u8(4) == 1 && rest.u8(5) == 4)
        context.put(", SID value ", rest.be32(6));
      else if (rest.u8(4) == 1 && rest.u8(5) == 3)
        context.put(", SID value ", rest.be24(6));
    } else {
      dump_captured(context, rest.first(length), "\n\t\t");
    }
    rest.skip(length);
  }
  return Outcome::kDone;
}

// Sub-TLVs of shortest path bridging, RFC 6329. False where nothing after them is to be read.

void put_short_subtlv(Context& context) {
  context.put(" (too short)");
}

void put_mcid(Context& context, const Cursor& mcid, std::string_view name) {
  const std::span<const std::uint8_t> label = mcid.span(1, 32);
  const std::span<const std::uint8_t> digest = mcid.span(35, 16);
  if (context.truncated()) return;
  context.put("\n\t         ", name, ": ID: ", mcid.u8(0), ", Name: ");
  for (const std::uint8_t byte : label) {
    if (byte == 0) break;
    context.out.escaped(byte);
  }
  context.put("\n\t              Lvl: ", mcid.be16(33), ", Digest: ");
  put_hex(context, digest, " ");
}

bool put_spb_mcid(Context& context, const Cursor& value) {
  constexpr std::size_t kMcid = 51;
  if (value.length() < 2 * kMcid) return put_short_subtlv(context), false;
  put_mcid(context, value, "MCID");
  put_mcid(context, value.from(kMcid), "AUX-MCID");
  return true;
}

bool put_spb_digest(Context& context, const Cursor& value) {
  if (value.length() < 33) return put_short_subtlv(context), false;
  const unsigned flags = value.u8(0);
  context.put("\n\t        RES: ", flags >> 5, " V: ", flags >> 4 & 1, " A: ", flags >> 2 & 3, " D: ", flags & 3);
  context.put("\n\t         Digest: ");
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == 4) context.put("\n\t                 ");
    context.put(Hex{value.be32(1 + 4 * i), 8}, ' ');
  }
  return true;
}

bool put_spb_vlans(Context& context, const Cursor& value) {
  for (Cursor rest = value; rest.length() > 0 && !context.truncated();) {
    if (rest.length() < 6) return put_short_subtlv(context), false;
    const std::uint32_t vlan = rest.be16(4);
    context.put("\n\t           ECT: ", Hex{rest.be32(0), 8}, " BVID: ", vlan >> 4, ", U:", vlan >> 3 & 1,
                " M:", vlan >> 2 & 1, ' ');
    rest.skip(6);
  }
  return true;
}

bool put_spb_instance(Context& context, const Cursor& value) {
  if (value.length() < 19) return put_short_subtlv(context), false;
  const std::uint32_t source = value.be32(14);
  const std::size_t trees = value.u8(18);
  context.put("\n\t        CIST Root-ID: ", Hex{value.be32(0), 8}, ' ', Hex{value.be32(4), 8},
              ", Path Cost: ", Hex{value.be32(8), 8}, ", Prio: ", value.be16(12));
  context.put("\n\t        RES: ", source >> 21, ", V: ", source >> 20 & 1, ", SPSource-ID: ", source & 0xfffff,
              ", No of Trees: ", Hex{trees});
  Cursor rest = value.from(19);
  for (std::size_t i = 0; i < trees && !context.truncated(); ++i) {
    if (rest.length() < 8) return context.put_truncated(), false;
    const unsigned flags = rest.u8(0);
    const std::uint32_t vlans = rest.be24(5);
    context.put("\n\t         U:", flags >> 7, ", M:", flags >> 6 & 1, ", A:", flags >> 5 & 1, ", RES:", flags & 31,
                ", ECT: ", Hex{rest.be32(1), 8}, ", BVID: ", vlans >> 12, ", SPVID: ", vlans & 0xfff);
    rest.skip(8);
  }
  return true;
}

bool put_spbm_services(Context& context, const Cursor& value) {
  if (value.length() < 8) return context.put_truncated(), false;
  const std::uint32_t vlan = value.be16(6);
  context.put("\n\t        BMAC: ", Hex{value.be16(0), 4}, Hex{value.be32(2), 8}, ", RES: ", vlan >> 12,
              ", VID: ", vlan & 0xfff);
  for (Cursor rest = value.from(8); rest.length() >= 4 && !context.truncated(); rest.skip(4)) {
    const std::uint32_t service = rest.be32(0);
    context.put("\n\t        T: ", service >> 31, ", R: ", service >> 30 & 1, ", RES: ", service >> 24 & 63,
                ", ISID: ", service & 0xffffff);
  }
  return true;
}

struct SpbRow {
  std::uint8_t type;
  std::string_view name;
  bool (*put)(Context&, const Cursor&);
};
constexpr SpbRow kPortSubTlvs[] = {
    {4, "SPB MCID", put_spb_mcid}, {5, "SPB Digest", put_spb_digest}, {6, "SPB BVID", put_spb_vlans}};
constexpr SpbRow kTopologySubTlvs[] = {{1, "SPB Instance", put_spb_instance},
                                       {3, "SPBM Service Identifier and Unicast Address", put_spbm_services}};

void put_spb_subtlvs(Context& context, Cursor rest, std::span<const SpbRow> rows, std::string_view indent) {
  while (rest.length() > 2 && !context.truncated()) {
    const std::uint8_t type = rest.take_u8();
    const std::size_t size = rest.take_u8();
    if (context.truncated()) return;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const SpbRow& each) { return each.type == type; });
    context.put(indent, row == rows.end() ? std::string_view("unknown") : row->name, " subTLV #", type,
                ", length: ", size);
    if (size > rest.length()) return context.put(" (> containing TLV length)");
    if (!rest.has(size)) return context.put_truncated();  // and what comes after the TLV is tried
    if (row != rows.end() && !row->put(context, rest.first(size))) return;
    rest.skip(size);
  }
}

Outcome put_port_capability(Context& context, Cursor value, const Cursor&) {
  if (value.length() < 2) return Outcome::kDone;
  const std::uint32_t topology = value.be16(0);
  context.put("\n\t       RES: ", topology >> 12, ", MTID(s): ", topology & 0xfff);
  put_spb_subtlvs(context, value.from(2), kPortSubTlvs, "\n\t       ");
  return Outcome::kDone;
}

Outcome put_topology_capability(Context& context, Cursor value, const Cursor&) {
  if (value.length() < 2) return Outcome::kDone;
  const std::uint32_t topology = value.be16(0);
  context.put("\n\t      O: ", topology >> 15, ", RES: ", topology >> 12 & 7, ", MTID(s): ", topology & 0xfff);
  put_spb_subtlvs(context, value.from(2), kTopologySubTlvs, "\n\t      ");
  return Outcome::kDone;
}

// A TLV by its code. One shorter than `least` is marked as cut; one without a printer is dumped. `reads`: what it holds
// is not checked before it is read.
struct TlvRow {
  std::uint8_t type;
  std::string_view name;
  Outcome (*put)(Context&, Cursor, const Cursor&) = nullptr;
  std::size_t least = 0;
  bool reads = false;
};
constexpr TlvRow kTlvs[] = {
    {1, "Area address(es)", put_areas, 0, true},
    {2, "IS Reachability", put_is_reach, 1, true},
    {3, "ES Neighbor(s)", put_es_neighbors},
    {4, "Partition DIS", put_partition, kSystemId},
    {5, "Prefix Neighbors", put_prefix_neighbors, 0, true},
    {6, "IS Neighbor(s)", put_neighbors},
    {7, "Instance Identifier", put_instance, 4},
    {8, "Padding", put_nothing},
    {9, "LSP entries", put_lsp_entries, 0, true},
    {10, "Authentication", put_authentication_tlv, 1},
    {12, "Checksum", put_checksum, 2},
    {13, "Purge Originator Identifier", put_purge, 1},
    {14, "LSP Buffersize", put_buffer_size, 2},
    {22, "Extended IS Reachability", put_extended_neighbors<false>},
    {24, "IS Alias ID", put_extended_neighbors<true>},
    {42, "DECnet Phase IV"},
    {66, "Lucent Proprietary"},
    {128, "IPv4 Internal Reachability", put_ip_reach},
    {129, "Protocols supported", put_protocols, 0, true},
    {130, "IPv4 External Reachability", put_ip_reach},
    {131, "Inter-Domain Information Type", put_inter_domain, 1, true},
    {132, "IPv4 Interface address(es)", put_ip_addresses, 0, true},
    {133, "IPv4 authentication (deprecated)"},
    {134, "Traffic Engineering Router ID", put_router_id, 4},
    {135, "Extended IPv4 Reachability", put_extended_ip_reach<false, false>},
    {137, "Hostname", put_hostname},
    {138, "Shared Risk Link Group", put_risk_group},
    {143, "Multi-Topology-Aware Port Capability", put_port_capability, 0, true},
    {144, "Multi-Topology Capability", put_topology_capability, 0, true},
    {176, "Nortel Proprietary"},
    {177, "Nortel Proprietary"},
    {211, "Restart Signaling", put_restart, 1},
    {222, "Multi Topology IS Reachability", put_mt_is_reach},
    {229, "Multi Topology", put_topologies, 0, true},
    {232, "IPv6 Interface address(es)", put_ip6_addresses},
    {235, "Multi-Topology IPv4 Reachability", put_extended_ip_reach<true, false>},
    {236, "IPv6 reachability", put_extended_ip_reach<false, true>},
    {237, "Multi-Topology IP6 Reachability", put_extended_ip_reach<true, true>},
    {240, "Point-to-point Adjacency State", put_point_to_point, 0, true},
    {241, "Hello PDU Sequence Number", put_sequence, 4},
    {242, "IS-IS Router Capability", put_capability, 0, true},
    {250, "Vendor Private", put_vendor, 3, true},
};

const TlvRow* find_tlv(std::uint8_t type) {
  for (const TlvRow& row : kTlvs) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

Outcome put_tlv(Context& context, const TlvRow* row, const Cursor& value, const Cursor& pdu) {
  if (row == nullptr || row->put == nullptr) return Outcome::kUnknown;
  if (value.length() < row->least) return Outcome::kDone;
  return row->put(context, value, pdu);
}

void put_tlvs(Context& context, Cursor rest, const Cursor& pdu) {
  while (rest.length() > 0 && !context.truncated()) {
    context.protocol(kIsIsName, true);
    (void)rest.block(0, 2);
    if (context.truncated()) return;
    if (rest.length() < 2) {
      context.put("\n\t\t packet length ", pdu.length(), " incomplete", "");
      return context.put_invalid();
    }
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    if (context.truncated()) return;
    rest.skip(2);
    const TlvRow* row = find_tlv(type);
    context.put("\n\t    ", row == nullptr ? std::string_view("unknown") : row->name, " TLV #", type,
                ", length: ", size);
    if (rest.length() < size) {
      (void)rest.span(0, size);
      if (context.truncated()) return;
      context.put(" [remaining tlv length ", rest.length(), " < ", size, "]");
      return context.put_invalid();
    }
    const Cursor value = rest.with_length(size);
    context.protocol(kIsIsName, row == nullptr || !row->reads);
    const Outcome outcome = put_tlv(context, row, value, pdu);
    context.protocol(kIsIsName, true);
    if (context.truncated()) return;
    if (outcome == Outcome::kShort) return value.truncated();
    if (outcome == Outcome::kInvalid) context.put_invalid();
    if (outcome == Outcome::kUnknown && !context.verbose(2)) dump_captured(context, value, "\n\t\t");
    if (context.verbose(2) && outcome != Outcome::kSilent) dump_captured(context, value, "\n\t      ");
    rest.skip(size);
  }
}

// The printers of PDUs: what follows the name without -v, and the header with it.

void put_source_brief(Context& context, const Cursor& pdu, std::size_t offset, std::size_t size) {
  context.put(", src-id ");
  put_id(context, pdu, offset, size);
}

void put_lan_hello_brief(Context& context, const Cursor& pdu) {
  put_source_brief(context, pdu, 9, kSystemId);
  context.put(", lan-id ");
  put_id(context, pdu, 20, kNodeId);
  context.put(", prio ", pdu.u8(19));
}

void put_p2p_hello_brief(Context& context, const Cursor& pdu) {
  put_source_brief(context, pdu, 9, kSystemId);
}

void put_lsp_brief(Context& context, const Cursor& pdu) {
  context.put(", lsp-id ");
  put_id(context, pdu, 12, kLspId);
  context.put(", seq 0x", Hex{pdu.be32(20), 8}, ", lifetime ", Padded{pdu.be16(10), 5, ' '}, 's');
}

void put_csnp_brief(Context& context, const Cursor& pdu) {
  put_source_brief(context, pdu, 10, kNodeId);
}

void put_psnp_brief(Context& context, const Cursor& pdu) {
  put_source_brief(context, pdu, 10, kNodeId);
}

template <bool Lan>
void put_hello(Context& context, const Cursor& pdu, std::size_t pdu_length) {
  const std::uint8_t flags = pdu.u8(8);
  context.put("\n\t  source-id: ");
  put_id(context, pdu, 9, kSystemId);
  context.put(Lan ? ",  holding time: " : ", holding time: ", pdu.be16(15), "s, Flags: [");
  context.put_name(token(kCircuitTypes, flags), "unknown circuit type 0x", Hex{flags, 2});
  context.put(']');
  if constexpr (Lan) {
    context.put("\n\t  lan-id:    ");
    put_id(context, pdu, 20, kNodeId);
    context.put(", Priority: ", static_cast<std::uint32_t>(pdu.u8(19) & 0x7f), ", PDU length: ", pdu_length);
  } else {
    context.put("\n\t  circuit-id: 0x", Hex{pdu.u8(19), 2}, ", PDU length: ", pdu_length);
  }
}

void put_lsp(Context& context, const Cursor& pdu, std::size_t pdu_length) {
  const std::uint16_t found = pdu.be16(24);
  const std::uint16_t lifetime = pdu.be16(10);
  const std::uint8_t block = pdu.u8(26);
  context.put("\n\t  lsp-id: ");
  put_id(context, pdu, 12, kLspId);
  context.put(", seq: 0x", Hex{pdu.be32(20), 8}, ", lifetime: ", Padded{lifetime, 5, ' '}, 's');
  context.put("\n\t  chksum: 0x", Hex{found, 4}, ' ');
  // Of a PDU that says it is longer than the frame, as much as there is.
  const std::size_t summed = std::min(pdu_length, pdu.length());
  put_osi_checksum(context, found, pdu.from(12), 12, summed < 12 ? 0 : summed - 12);
  context.put(", PDU length: ", pdu_length, ", Flags: [ ");
  if ((block & kOverload) != 0) context.put("Overload bit set, ");
  if ((block & kAttached) != 0) {
    context.put_flags(kAttachedBy, block, " ");
    context.put(" ATT bit set, ");
  }
  if ((block & kPartition) != 0) context.put("P bit set, ");
  context.put(token(kIsTypes, block & 3, "Unknown"), " ]");
}

void put_csnp(Context& context, const Cursor& pdu, std::size_t pdu_length) {
  context.put("\n\t  source-id:    ");
  put_id(context, pdu, 10, kNodeId);
  context.put(", PDU length: ", pdu_length, "\n\t  start lsp-id: ");
  put_id(context, pdu, 17, kLspId);
  context.put("\n\t  end lsp-id:   ");
  put_id(context, pdu, 25, kLspId);
}

void put_psnp(Context& context, const Cursor& pdu, std::size_t pdu_length) {
  context.put("\n\t  source-id:    ");
  put_id(context, pdu, 10, kNodeId);
  context.put(", PDU length: ", pdu_length);
}

// A PDU by its type.
struct PduRow {
  std::uint8_t type;
  std::string_view name;
  std::size_t header;     // its size, with the common one
  std::size_t length_at;  // where the PDU's own length is
  void (*put_brief)(Context&, const Cursor&);
  void (*put)(Context&, const Cursor&, std::size_t);
};
constexpr PduRow kPdus[] = {
    {15, "L1 Lan IIH", 27, 17, put_lan_hello_brief, put_hello<true>},
    {16, "L2 Lan IIH", 27, 17, put_lan_hello_brief, put_hello<true>},
    {17, "p2p IIH", 20, 17, put_p2p_hello_brief, put_hello<false>},
    {18, "L1 LSP", 27, 8, put_lsp_brief, put_lsp},
    {20, "L2 LSP", 27, 8, put_lsp_brief, put_lsp},
    {24, "L1 CSNP", 33, 8, put_csnp_brief, put_csnp},
    {25, "L2 CSNP", 33, 8, put_csnp_brief, put_csnp},
    {26, "L1 PSNP", 17, 8, put_psnp_brief, put_psnp},
    {27, "L2 PSNP", 17, 8, put_psnp_brief, put_psnp},
};

const PduRow* find_pdu(std::uint8_t type) {
  for (const PduRow& row : kPdus) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

// False when the common header cannot be one: then the reason was printed.
bool check_common_header(Context& context, const Cursor& pdu) {
  const std::uint8_t header_size = pdu.u8(1);
  const std::uint8_t version = pdu.u8(2);
  const std::uint8_t id_size = pdu.u8(3);
  const std::uint8_t pdu_version = pdu.u8(5);
  const auto refuse = [&](const auto&... parts) {
    context.put(parts...);
    return false;
  };
  if (version != 1) return refuse("version ", version, " packet not supported");
  if (id_size != 0 && id_size != kSystemId) return refuse("system ID length of ", id_size, " is not supported");
  if (pdu_version != 1) return refuse("version ", pdu_version, " packet not supported");
  if (pdu.length() < header_size) {
    return refuse("fixed header length ", header_size, " > packet length ", pdu.length());
  }
  if (header_size < kCommonHeader) {
    return refuse("fixed header length ", header_size, " < minimum header size ", kCommonHeader);
  }
  return true;
}

// False when the header does not have its type's size: then that was printed.
bool check_header_size(Context& context, const PduRow& row, std::uint8_t header_size) {
  if (header_size == row.header) return true;
  // tcpdump 4.99.3 forgets the common header of an LSP here.
  const std::size_t expected = row.put == put_lsp ? row.header - kCommonHeader : row.header;
  context.put(row.put == put_psnp ? "-" : ",", " bogus fixed header length ", header_size, " should be ", expected);
  return false;
}

// Without -v.
bool put_isis_brief(Context& context, const Cursor& pdu, const PduRow* row) {
  if (row == nullptr) {
    context.put("unknown PDU-Type ", pdu.u8(4));
  } else {
    context.put(row->name);
    if (!check_header_size(context, *row, pdu.u8(1))) return false;
    (void)pdu.block(0, row->header);
    if (context.truncated()) return true;
    row->put_brief(context, pdu);
  }
  context.put(", length ", pdu.length());
  return true;
}

// With -v.
bool put_isis_verbose(Context& context, const Cursor& pdu, const PduRow* row) {
  const std::size_t length = pdu.length();
  const std::uint8_t header_size = pdu.u8(1);
  const std::uint8_t id_size = pdu.u8(3);
  const std::uint8_t areas = pdu.u8(7);
  context.put("length ", length, "\n\t", row == nullptr ? std::string_view("unknown, type ") : row->name);
  if (row == nullptr) context.put(pdu.u8(4));
  context.put(", hlen: ", header_size, ", v: ", pdu.u8(2), ", pdu-v: ", pdu.u8(5), ", sys-id-len: ");
  context.put(id_size == 0 ? std::uint32_t{kSystemId} : std::uint32_t{id_size}, " (", id_size,
              "), max-area: ", areas == 0 ? 3u : std::uint32_t{areas}, " (", areas, ')');
  if (context.verbose(2)) dump_captured(context, pdu.first(kCommonHeader), "\n\t");
  if (row == nullptr) {
    dump_captured(context, pdu.from(kCommonHeader), "\n\t  ");
    return false;
  }
  if (!check_header_size(context, *row, header_size)) return false;
  (void)pdu.block(kCommonHeader, row->header - kCommonHeader);
  if (context.truncated()) return true;
  const std::size_t pdu_length = pdu.be16(row->length_at);
  row->put(context, pdu, pdu_length);
  if (context.verbose(2)) {
    dump_captured(context, pdu.from(kCommonHeader).first(row->header - kCommonHeader), "\n\t  ");
  }
  if (pdu_length < row->header) {
    context.put(" [packet length ", pdu_length, " < ", row->header, ']');
    context.put_invalid();
    return true;
  }
  const std::size_t declared = std::min(pdu_length, length);
  put_tlvs(context, pdu.from(row->header).with_length(declared - row->header), pdu.with_length(declared));
  return true;
}

}  // namespace

bool put_isis(Context& context, Cursor pdu) {
  context.protocol(kIsIsName, true);
  if (pdu.length() < kCommonHeader) {
    pdu.truncated();
    return true;
  }
  (void)pdu.block(0, kCommonHeader);
  if (context.truncated()) return true;
  if (!context.options.link_header) context.put("IS-IS");
  if (!check_common_header(context, pdu)) return false;
  if (!context.options.link_header) context.put(", ");
  const PduRow* row = find_pdu(pdu.u8(4));
  return context.verbose() ? put_isis_verbose(context, pdu, row) : put_isis_brief(context, pdu, row);
}

}  // namespace ringtap
