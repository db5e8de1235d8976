// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ICMP, RFC 792; router discovery, RFC 1256; path MTU, RFC 1191; address mask, RFC 950; extensions, RFC 4884.
#include "dissect/checksum.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEcho = 8,
  kRouterAdvertisement = 9,
  kRouterSolicitation = 10,
  kTimeExceeded = 11,
  kParameterProblem = 12,
  kTimestamp = 13,
  kTimestampReply = 14,
  kInformation = 15,
  kInformationReply = 16,
  kMask = 17,
  kMaskReply = 18
};
constexpr Token kTypes[] = {{kEchoReply, "echo reply"},
                            {kUnreachable, "unreachable"},
                            {kSourceQuench, "source quench"},
                            {kRedirect, "redirect"},
                            {kEcho, "echo request"},
                            {kRouterAdvertisement, "router advertisement"},
                            {kRouterSolicitation, "router solicitation"},
                            {kTimeExceeded, "time exceeded"},
                            {kParameterProblem, "parameter problem"},
                            {kTimestamp, "time stamp request"},
                            {kTimestampReply, "time stamp reply"},
                            {kInformation, "information request"},
                            {kInformationReply, "information reply"},
                            {kMask, "address mask request"}};

// Unreachable codes whose text is "<before><address> unreachable<after>".
struct UnreachableForm {
  std::uint8_t code;
  std::string_view before;
  std::string_view after;
};
constexpr UnreachableForm kUnreachableForms[] = {
    {0, "net ", ""},
    {1, "host ", ""},
    {5, "", " - source route failed"},
    {6, "net ", " - unknown"},
    {7, "host ", " - unknown"},
    {8, "", " - source host isolated"},
    {9, "net ", " - admin prohibited"},
    {10, "host ", " - admin prohibited"},
    {11, "net ", " - tos prohibited"},
    {12, "host ", " - tos prohibited"},
    {13, "host ", " - admin prohibited filter"},
    {14, "host ", " - host precedence violation"},
    {15, "host ", " - precedence cutoff"},
};

constexpr std::size_t kHeader = 8;

// The packet that an error quotes begins after the header.
constexpr std::size_t kQuotedDestination = kHeader + 16;

void put_unreachable(Context& context, const Cursor& message, std::uint8_t code) {
  constexpr std::uint8_t kPort = 3;
  if (code == kPort && !message.has(kHeader + 10)) message.truncated();
  const std::uint8_t* destination = message.block(kQuotedDestination, 4);
  for (const UnreachableForm& form : kUnreachableForms) {
    if (form.code != code) continue;
    context.put(form.before);
    context.host4(destination);
    context.put(" unreachable", form.after);
    return;
  }
  switch (code) {
    case 2: {
      const std::uint8_t protocol = message.u8(kHeader + 9);
      context.host4(destination);
      context.put(" protocol ", protocol, " unreachable");
      break;
    }
    case 3: {
      const std::uint8_t protocol = message.u8(kHeader + 9);
      const std::size_t header_size = (message.u8(kHeader) & 0xf) * 4u;
      const std::uint16_t port = message.be16(kHeader + header_size + 2);
      context.host4(destination);
      if (protocol == 6) {
        context.put(" tcp port ");
        context.tcp_port(port);
      } else if (protocol == 17) {
        context.put(" udp port ");
        context.udp_port(port);
      } else {
        context.put(" protocol ", protocol, " port ", port);
      }
      context.put(" unreachable");
      break;
    }
    case 4: {
      context.host4(destination);
      context.put(" unreachable - need to frag");
      if (const std::uint16_t mtu = message.be16(6); mtu != 0) context.put(" (mtu ", mtu, ")");
      break;
    }
    default:
      context.host4(destination);
      context.put(" unreachable - #", code);
  }
}

void put_redirect(Context& context, const Cursor& message, std::uint8_t code) {
  constexpr std::string_view kKinds[] = {"", "", "-tos", "-tos"};
  constexpr std::string_view kTargets[] = {"net ", "host ", "net ", "host "};
  const std::uint8_t* destination = message.block(kQuotedDestination, 4);
  context.put("redirect");
  if (code < 4) {
    context.put(kKinds[code]);
  } else {
    context.put("-#", code);
  }
  context.put(' ');
  context.host4(destination);
  context.put(" to ");
  if (code < 4) context.put(kTargets[code]);
  context.host4(message.block(4, 4));
}

