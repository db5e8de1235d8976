// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// PGM, RFC 3208, in IP and in UDP; options of congestion control: draft-ietf-rmt-bb-pgmcc-03.
#include "dissect/service/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::uint8_t kProtocol = 113;
enum Type : std::uint8_t {
  kSpm = 0,
  kPoll = 1,
  kPolr = 2,
  kOriginal = 4,
  kRepair = 5,
  kNak = 8,
  kNullNak = 9,
  kConfirmation = 10,
  kAcknowledgment = 11,
  kSpmRequest = 12
};

enum OptionType : std::uint8_t {
  kLength = 0,
  kFragment = 1,
  kNakList = 2,
  kJoin = 3,
  kBackoffInterval = 4,
  kBackoffRange = 5,
  kRedirect = 7,
  kPathAddress = 12,
  kCongestionReport = 16,
  kPgmccData = 18,
  kPgmccFeedback = 19
};
struct OptionRow {
  std::uint8_t type;
  std::string_view name;  // where its length is wrong
  std::uint8_t size;
  std::string_view text;  // before its words
  std::string_view second = {};
  std::string_view third = {};
};
constexpr OptionRow kRows[] = {{kFragment, "OPT_FRAGMENT", 16, " FRAG seq ", " off ", " len "},
                               {kJoin, "OPT_JOIN", 8, " JOIN "},
                               {kBackoffInterval, "OPT_NAK_BO_IVL", 12, " BACKOFF ivl ", " ivlseq "},
                               {kBackoffRange, "OPT_NAK_BO_RNG", 12, " BACKOFF max ", " min "},
                               {8, "OPT_PARITY_PRM", 8, " PARITY MAXTGS "},
                               {9, "OPT_PARITY_GRP", 8, " PARITY GROUP "},
                               {10, "OPT_CURR_TGSIZE", 8, " PARITY ATGS "},
                               {11, "OPT_NBR_UNREACH", 4, " NBR_UNREACH"},
                               {13, "OPT_SYN", 4, " SYN"},
                               {14, "OPT_FIN", 4, " FIN"},
                               {15, "OPT_RST", 4, " RST"},
                               {17, "OPT_CRQST", 4, " CRQST"}};

constexpr std::uint16_t kIpv4 = 1;
constexpr std::uint16_t kIpv6 = 2;

// A network layer address: its family, two unused bytes, and itself.
struct Address {
  std::size_t size;  // 0: of another family
  const std::uint8_t* bytes;
};
Address take_address(Cursor& rest) {
  const std::uint16_t family = rest.be16(0);
  const std::size_t size = family == kIpv4 ? 4 : family == kIpv6 ? 16 : 0;
  rest.skip(4);
  const std::uint8_t* bytes = rest.block(0, size);
  rest.skip(size);
  return {size, bytes};
}
void put_address(Context& context, const Address& address) {
  if (address.size == 4) {
    context.out.ipv4(address.bytes);
  } else {
    context.out.ipv6(address.bytes);
  }
}

// These are false where nothing more is to be printed of the packet.
bool put_wrong_size(Context& context, std::string_view name, std::size_t size, std::string_view relation,
                    std::size_t wanted) {
  context.put("[Bad ", name, " option, length ", size, relation, wanted, ']');
  return false;
}

bool put_addressed(Context& context, std::uint8_t type, const Cursor& option, std::size_t size) {
  const bool is_redirect = type == kRedirect;
  const std::string_view name = is_redirect          ? "OPT_REDIRECT"
                                : type == kPgmccData ? "OPT_PGMCC_DATA"
                                                     : "PGM_OPT_PGMCC_FEEDBACK";
  const std::size_t fields = is_redirect ? 8 : 12;
  if (size < fields) return put_wrong_size(context, name, size, " < ", fields);
  const std::uint32_t offset = option.be32(4);
  Cursor rest = option.from(fields - 4);
  const std::uint16_t family = rest.be16(0);
  if (context.truncated()) return false;
  const std::size_t address_size = family == kIpv4 ? 4 : family == kIpv6 ? 16 : 0;
  if (address_size == 0) {
    rest.truncated();
    return false;
  }
  if (size != fields + address_size) {
    context.put("[Bad ", name, " option, length ", size, " != ", fields, " + address size]");
    return false;
  }
  const Address address = take_address(rest);
  if (is_redirect) {
    context.put(" REDIRECT ");
  } else {
    context.put(type == kPgmccData ? " PGMCC DATA " : " PGMCC FEEDBACK ", offset, ' ');
  }
  put_address(context, address);
  return true;
}

