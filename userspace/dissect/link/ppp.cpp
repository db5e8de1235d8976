// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// PPP, RFC 1661, as other protocols carry it: without flags and frame check. LCP: RFC 1661, 1570 and 1990; IPCP:
// RFC 1332 and 1877, header compression RFC 2507 and 2509; IPv6CP: RFC 5072; CCP: RFC 1962; BACP: RFC 2125; PAP:
// RFC 1334; CHAP: RFC 1994 and 2433; multilink: RFC 1990.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

enum Protocol : std::uint16_t {
  kIp = 0x0021,
  kOsi = 0x0023,
  kVjNone = 0x002f,
  kIpx = 0x002b,
  kMultilink = 0x003d,
  kIpv6 = 0x0057,
  kCompressed = 0x00fd,
  kMpls = 0x0281,
  kMplsMulticast = 0x0283,
  kIpcp = 0x8021,
  kOsicp = 0x8023,
  kIpv6cp = 0x8057,
  kCcp = 0x80fd,
  kMplscp = 0x8281,
  kLcp = 0xc021,
  kPap = 0xc023,
  kLqm = 0xc025,
  kSpap = 0xc027,
  kBacp = 0xc02b,
  kBap = 0xc02d,
  kOldSpap = 0xc123,
  kChap = 0xc223,
  kEap = 0xc227
};
constexpr Token kProtocols[] = {{kIp, "IP"},
                                {kOsi, "OSI"},
                                {0x0025, "NS"},
                                {0x0027, "DECNET"},
                                {0x0029, "APPLE"},
                                {kIpx, "IPX"},
                                {0x002d, "VJC IP"},
                                {kVjNone, "VJNC IP"},
                                {0x0031, "BRPDU"},
                                {0x0033, "STII"},
                                {0x0035, "VINES"},
                                {kMultilink, "MLPPP"},
                                {kIpv6, "IP6"},
                                {kCompressed, "Compressed"},
                                {0x0201, "HELLO"},
                                {0x0231, "LUXCOM"},
                                {0x0233, "SNS"},
                                {kMpls, "MPLS"},
                                {kMplsMulticast, "MPLS"},
                                {kIpcp, "IPCP"},
                                {kOsicp, "OSICP"},
                                {0x8025, "NSCP"},
                                {0x8027, "DECNETCP"},
                                {0x8029, "APPLECP"},
                                {0x802b, "IPXCP"},
                                {0x8033, "STIICP"},
                                {0x8035, "VINESCP"},
                                {kIpv6cp, "IP6CP"},
                                {kCcp, "CCP"},
                                {kMplscp, "MPLSCP"},
                                {kLcp, "LCP"},
                                {kPap, "PAP"},
                                {kLqm, "LQM"},
                                {kSpap, "SPAP"},
                                {kBacp, "BACP"},
                                {kBap, "BAP"},
                                {0xc03d, "MLPPP-CP"},
                                {kChap, "CHAP"},
                                {kEap, "EAP"}};

enum Code : std::uint8_t {
  kVendorExtension = 0,
  kConfRequest = 1,
  kConfReject = 4,
  kTermRequest = 5,
  kTermAck = 6,
  kCodeReject = 7,
  kProtReject = 8,
  kEchoRequest = 9,
  kDiscard = 11,
  kIdent = 12,
  kTimeRemaining = 13
};
constexpr Token kCodes[] = {{kVendorExtension, "Vendor-Extension"},
                            {kConfRequest, "Conf-Request"},
                            {2, "Conf-Ack"},
                            {3, "Conf-Nack"},
                            {kConfReject, "Conf-Reject"},
                            {kTermRequest, "Term-Request"},
                            {kTermAck, "Term-Ack"},
                            {kCodeReject, "Code-Reject"},
                            {kProtReject, "Prot-Reject"},
                            {kEchoRequest, "Echo-Request"},
                            {10, "Echo-Reply"},
                            {kDiscard, "Disc-Req"},
                            {kIdent, "Ident"},
                            {kTimeRemaining, "Time-Rem"},
                            {14, "Reset-Req"},
                            {15, "Reset-Ack"}};
