// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// TCP, RFC 9293. Options: SACK RFC 2018, window scale and timestamps RFC 7323, T/TCP RFC 1644, MD5 RFC 2385, user
// timeout RFC 5482, authentication RFC 5925, fast open RFC 7413, multipath RFC 8684 (mptcp.cpp), SCPS CCSDS 714.0-B-2.
#include <bit>

#include "base/md5.hpp"
#include "dissect/checksum.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/transport/printers.hpp"
#include "dissect/transport/tcp_state.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMinHeader = 20;
constexpr std::uint8_t kProtocol = 6;
enum Flag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPush = 8, kAck = 16, kUrg = 32, kEce = 64, kCwr = 128 };
constexpr std::string_view kFlagLetters = "FSRP.UEWe";  // by bit

enum Option : std::uint8_t {
  kEol = 0,
  kNop = 1,
  kMss = 2,
  kWindowScale = 3,
  kSackOk = 4,
  kSack = 5,
  kEcho = 6,
  kEchoReply = 7,
  kTimestamps = 8,
  kCc = 11,
  kCcNew = 12,
  kCcEcho = 13,
  kMd5 = 19,
  kScps = 20,
  kUserTimeout = 28,
  kAuthentication = 29,
  kMultipath = 30,
  kFastOpen = 34,
  kExperiment = 254
};
constexpr Token kOptions[] = {
    {kEol, "eol"},         {kNop, "nop"},      {kMss, "mss"},         {kWindowScale, "wscale"},
    {kSackOk, "sackOK"},   {kSack, "sack"},    {kEcho, "echo"},       {kEchoReply, "echoreply"},
    {kTimestamps, "TS"},   {kCc, "cc"},        {kCcNew, "ccnew"},     {kCcEcho, ""},
    {kMd5, "md5"},         {kScps, "scps"},    {kUserTimeout, "uto"}, {kAuthentication, "tcp-ao"},
    {kMultipath, "mptcp"}, {kFastOpen, "tfo"}, {kExperiment, "exp"}};
constexpr std::uint16_t kExperimentFastOpen = 0xf989;

// First numbers of the two directions, to be taken off absolute ones.
struct Base {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool reverse = false;  // this segment goes against the direction that the entry names first
};

template <std::size_t Size>
Base relate(TcpConversations<Size>& conversations, const IpHeader& ip, std::uint16_t source_port,
            std::uint16_t destination_port, std::uint8_t flags, std::uint32_t& sequence, std::uint32_t& acknowledged) {
  // One entry serves both directions: the end with the smaller port, then the smaller address, comes first.
  bool reverse = source_port > destination_port;
  if (source_port == destination_port) reverse = std::memcmp(ip.source, ip.destination, Size) > 0;
  TcpEnds<Size> key;
  std::memcpy(key.addresses.data(), reverse ? ip.destination : ip.source, Size);
  std::memcpy(key.addresses.data() + Size, reverse ? ip.source : ip.destination, Size);
  key.ports = reverse ? static_cast<std::uint32_t>(destination_port) << 16 | source_port
                      : static_cast<std::uint32_t>(source_port) << 16 | destination_port;
  TcpFirstNumbers* first = conversations.find(key);
  if (first == nullptr || (flags & kSyn) != 0) {
    // The segment that opens a conversation keeps its absolute numbers.
    if (first == nullptr) first = &conversations.add(key, {});
    (reverse ? first->acknowledged : first->sequence) = sequence;
    (reverse ? first->sequence : first->acknowledged) = acknowledged - 1;
  } else {
    sequence -= reverse ? first->acknowledged : first->sequence;
    acknowledged -= reverse ? first->sequence : first->acknowledged;
  }
  return {first->sequence, first->acknowledged, reverse};
}

void put_hex(Context& context, const Cursor& option, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) context.put(Hex{option.u8(i), 2});
}

void put_sack(Context& context, const Cursor& option, std::size_t size, std::uint32_t start,
              std::string_view after_mark) {
  if (size % 8 != 0) return context.put(" invalid sack");
  context.put(' ', size / 8, ' ');
  for (std::size_t at = 0; at < size && !context.truncated(); at += 8) {
    if (!option.has(at + 8)) return option.truncated(after_mark);
    context.put('{', option.be32(at) - start, ':', option.be32(at + 4) - start, '}');
  }
}

