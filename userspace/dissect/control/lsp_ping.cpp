// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LSP ping, RFC 4379 (now 8029); BFD's discriminator in it, RFC 5884.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeader = 32;
constexpr std::size_t kTlvHeader = 4;

constexpr Token kMessages[] = {{1, "MPLS Echo Request"}, {2, "MPLS Echo Reply"}};
constexpr Token kReplyModes[] = {{1, "Do not reply"},
                                 {2, "Reply via an IPv4/IPv6 UDP packet"},
                                 {3, "Reply via an IPv4/IPv6 UDP packet with Router Alert"},
                                 {4, "Reply via application level control channel"}};
// Some end with the depth that the subcode gives.
constexpr Token kReturnCodes[] = {{0, "No return code or return code contained in the Error Code TLV"},
                                  {1, "Malformed echo request received"},
                                  {2, "One or more of the TLVs was not understood"},
                                  {3, "Replying router is an egress for the FEC at stack depth"},
                                  {4, "Replying router has no mapping for the FEC at stack depth"},
                                  {5, "Reserved"},
                                  {6, "Reserved"},
                                  {7, "Reserved"},
                                  {8, "Label switched at stack-depth"},
                                  {9, "Label switched but no MPLS forwarding at stack-depth"},
                                  {10, "Mapping for this FEC is not the given label at stack depth"},
                                  {11, "No label entry at stack-depth"},
                                  {12, "Protocol not associated with interface at FEC stack depth"},
                                  {13, "Premature termination of ping due to label stack shrinking to a single label"}};
constexpr std::uint32_t kCodesWithDepth = 1u << 3 | 1u << 4 | 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12;

enum Tlv : std::uint16_t { kFecStack = 1, kDownstream = 2, kPad = 3, kVendor = 5, kBfd = 15 };
constexpr Token kTlvs[] = {{kFecStack, "Target FEC Stack"},
                           {kDownstream, "Downstream Mapping"},
                           {kPad, "Pad"},
                           {kVendor, "Vendor Enterprise Code"},
                           {7, "Interface Label Stack"},
                           {9, "Error Code"},
                           {10, "Reply TOS Byte"},
                           {kBfd, "BFD Discriminator"},
                           {0xfc00, "Vendor Private Code"}};

enum Fec : std::uint16_t {
  kLdp4 = 1,
  kLdp6 = 2,
  kRsvp4 = 3,
  kRsvp6 = 4,
  kVpn4 = 6,
  kVpn6 = 7,
  kL2Vpn = 8,
  kPseudowireOld = 9,
  kPseudowire = 10,
  kBgp4 = 12,
  kBgp6 = 13
};
struct FecRow {
  std::uint16_t type;
  std::string_view name;
  std::uint8_t size;  // what its length has to be; 0: unknown
};
constexpr FecRow kFecs[] = {{kLdp4, "LDP IPv4 prefix", 5},
                            {kLdp6, "LDP IPv6 prefix", 17},
                            {kRsvp4, "RSVP IPv4 Session Query", 20},
                            {kRsvp6, "RSVP IPv6 Session Query", 56},
                            {5, "Reserved", 0},
                            {kVpn4, "VPN IPv4 prefix", 13},
                            {kVpn6, "VPN IPv6 prefix", 25},
                            {kL2Vpn, "L2 VPN endpoint", 14},
                            {kPseudowireOld, "FEC 128 pseudowire (old)", 10},
                            {kPseudowire, "FEC 128 pseudowire", 14},
                            {kBgp4, "BGP labeled IPv4 prefix", 5},
                            {kBgp6, "BGP labeled IPv6 prefix", 17}};

enum AddressType : std::uint8_t { kIpv4 = 1, kUnnumbered4 = 2, kIpv6 = 3, kUnnumbered6 = 4 };
constexpr Token kAddressTypes[] = {
    {kIpv4, "IPv4"}, {kUnnumbered4, "Unnumbered IPv4"}, {kIpv6, "IPv6"}, {kUnnumbered6, "IPv6"}};

constexpr std::string_view kValueTooShort = "\n\t      TLV is too short";
constexpr std::string_view kPacketTooShort = "\n\t\t packet is too short";

constexpr std::size_t padded(std::size_t length) {
  return (length + 3) / 4 * 4;
}

void put_prefix4(Context& context, std::string_view before, const Cursor& cursor, std::size_t offset) {
  const std::uint8_t bits = cursor.u8(offset + 4);
  put_host4(context, before, cursor.block(offset, 4));
  context.put('/', bits);
}

void put_prefix6(Context& context, std::string_view before, const Cursor& cursor, std::size_t offset) {
  const std::uint8_t bits = cursor.u8(offset + 16);
  put_host6(context, before, cursor.block(offset, 16));
  context.put('/', bits);
}