constexpr Token kVendors[] = {{0x00000c, "Cisco"}};

constexpr std::string_view kLcpOptions[] = {"Vend-Ext",
                                            "MRU",
                                            "ACCM",
                                            "Auth-Prot",
                                            "Qual-Prot",
                                            "Magic-Num",
                                            "deprecated(6)",
                                            "PFC",
                                            "ACFC",
                                            "FCS-Alt",
                                            "SDP",
                                            "Num-Mode",
                                            "deprecated(12)",
                                            "Call-Back",
                                            "deprecated(14)",
                                            "deprecated(15)",
                                            "deprecated(16)",
                                            "MRRU",
                                            "12-Bit seq #",
                                            "End-Disc",
                                            "Proprietary",
                                            "DCE-Id",
                                            "MP+",
                                            "Link-Disc",
                                            "LCP-Auth-Opt",
                                            "COBS",
                                            "Prefix-elision",
                                            "Multilink-header-Form",
                                            "I18N",
                                            "SDL-over-SONET/SDH",
                                            "PPP-Muxing"};
constexpr Token kAuthAlgorithms[] = {{5, "MD5"}, {128, "MS-CHAPv1"}, {129, "MS-CHAPv2"}};
constexpr Token kAuthProtocols[] = {
    {kPap, "PAP"}, {kChap, "CHAP"}, {kEap, "EAP"}, {kSpap, "SPAP"}, {kOldSpap, "Old-SPAP"}};
constexpr Token kCallbacks[] = {{0, "UserAuth"}, {1, "DialString"}, {2, "LocalID"},
                                {3, "E.164"},    {4, "X.500"},      {6, "CBCP"}};
constexpr Token kEndpoints[] = {{0, "Null"}, {1, "Local"},           {2, "IPv4"},
                                {3, "MAC"},  {4, "Magic-Num-Block"}, {5, "PSNDN"}};
constexpr Token kIpcpOptions[] = {{1, "IP-Addrs"},  {2, "IP-Comp"},    {3, "IP-Addr"},   {4, "Home-Addr"},
                                  {129, "Pri-DNS"}, {130, "Pri-NBNS"}, {131, "Sec-DNS"}, {132, "Sec-NBNS"}};
constexpr Token kCompressions[] = {{0x2d, "VJ-Comp"}, {0x61, "IP Header Compression"}};
constexpr Token kCompressionSuboptions[] = {{1, "RTP-Compression"}, {2, "Enhanced RTP-Compression"}};
constexpr Token kCcpOptions[] = {{0, "OUI"},       {1, "Pred-1"}, {2, "Pred-2"},    {3, "Puddle"},   {16, "HP-PPC"},
                                 {17, "Stac-LZS"}, {18, "MPPC"},  {19, "Gand-FZA"}, {20, "V.42bis"}, {21, "BSD-Comp"},
                                 {23, "LZS-DCP"},  {24, "MVRCA"}, {25, "DEC"},      {26, "Deflate"}};

void put_dump(Context& context, const Cursor& bytes, std::size_t count, std::string_view indent) {
  dump_hex(context.out, bytes.bytes().first(std::min(count, bytes.captured())), indent);
}

// One option of a control protocol, `option` standing at its type; 0 ends the list.
using OptionPrinter = std::size_t (*)(Context&, Cursor option);

bool bad_length(Context& context, bool holds, std::string_view relation, unsigned expected) {
  if (!holds) context.put(" (length bogus, should be ", relation, ' ', expected, ')');
  return !holds;
}

// The mark without its blank, after which the printer that called goes on; false when it was put.
bool put_mark_unless(Context& context, bool whole, std::string_view protocol) {
  if (!whole) context.put("[|", protocol, ']');
  return whole;
}