// RFC 5482 puts the granularity (minutes) in the highest bit; tcpdump 4.99.3 takes the lowest.
void put_user_timeout(Context& context, std::uint16_t field) {
  const std::uint32_t seconds = (field & 1) != 0 ? (field >> 1) * 60u : field >> 1;
  context.put(" 0x", Hex{field}, ' ', seconds);
}

void put_authentication(Context& context, const Cursor& option, std::size_t size) {
  if (size < 2) return context.put_invalid();
  context.put(" keyid ", option.u8(0));
  context.put(" rnextkeyid ", option.u8(1));
  if (size > 2) context.put(" mac 0x");
  put_hex(context, option, 2, size);
}

// RFC 7413 4.1.1: a cookie has 4 to 16 bytes and an even number of them.
void put_fast_open(Context& context, const Cursor& cookie, std::size_t size) {
  if (size == 0) return context.put(" cookiereq");
  if (size % 2 != 0 || size < 4 || size > 16) return context.put_invalid();
  context.put(" cookie ");
  put_hex(context, cookie, 0, size);
}

// RFC 6994: the first two bytes name the experiment. False when they are not there.
bool put_experiment(Context& context, const Cursor& option, std::size_t size) {
  if (size < 2) return false;
  const std::uint16_t magic = option.be16(0);
  if (magic != kExperimentFastOpen) {
    context.put('-', Hex{magic, 4});
    return true;
  }
  context.put("-tfo");
  put_fast_open(context, option.from(2), size - 2);
  return true;
}

// A whole segment, from its header on.
struct Segment {
  const Cursor& bytes;
  const IpHeader& ip;
};

// RFC 2385 2.0: the pseudo-header, the header without options and with a checksum of 0, the data, the secret.
Md5::Digest md5_signature(const Segment& segment, std::string_view secret) {
  Md5 md5;
  const auto put = [&md5](std::initializer_list<std::uint8_t> bytes) { md5.update({bytes.begin(), bytes.size()}); };
  const IpHeader& ip = segment.ip;
  const auto length = static_cast<std::uint32_t>(segment.bytes.length());
  const auto high = static_cast<std::uint8_t>(length >> 8);
  const auto low = static_cast<std::uint8_t>(length);
  md5.update({ip.source, ip.address_size()});
  md5.update({ip.final_destination, ip.address_size()});
  if (ip.version == 4) {
    put({0, kProtocol, high, low});
  } else {
    put({static_cast<std::uint8_t>(length >> 24), static_cast<std::uint8_t>(length >> 16), high, low, 0, 0, 0,
         kProtocol});
  }
  const auto bytes = segment.bytes.bytes().first(segment.bytes.length());
  constexpr std::size_t kChecksum = 16;
  md5.update(bytes.first(kChecksum));
  put({0, 0});
  md5.update(bytes.subspan(kChecksum + 2, kMinHeader - kChecksum - 2));
  md5.update(bytes.subspan((bytes[12] >> 4) * std::size_t{4}));
  md5.update({reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()});
  return md5.finish();
}

void put_md5(Context& context, const Cursor& option, const Segment& segment) {
  const std::string& secret = context.options.tcp_secret;
  const bool is_whole = segment.bytes.has(segment.bytes.length());
  context.put(' ');
  if (!is_whole || secret.empty()) {
    context.put(is_whole ? "shared secret not supplied with -M" : "snaplen too short", ", can't check - ");
    return put_hex(context, option, 0, 16);
  }
  const auto signature = option.bytes().first(16);
  const Md5::Digest expected = md5_signature(segment, secret);
  if (!std::equal(signature.begin(), signature.end(), expected.begin())) return context.put_invalid();
  context.put("valid");
}