void put_pseudowire_type(Context& context, const Cursor& value, std::size_t offset) {
  const std::uint16_t type = value.be16(offset + 4);
  context.put("\n\t      PW ID: 0x", Hex{value.be32(offset), 8},
              ", PW Type: ", Named{pseudowire_name(type, "unknown"), type});
}

void put_fec(Context& context, std::uint16_t type, const Cursor& value) {
  constexpr std::string_view kIndent = "\n\t      ";
  switch (type) {
    case kLdp4:
    case kBgp4:
      put_prefix4(context, kIndent, value, 0);
      break;
    case kLdp6:
    case kBgp6:
      put_prefix6(context, kIndent, value, 0);
      break;
    case kRsvp4:
      (void)value.block(0, 20);
      put_host4(context, "\n\t      tunnel end-point ", value.block(0, 4));
      put_host4(context, ", tunnel sender ", value.block(12, 4));
      context.put(", lsp-id 0x", Hex{value.be16(18), 4}, "\n\t      tunnel-id 0x", Hex{value.be16(6), 4});
      put_host4(context, ", extended tunnel-id ", value.block(8, 4));
      break;
    case kRsvp6:
      (void)value.block(0, 56);
      put_host6(context, "\n\t      tunnel end-point ", value.block(0, 16));
      put_host6(context, ", tunnel sender ", value.block(36, 16));
      context.put(", lsp-id 0x", Hex{value.be16(54), 4}, "\n\t      tunnel-id 0x", Hex{value.be16(18), 4});
      put_host6(context, ", extended tunnel-id ", value.block(20, 16));
      break;
    case kVpn4:
    case kVpn6:
      context.put("\n\t      RD: ");
      put_route_distinguisher(context, value, 0);
      if (type == kVpn4) {
        put_prefix4(context, ", ", value, 8);
      } else {
        put_prefix6(context, ", ", value, 8);
      }
      break;
    case kL2Vpn: {
      (void)value.block(0, 14);
      context.put("\n\t      RD: ");
      put_route_distinguisher(context, value, 0);
      const std::uint16_t encapsulation = value.be16(12);
      context.put(", Sender VE ID: ", value.be16(8), ", Receiver VE ID: ", value.be16(10),
                  "\n\t      Encapsulation Type: ", Named{pseudowire_name(encapsulation, "unknown"), encapsulation});
      break;
    }
    case kPseudowireOld:
      (void)value.block(0, 10);
      put_host4(context, "\n\t      Remote PE: ", value.block(0, 4));
      put_pseudowire_type(context, value, 4);
      break;
    case kPseudowire:
      (void)value.block(0, 14);
      put_host4(context, "\n\t      Sender PE: ", value.block(0, 4));
      put_host4(context, ", Remote PE: ", value.block(4, 4));
      put_pseudowire_type(context, value, 8);
      break;
    default:
      break;
  }
}

// What became of the value of a TLV.
enum class Shown { kWhole, kBytes, kShort, kMisaligned };

// `stack` has `left` bytes. Its entries are padded to 4 bytes, and tcpdump 4.99.3 forgets their headers when it goes
// from one to the next.
Shown put_fec_stack(Context& context, Cursor stack, std::size_t left) {
  while (left > 0 && !context.truncated()) {
    if (left < kTlvHeader) {
      context.put(kValueTooShort);
      return Shown::kShort;
    }
    const std::uint16_t type = stack.be16(0);
    std::size_t length = stack.be16(2);
    left -= kTlvHeader;
    if (length > left) {
      context.put(kValueTooShort);
      return Shown::kShort;
    }
    const auto* const row = std::ranges::find(kFecs, type, &FecRow::type);
    const bool named = row != std::end(kFecs);
    const Cursor value = stack.from(kTlvHeader);
    context.put("\n\t    ", named ? row->name : "Unknown", " subTLV (", type, "), length: ", length);
    const bool known = named && row->size != 0;
    if (known && length != row->size) {
      context.put("\n\t      invalid subTLV length, should be ", row->size);
      dump_layer(context, value, 0, length, "\n\t      ");
    } else {
      if (known) put_fec(context, type, value);
      if (!known || context.verbose(2)) dump_layer(context, value, 0, length, "\n\t      ");
    }
    if (padded(length) > left) {
      context.put("\n\t\t TLV is too short");
      return Shown::kMisaligned;
    }
    length = padded(length);
    stack.skip(length);
    left -= length;
  }
  return Shown::kWhole;
}