void put_option_dump(Context& context, const Cursor& option, std::size_t size) {
  put_dump(context, option.from(2), size - 2, "\n\t    ");
}

void put_auth_protocol(Context& context, const Cursor& option, std::size_t size) {
  const std::uint16_t protocol = option.be16(2);
  context.put(": ");
  if (protocol == kLqm) {
    context.put("LQM");
  } else if (const std::string_view name = token(kAuthProtocols, protocol); !name.empty()) {
    context.put(name);
  } else {
    // So printed: the format of tcpdump 4.99.3 lacks its percent sign.
    context.put("Unknown Auth Proto (0x04x)");
  }
  if (protocol == kChap) {
    // RFC 1994 3: the algorithm follows.
    if (size < 5 && !option.has(5)) return;
    const std::uint8_t algorithm = option.u8(4);
    context.put(", ");
    context.put_name(token(kAuthAlgorithms, algorithm), "Unknown Auth Alg ", algorithm);
  } else if (token(kAuthProtocols, protocol).empty()) {
    put_dump(context, option, size, "\n\t");
  }
}

void put_endpoint(Context& context, const Cursor& option, std::size_t size) {
  const std::uint8_t kind = option.u8(2);
  if (kind == 2 && bad_length(context, size == 7, "=", 7)) return;
  if (kind == 3 && bad_length(context, size == 9, "=", 9)) return;
  context.put(": ");
  context.put_name(token(kEndpoints, kind), "Unknown class ", kind);
  if (kind == 2) {
    context.put(' ');
    context.host4(option.block(3, 4));
  } else if (kind == 3) {
    context.put(' ');
    context.station(option.block(3, 6));
  }
}

std::size_t print_lcp_option(Context& context, Cursor option) {
  if (!put_mark_unless(context, option.has(2), "lcp")) return 0;
  const std::uint8_t type = option.u8(0);
  const std::size_t size = option.u8(1);
  if (size > option.length()) return 0;
  if (type < std::size(kLcpOptions)) {
    context.put("\n\t  ", kLcpOptions[type], " Option (0x", Hex{type, 2}, "), length ", size);
  } else {
    context.put("\n\tunknown LCP option 0x", Hex{type, 2});
  }
  if (size < 2) {
    bad_length(context, false, ">=", 2);
    return 0;
  }
  switch (type) {
    case 0:
      if (bad_length(context, size >= 6, ">=", 6)) return size;
      context.put(": Vendor: ", named(kVendors, option.be24(2), "Unknown"));
      break;
    case 1:
    case 17:
      if (bad_length(context, size == 4, "=", 4)) return size;
      context.put(": ", option.be16(2));
      break;
    case 2:
    case 5:
      if (bad_length(context, size == 6, "=", 6)) return size;
      context.put(": 0x", Hex{option.be32(2), 8});
      break;
    case 3:
      if (bad_length(context, size >= 4, ">=", 4)) return size;
      put_auth_protocol(context, option, size);
      break;
    case 4:
      if (bad_length(context, size >= 4, ">=", 4)) return 0;
      context.put(option.be16(2) == kLqm ? ": LQR" : ": unknown");
      break;
    case 13:
      if (bad_length(context, size >= 3, ">=", 3)) return 0;
      context.put(": : Callback Operation ");
      context.put(named(kCallbacks, option.u8(2), "Unknown"));
      break;
    case 19:
      if (bad_length(context, size >= 3, ">=", 3)) return 0;
      put_endpoint(context, option, size);
      break;
    case 23:
      if (bad_length(context, size == 4, "=", 4)) return size;
      context.put(": 0x", Hex{option.be16(2), 4});
      break;
    case 7:
    case 8:
    case 9:
    case 10:
      break;
    default:
      // What -vv dumps of every option is all there is to say of these.
      if (context.options.verbosity < 2) put_option_dump(context, option, size);
      break;
  }
  if (context.verbose(2)) put_option_dump(context, option, size);
  return size;
}