bool put_option(Context& context, std::uint8_t type, const Cursor& option, std::size_t size) {
  for (const OptionRow& row : kRows) {
    if (row.type != type) continue;
    if (size != row.size) return put_wrong_size(context, row.name, size, " != ", row.size);
    const std::uint32_t words[] = {size >= 8 ? option.be32(4) : 0, size >= 12 ? option.be32(8) : 0,
                                   size >= 16 ? option.be32(12) : 0};
    context.put(row.text);
    if (size >= 8) context.put(words[0]);
    if (size >= 12) context.put(row.second, words[1]);
    if (size >= 16) context.put(row.third, words[2]);
    return true;
  }
  switch (type) {
    case kLength: {
      if (size != 4) return put_wrong_size(context, "OPT_LENGTH", size, " != ", 4);
      const std::uint16_t total = option.be16(2);
      context.put(" OPTS LEN (extra?) ", total);
      return true;
    }
    case kNakList: {
      context.put(" NAK LIST");
      for (std::size_t at = 4; at < size && !context.truncated(); at += 4) {
        if (size - at < 4) {
          context.put("[Option length not a multiple of 4]");
          return false;
        }
        const std::uint32_t sequence = option.be32(at);
        context.put(' ', sequence);
      }
      return true;
    }
    case kRedirect:
    case kPgmccData:
    case kPgmccFeedback:
      return put_addressed(context, type, option, size);
    case kPathAddress:
      context.put(" PATH_NLA [", size, ']');
      return true;
    case kCongestionReport:
      context.put(" CR");
      return true;
    default: {
      const std::span<const std::uint8_t> type_byte = option.span(0, 1);
      context.put(" OPT_");
      put_upper_hex(context, type_byte);
      context.put(" [", size, "] ");
      return true;
    }
  }
}

bool is_opaque(std::uint8_t type) {
  return type == kPathAddress || type == kCongestionReport || type == 6 || type > kPgmccFeedback;
}

// `rest` then begins behind the options.
bool put_options(Context& context, Cursor& rest) {
  constexpr std::size_t kLeast = 4;
  constexpr std::uint8_t kEnd = 0x80;
  if (!rest.has(kLeast)) {
    rest.truncated();
    return false;
  }
  const std::uint8_t first = rest.u8(0) & 0x7fU;
  if (first != kLength) {
    context.put("[First option bad, should be PGM_OPT_LENGTH, is ", first, ']');
    return false;
  }
  const std::size_t first_size = rest.u8(1);
  if (first_size != kLeast) return put_wrong_size(context, "OPT_LENGTH", first_size, " != ", kLeast);
  std::size_t total = rest.be16(2);
  if (total < kLeast) {
    context.put("[Bad total option length ", total, " < ", kLeast, ']');
    return false;
  }
  context.put(" OPTS LEN ", total);
  total -= kLeast;
  rest.skip(kLeast);
  context.protocol("pgm");
  while (total > 0) {
    if (total < kLeast) {
      context.put("[Total option length leaves no room for final option]");
      return false;
    }
    (void)rest.be16(0);
    if (context.truncated()) return false;
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    if (size < kLeast) {
      context.put("[Bad option, length ", size, " < ", kLeast, ']');
      break;
    }
    if (size > total) {
      context.put("[Total option length leaves no room for final option]");
      return false;
    }
    if (!rest.has(size)) {
      rest.truncated();
      return false;
    }
    if (!put_option(context, type & 0x7fU, rest, size) || context.truncated()) return false;
    // What tcpdump does not look into has two bytes more for it than it says.
    rest.skip(is_opaque(type & 0x7fU) ? size + 2 : size);
    // tcpdump does not count a list of NAKs.
    if ((type & 0x7fU) != kNakList) total -= size;
    if ((type & kEnd) != 0) break;
  }
  return true;
}

bool put_spm(Context& context, Cursor& rest) {
  const std::uint32_t words[] = {rest.take_be32(), rest.take_be32(), rest.take_be32()};
  const Address address = take_address(rest);
  if (address.size == 0) rest.truncated();
  if (context.truncated()) return false;
  context.put("SPM seq ", words[0], " trail ", words[1], " lead ", words[2], " nla ");
  put_address(context, address);
  return true;
}

bool put_poll(Context& context, Cursor& rest) {
  const std::uint32_t sequence = rest.take_be32();
  const std::uint16_t round = rest.take_be16();
  rest.skip(2);
  const Address address = take_address(rest);
  const std::uint32_t words[] = {rest.take_be32(), rest.take_be32(), rest.take_be32()};
  if (address.size == 0) rest.truncated();
  if (context.truncated()) return false;
  context.put("POLL seq ", sequence, " round ", round, " nla ");
  put_address(context, address);
  context.put(" ivl ", words[0], " rnd 0x", Hex{words[1], 8}, " mask 0x", Hex{words[2], 8});
  return true;
}