void put_lifetime(Context& context, unsigned seconds) {
  if (seconds < 60) return context.put(seconds);
  if (seconds < 3600) return context.put(seconds / 60, ':', Padded{seconds % 60, 2});
  context.put(seconds / 3600, ':', Padded{seconds / 60 % 60, 2}, ':', Padded{seconds % 60, 2});
}

void put_router_advertisement(Context& context, const Cursor& message) {
  const std::uint8_t count = message.u8(4);
  const std::uint8_t entry_size = message.u8(5);
  context.put("router advertisement lifetime ");
  put_lifetime(context, message.be16(6));
  context.put(' ', count, ':');
  if (entry_size != 2) return context.put(" [size ", entry_size, "]");
  for (std::size_t i = 0; i < count && !context.truncated(); ++i) {
    context.put(" {");
    context.host4(message.block(kHeader + 8 * i, 4));
    context.put(' ', message.be32(kHeader + 8 * i + 4), '}');
  }
}

// Milliseconds since midnight UTC.
void put_time_of_day(Context& context, std::uint32_t milliseconds) {
  const std::uint32_t seconds = milliseconds / 1000;
  context.put(Padded{seconds / 3600, 2}, ':', Padded{seconds / 60 % 60, 2}, ':', Padded{seconds % 60, 2}, '.',
              Padded{milliseconds % 1000, 3});
}

// RFC 4884 7: after 128 bytes of the quoted packet, a header and objects. MPLS labels, RFC 4950; interfaces, RFC 5837.
constexpr std::size_t kQuotedSize = 128;
constexpr std::size_t kExtensionHeader = 4;
constexpr std::size_t kObjectHeader = 4;
constexpr std::uint8_t kMplsObject = 1;
constexpr std::uint8_t kMplsStack = 1;
constexpr Token kObjects[] = {{kMplsObject, "MPLS Stack Entry"}, {2, "Interface Identification"}};

constexpr bool may_have_extension(std::uint8_t type) {
  return type == kUnreachable || type == kTimeExceeded || type == kParameterProblem;
}

// One label; of a deeper stack tcpdump 4.99.3 shows no more.
void put_label(Context& context, const Cursor& stack) {
  const std::uint32_t entry = stack.be32(0);
  context.put("\n\t    label ", entry >> 12, ", tc ", entry >> 9 & 7);
  if ((entry & 0x100) != 0) context.put(", [S]");
  context.put(", ttl ", entry & 0xff);
}

void put_extension(Context& context, Cursor extension) {
  const std::uint32_t header = extension.be32(0);
  const std::uint32_t version = header >> 28;
  context.put("\n\tICMP Multi-Part extension v", version);
  const std::size_t length = extension.length();
  if (version != 2) return context.put(" packet not supported");
  if (extension.has(length)) {
    const std::uint32_t found = header & 0xffff;
    const bool correct = internet_checksum(extension.bytes().first(length)) == 0;
    context.put(", checksum 0x", Hex{found, 4}, correct ? " (correct)" : " (incorrect)", ", length ", length);
  }
  extension.skip(kExtensionHeader);
  while (extension.length() > kObjectHeader && !context.truncated()) {
    if (!extension.has(kObjectHeader)) return extension.truncated();
    const std::size_t size = extension.be16(0);
    const std::uint8_t object = extension.u8(2);
    const std::uint8_t type = extension.u8(3);
    context.put("\n\t  ", token(kObjects, object, "unknown"), " Object (", object, "), Class-Type: ", type, ", length ",
                size);
    if (size < kObjectHeader) return;
    const Cursor body = extension.from(kObjectHeader);
    const std::size_t body_size = size - kObjectHeader;
    if (object == kMplsObject && type == kMplsStack) {
      put_label(context, body);
    } else if (object != 0) {
      const std::size_t shown = std::min(body_size, body.length());
      dump_hex(context.out, body.bytes().first(std::min(shown, body.captured())), "\n\t    ");
    }
    extension.skip(size);
  }
}