void put_compression(Context& context, const Cursor& option, std::size_t size) {
  constexpr std::size_t kFixed = 14;
  const std::uint16_t protocol = option.be16(2);
  context.put(": ");
  context.put(named_hex(kCompressions, protocol, "Unknown"));
  context.put(":");
  if (protocol != 0x61) return;
  if (bad_length(context, size >= kFixed, ">=", kFixed)) return;
  context.put("\n\t    TCP Space ", option.be16(4), ", non-TCP Space ", option.be16(6), ", maxPeriod ", option.be16(8),
              ", maxTime ", option.be16(10), ", maxHdr ", option.be16(12));
  Cursor suboptions = option.from(kFixed);
  std::size_t left = size - kFixed;
  context.put("\n\t      Suboptions, length ", left);
  while (left > 0 && !context.truncated()) {
    const std::uint8_t kind = suboptions.u8(0);
    const std::size_t length = suboptions.u8(1);
    if (context.truncated() || length < 2) return;
    context.put("\n\t\t", token(kCompressionSuboptions, kind, "Unknown"), " Suboption #", kind, ", length ", length);
    if (length > left) {
      context.put(" [remaining suboptions length ", left, " < ", length, "]");
      return context.put_invalid();
    }
    suboptions.skip(length);
    left -= length;
  }
}

// "\n\t  Name Option (0x01), length 4" and the size; 0 when there is no more to be read.
std::size_t put_option_head(Context& context, const Cursor& option, std::span<const Token> names,
                            std::string_view unknown, std::string_view protocol) {
  if (!put_mark_unless(context, option.has(2), protocol)) return 0;
  const std::uint8_t type = option.u8(0);
  const std::size_t size = option.u8(1);
  if (size > option.length()) return 0;
  context.put("\n\t  ", token(names, type, unknown), " Option (0x", Hex{type, 2}, "), length ", size);
  if (size < 2) {
    bad_length(context, false, ">=", 2);
    return 0;
  }
  return size;
}

std::size_t print_ipcp_option(Context& context, Cursor option) {
  const std::size_t size = put_option_head(context, option, kIpcpOptions, "unknown", "ipcp");
  if (size == 0) return 0;
  switch (option.u8(0)) {
    case 1:
      if (bad_length(context, size == 10, "=", 10)) return size;
      (void)option.block(2, 8);
      put_host4(context, ": src ", option.block(2, 4));
      put_host4(context, ", dst ", option.block(6, 4));
      break;
    case 2:
      if (bad_length(context, size >= 4, ">=", 4)) return 0;
      put_compression(context, option, size);
      break;
    case 3:
    case 4:
    case 129:
    case 130:
    case 131:
    case 132:
      if (bad_length(context, size == 6, "=", 6)) return size;
      put_host4(context, ": ", option.block(2, 4));
      break;
    default:
      if (!context.verbose(2)) put_option_dump(context, option, size);
      break;
  }
  if (context.verbose(2)) put_option_dump(context, option, size);
  return size;
}

std::size_t print_ipv6cp_option(Context& context, Cursor option) {
  constexpr Token kNames[] = {{1, "Interface-ID"}};
  const std::size_t size = put_option_head(context, option, kNames, "unknown", "ip6cp");
  if (size == 0) return 0;
  if (option.u8(0) == 1) {
    if (bad_length(context, size == 10, "=", 10)) return size;
    context.put(": ");
    for (unsigned i = 0; i < 4; ++i) context.put(i == 0 ? "" : ":", Hex{option.be16(2 + 2 * i), 4});
  } else if (!context.verbose(2)) {
    put_option_dump(context, option, size);
  }
  if (context.verbose(2)) put_option_dump(context, option, size);
  return size;
}