// The text of one option after its name; false when it cannot be what it says. `option` begins after the kind and
// size, `size` is what remains of it, `left` what remains of the header; `used` is how much of it was understood.
bool put_option(Context& context, std::uint8_t kind, const Cursor& option, std::size_t size, std::size_t left,
                const Base& base, const Segment& segment, bool first, std::size_t& used) {
  const std::string_view after_mark = first ? "" : ">";
  const auto fixed = [&](std::size_t count) {
    used = count;
    if (count <= left && !option.has(count)) option.truncated(after_mark);
    return count <= left;
  };
  switch (kind) {
    case kMss:
      if (!fixed(2)) return false;
      context.put(' ', option.be16(0));
      return true;
    case kWindowScale:
      if (!fixed(1)) return false;
      context.put(' ', option.u8(0));
      return true;
    case kSackOk:
      used = 0;
      return true;
    case kSack:
      used = size;
      put_sack(context, option, size, base.reverse ? base.sequence : base.acknowledged, after_mark);
      return true;
    case kEcho:
    case kEchoReply:
    case kCc:
    case kCcNew:
    case kCcEcho:
      if (!fixed(4)) return false;
      context.put(' ', option.be32(0));
      return true;
    case kTimestamps:
      if (!fixed(8)) return false;
      context.put(" val ", option.be32(0), " ecr ", option.be32(4));
      return true;
    case kMd5:
      if (!fixed(16)) return false;
      put_md5(context, option, segment);
      return true;
    case kScps:
      if (!fixed(2)) return false;
      context.put(" cap ", Hex{option.u8(0), 2}, " id ", option.u8(1));
      return true;
    case kUserTimeout:
      if (!fixed(2)) return false;
      put_user_timeout(context, option.be16(0));
      return true;
    case kAuthentication:
      used = size;
      put_authentication(context, option, size);
      return true;
    case kMultipath:
      used = size;
      if (size <= left && !option.has(size)) return option.truncated(after_mark), true;
      return size <= left && put_mptcp(context, option, size, segment.bytes.u8(13));
    case kFastOpen:
      used = size;
      if (!option.has(size)) return option.truncated(after_mark), true;
      context.put(' ');
      put_fast_open(context, option, size);
      return true;
    case kExperiment:
      used = size;
      if (!option.has(size)) return option.truncated(after_mark), true;
      return put_experiment(context, option, size);
    default:
      used = size;
      if (size > left) return false;
      if (size > 0) context.put(" 0x");
      put_hex(context, option, 0, std::min(size, option.captured()));
      if (!option.has(size)) option.truncated();
      return true;
  }
}

// False when the rest of the segment is not printed because an option is bad.
bool put_options(Context& context, Cursor options, std::size_t left, const Base& base, const Segment& segment) {
  // Most segments have no others than these, aligned as RFC 7323 appendix A says.
  constexpr std::uint32_t kAlignedTimestamps = 0x0101080a;
  if (left == 12 && options.has(12) && options.be32(0) == kAlignedTimestamps) {
    context.put(", options [nop,nop,TS val ", options.be32(4), " ecr ", options.be32(8), ']');
    return true;
  }
  context.put(", options [");
  bool first = true;
  const auto bad = [&] {
    context.put("[bad opt]");
    if (!first) context.put(']');
    return false;
  };
  while (left > 0 && !context.truncated()) {
    if (!first) context.put(',');
    const std::uint8_t kind = options.take_u8();
    --left;
    const bool has_size = kind != kEol && kind != kNop;
    std::size_t size = 1;
    if (has_size) {
      size = options.take_u8();
      if (context.truncated()) return false;
      if (size < 2 || size > left + 1) return bad();
      --left;
    }
    const std::string_view name = token(kOptions, kind, "?");
    if (name == "?") {
      context.put("unknown-", kind);
    } else {
      context.put(name);
    }
    std::size_t used = 0;
    if (has_size && !put_option(context, kind, options, size - 2, left, base, segment, first, used)) return bad();
    options.skip(used);
    left -= std::min(used, left);
    if (has_size && used + 2 != size) context.put("[len ", size, "]");
    first = false;
    if (kind == kEol) break;
  }
  context.put(']');
  return true;
}

void put_flag_letters(Context& context, unsigned flags) {
  char letters[9];
  std::size_t count = 0;
  for (std::uint32_t rest = flags; rest != 0; rest &= rest - 1) letters[count++] = kFlagLetters[std::countr_zero(rest)];
  context.put("Flags [", count == 0 ? std::string_view("none") : std::string_view(letters, count), ']');
}