Shown put_downstream(Context& context, const Cursor& value, std::size_t length) {
  if (length < 4) return Shown::kShort;
  const std::uint16_t mtu = value.be16(0);
  const std::uint8_t type = value.u8(2);
  context.put("\n\t    MTU: ", mtu, ", Address-Type: ", named(kAddressTypes, type, "unknown"));
  const bool wide = type == kIpv6 || type == kUnnumbered6;
  if (!wide && type != kIpv4 && type != kUnnumbered4) return Shown::kBytes;
  const bool numbered = type == kIpv4 || type == kIpv6;
  const std::size_t address = wide ? 16 : 4;
  const std::size_t interface = numbered ? address : 4;
  std::size_t at = 4;
  if (length < at + address + interface) return Shown::kShort;
  (void)value.block(at, address + interface);
  if (wide) {
    put_host6(context, "\n\t    Downstream IP: ", value.block(at, address));
  } else {
    put_host4(context, "\n\t    Downstream IP: ", value.block(at, address));
  }
  at += address;
  if (!numbered) {
    context.put("\n\t    Downstream Interface Index: 0x", Hex{value.be32(at), 8});
  } else if (wide) {
    put_host6(context, "\n\t    Downstream Interface IP: ", value.block(at, address));
  } else {
    put_host4(context, "\n\t    Downstream Interface IP: ", value.block(at, address));
  }
  at += interface;
  return length < at + 4 ? Shown::kShort : Shown::kBytes;
}

}  // namespace

void print_lsp_ping(Context& context, Cursor packet, const Transport&) {
  context.protocol("lspping");
  std::size_t left = packet.length();
  if (left < kHeader) return context.put(kPacketTooShort);
  (void)packet.block(0, kHeader);
  const std::uint16_t version = packet.be16(0);
  if (version != kVersion) return context.put("LSP-PING version ", version, " packet not supported");
  const std::uint8_t message = packet.u8(4);
  if (!context.verbose()) {
    context.put("LSP-PINGv1, ");
    context.put_name(token(kMessages, message), "unknown (", message, ')');
    return context.put(", seq ", packet.be32(12), ", length: ", left);
  }
  context.put("\n\tLSP-PINGv1, msg-type: ");
  context.put(named(kMessages, message, "unknown"));
  context.put(", length: ", left, "\n\t  reply-mode: ");
  context.put(named(kReplyModes, packet.u8(5), "unknown"));
  const std::uint8_t code = packet.u8(6);
  const std::uint8_t subcode = packet.u8(7);
  context.put("\n\t  Return Code: ", token(kReturnCodes, code, "unknown"));
  if (code < 32 && (kCodesWithDepth >> code & 1) != 0) context.put(' ', subcode);
  context.put(" (", code, ")\n\t  Return Subcode: (", subcode, ")\n\t  Sender Handle: 0x", Hex{packet.be32(8), 8},
              ", Sequence: ", packet.be32(12), "\n\t  Sender Timestamp: ");
  put_ntp_time(context, packet.be64(16));
  context.put(" Receiver Timestamp: ");
  if (const std::uint64_t received = packet.be64(24); received != 0) {
    put_ntp_time(context, received);
  } else {
    context.put("no timestamp");
  }
  Cursor rest = packet.from(kHeader);
  left -= kHeader;
  while (left > 0 && !context.truncated()) {
    if (left < kTlvHeader) return context.put(kPacketTooShort);
    const std::uint16_t type = rest.be16(0);
    const std::size_t length = rest.be16(2);
    context.put("\n\t  ", token(kTlvs, type, "Unknown"), " TLV (", type, "), length: ", length);
    rest.skip(kTlvHeader);
    left -= kTlvHeader;
    if (length == 0) continue;
    if (left < length) return context.put(kPacketTooShort);
    if (!rest.has(length)) (void)rest.span(0, length);
    Shown shown = Shown::kWhole;
    switch (type) {
      case kFecStack:
        shown = put_fec_stack(context, rest, length);
        break;
      case kDownstream:
        shown = put_downstream(context, rest, length);
        if (shown == Shown::kShort) context.put(kValueTooShort);
        break;
      case kBfd:
        if (length < 4) {
          context.put(kValueTooShort);
          shown = Shown::kShort;
        } else {
          context.put("\n\t    BFD Discriminator 0x", Hex{rest.be32(0), 8});
        }
        break;
      case kVendor:
        if (length < 4) {
          context.put(kValueTooShort);
          shown = Shown::kShort;
        } else {
          const std::uint32_t vendor = rest.be32(0);
          context.put("\n\t    Vendor: ", NamedHex{enterprise_name(vendor), vendor, 4});
        }
        break;
      default:
        shown = Shown::kBytes;
        break;
    }
    const bool bytes = shown == Shown::kBytes || shown == Shown::kShort || context.verbose(2);
    if (shown != Shown::kMisaligned && bytes) dump_layer(context, rest, 0, length, "\n\t    ");
    if (padded(length) > left) return context.put(kPacketTooShort);
    rest.skip(padded(length));
    left -= padded(length);
  }
}

}  // namespace ringtap