std::size_t print_ccp_option(Context& context, Cursor option) {
  const std::size_t size = put_option_head(context, option, kCcpOptions, "Unknown", "ccp");
  if (size == 0) return 0;
  switch (option.u8(0)) {
    case 21:
      if (bad_length(context, size >= 3, ">=", 3)) return 0;
      context.put(": Version: ", static_cast<std::uint32_t>(option.u8(2) >> 5),
                  ", Dictionary Bits: ", static_cast<std::uint32_t>(option.u8(2) & 0x1f));
      break;
    case 24:
      if (bad_length(context, size >= 4, ">=", 4)) return 0;
      context.put(": Features: ", static_cast<std::uint32_t>(option.u8(2) >> 6),
                  ", PxP: ", (option.u8(2) & 0x20) != 0 ? "Enabled" : "Disabled",
                  ", History: ", static_cast<std::uint32_t>(option.u8(2) & 0x1f), ", #CTX-ID: ", option.u8(3));
      break;
    case 26:
      if (bad_length(context, size >= 4, ">=", 4)) return 0;
      context.put(": Window: ", static_cast<std::uint32_t>(option.u8(2) >> 4),
                  "K, Method: ", (option.u8(2) & 0xf) == 8 ? "zlib" : "unknown", " (0x",
                  Hex{static_cast<std::uint32_t>(option.u8(2) & 0xf)},
                  "), MBZ: ", static_cast<std::uint32_t>(option.u8(3) >> 2),
                  ", CHK: ", static_cast<std::uint32_t>(option.u8(3) & 3));
      break;
    default:
      if (!context.verbose(2)) put_option_dump(context, option, size);
      break;
  }
  if (context.verbose(2)) put_option_dump(context, option, size);
  return size;
}

std::size_t print_bacp_option(Context& context, Cursor option) {
  constexpr Token kNames[] = {{1, "Favored-Peer"}};
  const std::size_t size = put_option_head(context, option, kNames, "Unknown", "bacp");
  if (size == 0) return 0;
  if (option.u8(0) == 1) {
    if (bad_length(context, size == 6, "=", 6)) return size;
    context.put(": Magic-Num 0x", Hex{option.be32(2), 8});
  } else if (!context.verbose(2)) {
    put_option_dump(context, option, size);
  }
  if (context.verbose(2)) put_option_dump(context, option, size);
  return size;
}

struct ControlRow {
  std::uint16_t protocol;
  OptionPrinter options;
};
constexpr ControlRow kControls[] = {
    {kLcp, print_lcp_option}, {kIpcp, print_ipcp_option}, {kIpv6cp, print_ipv6cp_option},
    {kCcp, print_ccp_option}, {kBacp, print_bacp_option}, {kOsicp, nullptr},
    {kMplscp, nullptr}};

void put_options(Context& context, Cursor options, std::size_t left, OptionPrinter print) {
  while (left > 0 && !context.truncated()) {
    const std::size_t size = print(context, options);
    if (size == 0) return;
    if (size > left) {
      context.put(" [remaining options length ", left, " < ", size, "]");
      return context.put_invalid();
    }
    options.skip(size);
    left -= size;
  }
}