void put_checksum(Context& context, const Cursor& segment, const IpHeader& ip) {
  if (!context.verbose() || context.options.no_checksums || ip.fragment || !segment.has(segment.length())) return;
  const std::uint16_t found = segment.be16(16);
  const std::uint16_t sum = transport_checksum(ip, kProtocol, segment.bytes().first(segment.length()),
                                               static_cast<std::uint32_t>(segment.length()));
  context.put(", cksum 0x", Hex{found, 4});
  if (sum == 0) {
    context.put(" (correct)");
  } else {
    context.put(" (incorrect -> 0x", Hex{expected_checksum(found, sum), 4}, ")");
  }
}

// RFC 1122 4.2.2.12: a reset may carry text that says why.
void put_reset_reason(Context& context, const Cursor& payload) {
  constexpr std::size_t kMaxText = 30;
  const std::size_t readable = payload.readable();
  context.put(readable < payload.length() ? " [!RST" : " [RST");
  if (payload.length() > kMaxText) context.put('+');
  context.put(' ');
  context.out.escaped(payload.bytes().first(std::min(readable, kMaxText)));
  context.put(']');
}

}  // namespace

void print_tcp(Context& context, Cursor segment, const IpHeader& ip) {
  context.protocol("tcp");
  if (!segment.has(4)) {
    put_addresses(context, ip);
    context.put("[|tcp]");
    return;
  }
  const std::uint16_t source = segment.be16(0);
  const std::uint16_t destination = segment.be16(2);
  put_endpoints(context, ip, kProtocol, &Context::tcp_port, source, destination);
  if (!segment.has(kMinHeader)) return segment.truncated();
  const std::size_t length = segment.length();
  const std::size_t header_size = (segment.u8(12) >> 4) * 4u;
  if (header_size < kMinHeader) {
    return context.put(" tcp ", static_cast<std::uint32_t>(length - header_size), " [bad hdr length ", header_size,
                       " - too short, < ", kMinHeader, "]");
  }
  std::uint32_t sequence = segment.be32(4);
  std::uint32_t acknowledged = segment.be32(8);
  const std::uint8_t flags = segment.u8(13);
  const std::uint16_t window = segment.be16(14);
  const std::uint16_t urgent = segment.be16(18);
  const auto put_too_long = [&] { context.put(" [bad hdr length ", header_size, " - too long, > ", length, "]"); };
  if (context.options.quiet) {
    context.put("tcp ", static_cast<std::uint32_t>(length - header_size));
    if (header_size > length) put_too_long();
    return;
  }
  Base base;
  if (!context.options.absolute_seq && (flags & kAck) != 0) {
    base = ip.version == 4 ? relate(context.tcp_state.ipv4, ip, source, destination, flags, sequence, acknowledged)
                           : relate(context.tcp_state.ipv6, ip, source, destination, flags, sequence, acknowledged);
  }
  // The ninth flag, AE of RFC 9768, has a letter in later tcpdumps.
  put_flag_letters(context, context.options.compat ? flags : flags | (segment.u8(12) & 1u) << 8);
  if (header_size > length) return put_too_long();
  put_checksum(context, segment, ip);
  const std::size_t body = length - header_size;
  if (body > 0) {
    context.put(", seq ", sequence, ':', sequence + static_cast<std::uint32_t>(body));
  } else if ((flags & (kSyn | kFin | kRst)) != 0 || context.verbose(2)) {
    context.put(", seq ", sequence);
  }
  if ((flags & kAck) != 0) context.put(", ack ", acknowledged);
  context.put(", win ", window);
  if ((flags & kUrg) != 0) context.put(", urg ", urgent);
  if (header_size > kMinHeader &&
      !put_options(context, segment.from(kMinHeader), header_size - kMinHeader, base, {segment, ip})) {
    return;
  }
  context.put(", length ", body);
  if (body == 0) return;
  if (!segment.has(header_size)) {
    // The options ended before the header does.
    context.put(" [remaining caplen(", segment.captured(), ") < header length(", header_size, ")]");
    return (void)segment.span(0, header_size);
  }
  const Cursor payload = segment.from(header_size).with_length(body);
  if ((flags & kRst) != 0 && context.verbose()) return put_reset_reason(context, payload);
  print_tcp_port(context, payload, {ip, source, destination});
}

std::uint32_t& slip_data_size(Context& context, unsigned direction, std::uint8_t connection) {
  return context.tcp_state.slip.data_sizes[direction & 1U][connection];
}

std::uint8_t& slip_last_connection(Context& context) {
  return context.tcp_state.slip.last;
}

}  // namespace ringtap