bool put_nak(Context& context, Cursor& rest, std::string_view name) {
  const std::uint32_t sequence = rest.take_be32();
  const Address source = take_address(rest);
  const std::uint16_t family = rest.be16(0);
  rest.skip(4);
  // tcpdump wants an IPv6 group, and prints it as if it were one of IPv4.
  const std::uint8_t* group = rest.block(0, 4);
  if (source.size == 0 || family != kIpv6) rest.truncated();
  if (context.truncated()) return false;
  rest.skip(4);
  context.put(name, " (");
  put_address(context, source);
  context.put(" -> ");
  context.out.ipv4(group);
  context.put("), seq ", sequence);
  return true;
}

bool put_data(Context& context, Cursor& rest, std::string_view name) {
  const std::uint32_t sequence = rest.take_be32();
  const std::uint32_t trail = rest.take_be32();
  if (context.truncated()) return false;
  context.put(name, " trail ", trail, " seq ", sequence);
  return true;
}

bool put_body(Context& context, std::uint8_t type, const Cursor& packet, Cursor& rest) {
  switch (type) {
    case kSpm:
      return put_spm(context, rest);
    case kPoll:
      return put_poll(context, rest);
    case kPolr: {
      const std::uint32_t sequence = rest.take_be32();
      const std::uint16_t round = rest.take_be16();
      (void)rest.be16(0);
      if (context.truncated()) return false;
      rest.skip(2);
      context.put("POLR seq ", sequence, " round ", round);
      return true;
    }
    case kOriginal:
      return put_data(context, rest, "ODATA");
    case kRepair:
      return put_data(context, rest, "RDATA");
    case kNak:
      return put_nak(context, rest, "NAK");
    case kNullNak:
      return put_nak(context, rest, "NNAK");
    case kConfirmation:
      return put_nak(context, rest, "NCF");
    case kAcknowledgment: {
      const std::uint32_t sequence = rest.take_be32();
      (void)rest.be32(0);
      if (context.truncated()) return false;
      rest.skip(4);
      context.put("ACK seq ", sequence);
      return true;
    }
    case kSpmRequest:
      context.put("SPMR");
      rest = packet;  // where tcpdump looks for options of what has no body
      return true;
    default:
      context.put("UNKNOWN type 0x", Hex{type, 2});
      rest = packet;
      return true;
  }
}

void put_host(Context& context, const IpHeader& ip, const std::uint8_t* address) {
  if (ip.version == 4) {
    context.host4(address);
  } else {
    context.host6(address);
  }
}

void print_packet(Context& context, const Cursor& packet, const IpHeader& ip, bool has_zmtp) {
  context.protocol("pgm", true);
  if (!packet.has(4)) {
    put_host(context, ip, ip.source);
    context.put(" > ");
    put_host(context, ip, ip.destination);
    return context.put(": [|pgm]");
  }
  const bool is_in_ip = ip.protocol == kProtocol;
  const auto put_end = [&](const std::uint8_t* address, std::uint16_t port) {
    if (is_in_ip) {
      put_host(context, ip, address);
      context.put('.');
    }
    context.put(port);
  };
  put_end(ip.source, packet.be16(0));
  context.put(" > ");
  put_end(ip.destination, packet.be16(2));
  context.put(": ");
  if (!packet.has(kHeader)) return packet.truncated();
  const std::uint8_t type = packet.u8(4);
  const std::uint8_t options = packet.u8(5);
  const std::size_t data_size = packet.be16(14);
  context.put("PGM, length ", data_size);
  if (!context.verbose()) return;
  context.put(" 0x");
  for (std::size_t i = 0; i < 6; ++i) context.put(Hex{packet.u8(8 + i), 2});
  context.put(' ');
  Cursor rest = packet.from(kHeader);
  if (!put_body(context, type, packet, rest)) return;
  constexpr std::uint8_t kHasOptions = 1;
  if ((options & kHasOptions) != 0 && !put_options(context, rest)) return;
  context.put(" [", packet.length(), ']');
  if (has_zmtp && (type == kOriginal || type == kRepair)) print_zmtp_datagram(context, rest.with_length(data_size));
}

}  // namespace

void print_pgm(Context& context, Cursor packet, const IpHeader& ip) {
  print_packet(context, packet, ip, is_zmtp_forced(context));
}

void print_pgm_in_udp(Context& context, Cursor packet, const Transport& transport) {
  print_packet(context, packet, transport.ip, false);
}

void print_pgm_with_zmtp(Context& context, Cursor packet, const Transport& transport) {
  print_packet(context, packet, transport.ip, true);
}

}  // namespace ringtap