// LCP, IPCP and what else has their packet format; `packet` begins at the code, `start` at the protocol before it.
void print_control(Context& context, Cursor packet, const Cursor& start, std::uint16_t protocol,
                   OptionPrinter options) {
  const std::string_view name = token(kProtocols, protocol);
  const std::size_t length = packet.length();
  context.put(name, ", ");
  if (length < 4 || !packet.has(2)) return context.put("[|", name, "]");
  const std::uint8_t code = packet.u8(0);
  const std::uint8_t id = packet.u8(1);
  context.put(named_hex(kCodes, code, "Unknown Opcode"));
  context.put(", id ", id, ", length ", length + 2);
  if (!context.verbose()) return;
  const std::size_t declared = packet.be16(2);
  context.put("\n\tencoded length ", declared);
  if (declared < 4) return context.put(" (< 4))");
  if (declared > length) return context.put(" (> packet length ", length, "))");
  const std::size_t body = declared - 4;
  context.put(" (=Option(s) length ", body, ')');
  if (body == 0) return;
  if (context.verbose(2)) put_dump(context, start, 6, "\n\t");
  const Cursor rest = packet.from(4);
  switch (code) {
    case kVendorExtension:
      if (declared < 11) break;
      context.put("\n\t  Magic-Num 0x", Hex{rest.be32(0), 8}, " Vendor: ", named(kVendors, rest.be24(4), "Unknown"));
      break;
    case kConfRequest:
    case 2:
    case 3:
    case kConfReject:
      if (options != nullptr) put_options(context, rest, body, options);
      break;
    case kTermRequest:
    case kTermAck:
    case kCodeReject:
      break;
    case kProtReject:
      if (declared < 6) break;
      context.put("\n\t  Rejected ", token(kProtocols, rest.be16(0), "unknown"), " Protocol (0x", Hex{rest.be16(0), 4},
                  ")");
      if (body > 2) {
        context.put("\n\t  Rejected Packet");
        put_dump(context, rest.from(2), declared - 2, "\n\t    ");
      }
      break;
    case kEchoRequest:
    case 10:
    case kDiscard:
      if (declared < 8) break;
      context.put("\n\t  Magic-Num 0x", Hex{rest.be32(0), 8});
      if (body > 4) {
        context.put("\n\t  -----trailing data-----");
        put_dump(context, rest.from(4), body - 4, "\n\t  ");
      }
      break;
    case kIdent: {
      if (declared < 8) break;
      context.put("\n\t  Magic-Num 0x", Hex{rest.be32(0), 8});
      if (body <= 4) break;
      context.put("\n\t  Message\n\t    ");
      // As many bytes as the code's header is longer than its magic number too many, but so it is printed.
      const Cursor message = rest.from(4);
      const std::size_t size = declared - 4;
      for (const std::uint8_t byte : message.bytes().first(std::min(size, message.captured()))) {
        context.out.escaped(byte);
      }
      if (!message.has(size)) context.put("[|", name, "]");
      break;
    }
    case kTimeRemaining:
      if (declared < 12) break;
      context.put("\n\t  Magic-Num 0x", Hex{rest.be32(0), 8}, ", Seconds-Remaining ", rest.be32(4), 's');
      break;
    default:
      if (!context.verbose(2)) put_dump(context, start, length + 2, "\n\t  ");
      break;
  }
}

constexpr Token kPapCodes[] = {{1, "Auth-Req"}, {2, "Auth-ACK"}, {3, "Auth-NACK"}};
constexpr Token kChapCodes[] = {{1, "Challenge"}, {2, "Response"}, {3, "Success"}, {4, "Fail"}};

void print_pap(Context& context, Cursor packet) {
  const std::size_t length = packet.length();
  if (length < 1) return context.put("[|pap]");
  const std::uint8_t code = packet.u8(0);
  if (length < 4) return context.put("[|pap 0x", Hex{code, 2}, ']');
  context.put("PAP, ");
  context.put(named_hex(kPapCodes, code, "unknown"));
  context.put(", id ", packet.u8(1));
  const std::size_t declared = packet.be16(2);
  if (declared < 4) return context.put(", length ", declared, " < PAP header length");
  if (declared > length) return context.put(", length ", declared, " > packet size");
  std::size_t at = 4;
  const auto put_field = [&](std::string_view label) {
    const std::size_t size = packet.u8(at);
    ++at;
    if (context.truncated() || declared < at + size) return false;
    context.put(label);
    put_escaped(context, packet, at, size);
    at += size;
    return true;
  };
  if (code < 1 || code > 3) return;
  if (declared < at + 1) return context.put("[|pap]");
  if (code == 1) {
    if (!put_field(", Peer ")) return;
    if (declared < at + 1) return context.put("[|pap]");
    put_field(", Name ");
  } else {
    put_field(", Msg ");
  }
}