constexpr bool is_error(std::uint8_t type) {
  return type == kUnreachable || type == kSourceQuench || type == kRedirect || type == kTimeExceeded ||
         type == kParameterProblem;
}

}  // namespace

void print_icmp(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("icmp");
  if (ip.version != 4) {
    context.put("[ICMP requires IPv4]");
    return context.put_invalid();
  }
  const std::uint8_t type = message.u8(0);
  const std::uint8_t code = message.u8(1);
  // tcpdump prints nothing of a message that is cut before its text is complete.
  const std::size_t start = context.out.size();
  context.put("ICMP ");
  switch (type) {
    case kEcho:
    case kEchoReply:
      context.put(token(kTypes, type), ", id ", message.be16(4), ", seq ", message.be16(6));
      break;
    case kUnreachable:
      put_unreachable(context, message, code);
      break;
    case kRedirect:
      put_redirect(context, message, code);
      break;
    case kRouterAdvertisement:
      context.protocol("icmp", true);
      put_router_advertisement(context, message);
      break;
    case kTimeExceeded:
      if (!message.has(kHeader + 20)) message.truncated();
      if (code == 0) {
        context.put("time exceeded in-transit");
      } else if (code == 1) {
        context.put("ip reassembly time exceeded");
      } else {
        context.put("time exceeded-#", code);
      }
      break;
    case kParameterProblem:
      if (code != 0) {
        context.put("parameter problem - code ", code);
      } else {
        context.put("parameter problem - octet ", message.u8(4));
      }
      break;
    case kMaskReply:
      context.put("address mask is 0x", Hex{message.be32(8), 8});
      break;
    case kTimestamp:
      context.put("time stamp query id ", message.be16(4), " seq ", message.be16(6));
      break;
    case kTimestampReply:
      context.protocol("icmp", true);
      context.put("time stamp reply id ", message.be16(4), " seq ", message.be16(6), ": org ");
      put_time_of_day(context, message.be32(8));
      context.put(", recv ");
      put_time_of_day(context, message.be32(12));
      context.put(", xmit ");
      put_time_of_day(context, message.be32(16));
      break;
    default:
      context.put_name(token(kTypes, type), "type-#", type);
  }
  context.put(", length ", message.length());
  if (context.truncated()) return context.truncation.pull_back(start);
  if (!context.verbose()) return;
  if (!ip.fragment && message.has(message.length())) {
    const std::uint16_t sum = internet_checksum(message.bytes().first(message.length()));
    if (sum != 0) {
      const std::uint16_t found = message.be16(2);
      context.put(" (wrong icmp cksum ", Hex{found}, " (->", Hex{expected_checksum(found, sum), 0}, ")!)");
    }
  }
  if (!is_error(type)) return;
  context.put("\n\t");
  const Cursor quoted = message.from(kHeader);
  if (context.depth < kMaxDepth) print_ipv4_packet(context, quoted.with_length(quoted.be16(2)));
  context.protocol("icmp");
  constexpr std::size_t kExtension = kHeader + kQuotedSize;
  if (!may_have_extension(type) || message.length() <= kExtension) return;
  const Cursor extension = message.from(kExtension);
  // RFC 4884 5.5: where no length tells the end of the quoted packet, the checksum tells an extension.
  const bool has_length = message.has(kHeader) && message.u8(5) != 0;
  const std::size_t extension_size = extension.length();
  if (!has_length && !context.truncated() && extension.has(extension_size) &&
      internet_checksum(extension.bytes().first(extension_size)) != 0) {
    return;
  }
  if (context.truncated()) {
    // tcpdump goes on after a quoted packet that was cut, and is cut again here.
    context.truncation.suffix = " [|icmp]";
  } else if (!extension.has(kExtensionHeader + 1)) {
    extension.truncated();  // tcpdump wants more than the header
  } else {
    put_extension(context, extension);
  }
}

}  // namespace ringtap