void print_chap(Context& context, Cursor packet) {
  const std::size_t length = packet.length();
  if (length < 1) return context.put("[|chap]");
  const std::uint8_t code = packet.u8(0);
  if (length < 4) return context.put("[|chap 0x", Hex{code, 2}, ']');
  context.put("CHAP, ");
  context.put(named_hex(kChapCodes, code, "unknown"));
  context.put(", id ", packet.u8(1));
  const std::size_t declared = packet.be16(2);
  if (code == 1 || code == 2) {
    if (length < 5) return;
    const std::size_t size = packet.u8(4);
    if (length < 5 + size) return;
    context.put(", Value ");
    for (std::size_t i = 0; i < size && !context.truncated(); ++i) context.put(Hex{packet.u8(5 + i), 2});
    if (context.truncated()) return;
    context.put(", Name ");
    for (std::size_t at = 5 + size; at < declared && !context.truncated(); ++at) {
      const std::uint8_t byte = packet.u8(at);
      context.out.escaped(byte);
    }
  } else if (code == 3 || code == 4) {
    context.put(", Msg ");
    for (std::size_t at = 4; at < declared && !context.truncated(); ++at) {
      const std::uint8_t byte = packet.u8(at);
      context.out.escaped(byte);
    }
  }
}

void print_multilink(Context& context, const Cursor& packet) {
  constexpr Token kFlags[] = {{2, "begin"}, {1, "end"}};
  if (!context.options.link_header) context.put("MLPPP, ");
  if (packet.length() < 2 || !packet.has(2)) return context.put("[|mlppp]");
  const std::uint16_t field = packet.be16(0);
  context.put("seq 0x", Hex{static_cast<std::uint32_t>(field & 0xfff), 3}, ", Flags [");
  context.put_flags(kFlags, field >> 14);
  context.put("], length ", packet.length());
}

constexpr std::uint8_t kFlag = 0x7e;  // that begins a frame on a line

// What a protocol number says follows; `start` is where the number is.
void print_protocol(Context& context, std::uint16_t protocol, const Cursor& packet, const Cursor& start) {
  const std::string_view name = token(kProtocols, protocol);
  for (const ControlRow& row : kControls) {
    if (row.protocol == protocol) return print_control(context, packet, start, protocol, row.options);
  }
  switch (protocol) {
    case kIp:
    case kVjNone:
      return print_ipv4_packet(context, packet);
    case kIpv6:
      return print_ipv6_packet(context, packet);
    case kOsi:
      return print_osi(context, packet);
    case kIpx:
      return print_ipx_packet(context, packet, "");
    case kMpls:
    case kMplsMulticast:
      return print_mpls_stack(context, packet);
    case kMultilink:
      return print_multilink(context, packet);
    case kPap:
      return print_pap(context, packet);
    case kChap:
      return print_chap(context, packet);
    case kBap:
      return;  // recognized, and nothing is printed of it
    case kCompressed:
      return context.put("compressed PPP data");
    default:
      context.put_name(name, "unknown PPP protocol (0x", Hex{protocol, 4}, ')');
      context.put(' ');
      dump_captured(context, packet);
      return;
  }
}

// RFC 1662 4.2: a frame of an asynchronous line, from after its flag on.
void print_stuffed(Context& context, const Cursor& frame) {
  constexpr std::size_t kMost = 2048;
  constexpr std::uint8_t kEscape = 0x7d;
  std::uint8_t plain[kMost];
  std::size_t size = 0;
  bool escaped = false;
  for (const std::uint8_t byte : frame.bytes()) {
    if (!escaped && byte == kEscape) {
      escaped = true;
      continue;
    }
    if (size == kMost) break;
    plain[size++] = escaped ? byte ^ 0x20 : byte;
    escaped = false;
  }
  if (frame.length() < 2) return;
  Cursor packet({plain, size}, size, context.truncation);
  if (size >= 2 && packet.be16(0) == 0xff03) packet.skip(2);
  if (packet.length() < 2) return packet.truncated();
  const Cursor start = packet;
  const bool compressed = size > 0 && (plain[0] == kIp || plain[0] == kIpv6);
  const std::uint16_t protocol = compressed ? packet.take_u8() : packet.take_be16();
  if (context.truncated()) return;
  if (protocol >> 8 == kFlag) {
    context.put("(protocol 0x", Hex{protocol, 4}, " invalid)");
    return;
  }
  print_protocol(context, protocol, packet, start);
}

}  // namespace

void print_ppp(Context& context, Cursor packet) {
  enum Head : std::uint16_t { kReceived = 0x0003, kSent = 0x0103, kAddressed = 0xff03 };
  context.protocol("ppp");
  const std::size_t length = packet.length();
  if (length < 2) return packet.truncated();
  // RFC 1662 3.1: address and control, which GRE and L2TP may carry along; Linux's pppd has the direction as address.
  const std::uint16_t head = packet.be16(0);
  if (head == kReceived || head == kSent) {
    if (context.options.link_header) context.put(head == kSent ? "Out " : "In  ");
    packet.skip(2);
  } else if (head == kAddressed) {
    packet.skip(2);
  }
  const Cursor start = packet;
  if (packet.length() < 2) return packet.truncated();
  // RFC 1661 6.5: an odd first byte is a protocol whose zero byte was left out.
  const bool compressed = (packet.u8(0) & 1) != 0;
  const std::uint16_t protocol = compressed ? packet.u8(0) : packet.be16(0);
  if (context.truncated()) return;
  packet.skip(compressed ? 1 : 2);
  if (context.options.link_header) {
    const std::string_view name = token(kProtocols, protocol);
    context.put(NamedHex{name_or(name, "unknown"), protocol, 4}, ", length ", length);
    if (name.empty()) return;
    context.put(": ");
  }
  if (protocol >> 8 == kFlag) return print_stuffed(context, start.from(1));
  print_protocol(context, protocol, packet, start);
}

void print_ppp_ethernet(Context& context, Cursor packet, const LinkHeader&) {
  if (packet.length() == 0) return;
  context.put(": ");
  print_ppp(context, packet);
}

void print_ppp_link(Context& context, Cursor packet) {
  constexpr std::size_t kHeader = 4;
  context.protocol("ppp");
  context.link_header_size = std::min(kHeader, packet.captured());
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  print_ppp(context, packet);
}

// RFC 1662 framing, or Cisco's: the first byte tells them apart.
void print_ppp_serial(Context& context, Cursor packet) {
  constexpr std::uint8_t kAllStations = 0xff;
  constexpr std::uint8_t kUnicast = 0x0f;
  constexpr std::uint8_t kBroadcast = 0x8f;
  context.protocol("ppp_hdlc");
  const std::size_t length = packet.length();
  const auto cut_off = [&] {
    context.link_header_size = packet.captured();
    context.put_truncated();
  };
  if (!packet.has(2)) return cut_off();
  const std::uint8_t address = packet.u8(0);
  if (address == kUnicast || address == kBroadcast) return print_hdlc(context, packet);
  const bool ppp = address == kAllStations;
  if (ppp && !packet.has(4)) return cut_off();
  if (context.options.link_header) {
    context.put(Hex{address, 2}, ' ', Hex{packet.u8(1), 2}, ' ', length, ' ');
  }
  if (!ppp) {
    context.link_header_size = 2;
    const std::uint8_t shown_address = packet.u8(2);
    const std::uint8_t shown_control = packet.u8(3);
    return context.put("unknown addr ", Hex{shown_address, 2}, "; ctrl ", Hex{shown_control, 2});
  }
  context.link_header_size = 4;
  const std::uint16_t protocol = packet.be16(2);
  context.put_name(token(kProtocols, protocol), "unknown PPP protocol (0x", Hex{protocol, 4}, ')');
  context.put(": ");
  print_protocol(context, protocol, packet.from(4), packet.from(2));
}

}  // namespace ringtap
