// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// DNS, RFC 1034 and 1035, over UDP and TCP; multicast DNS, RFC 6762; extensions EDNS RFC 6891; transaction signatures,
// RFC 8945; service records RFC 2782, URI RFC 7553, A6 RFC 2874.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kUnicastPort = 53;  // either end; else it is multicast DNS
enum Type : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kA6 = 38,
  kDname = 39,
  kOpt = 41,
  kTsig = 250,
  kUri = 256
};
constexpr Token kTypes[] = {
    {1, "A"},      {2, "NS"},      {3, "MD"},        {4, "MF"},     {5, "CNAME"},     {6, "SOA"},
    {7, "MB"},     {8, "MG"},      {9, "MR"},        {10, "NULL"},  {11, "WKS"},      {12, "PTR"},
    {13, "HINFO"}, {14, "MINFO"},  {15, "MX"},       {16, "TXT"},   {17, "RP"},       {18, "AFSDB"},
    {19, "X25"},   {20, "ISDN"},   {21, "RT"},       {22, "NSAP"},  {23, "NSAP_PTR"}, {24, "SIG"},
    {25, "KEY"},   {26, "PX"},     {27, "GPOS"},     {28, "AAAA"},  {29, "LOC"},      {30, "NXT"},
    {31, "EID"},   {32, "NIMLOC"}, {33, "SRV"},      {34, "ATMA"},  {35, "NAPTR"},    {36, "KX"},
    {37, "CERT"},  {38, "A6"},     {39, "DNAME"},    {40, "SINK"},  {41, "OPT"},      {42, "APL"},
    {43, "DS"},    {44, "SSHFP"},  {45, "IPSECKEY"}, {46, "RRSIG"}, {47, "NSEC"},     {48, "DNSKEY"},
    {99, "SPF"},   {100, "UINFO"}, {101, "UID"},     {102, "GID"},  {103, "UNSPEC"},  {104, "UNSPECA"},
    {249, "TKEY"}, {250, "TSIG"},  {251, "IXFR"},    {252, "AXFR"}, {253, "MAILB"},   {254, "MAILA"},
    {255, "ANY"},  {256, "URI"}};
// Those that tcpdump has names for since 4.99.3, or none.
enum LaterType : std::uint16_t { kTlsa = 52, kSmimea = 53, kSvcb = 64, kHttps = 65, kCaa = 257 };
constexpr Token kLaterTypes[] = {{49, "DHCID"},       {50, "NSEC3"},  {51, "NSEC3PARAM"}, {kTlsa, "TLSA"},
                                 {kSmimea, "SMIMEA"}, {55, "HIP"},    {59, "CDS"},        {60, "CDNSKEY"},
                                 {61, "OPENPGPKEY"},  {62, "CSYNC"},  {63, "ZONEMD"},     {kSvcb, "SVCB"},
                                 {kHttps, "HTTPS"},   {108, "EUI48"}, {109, "EUI64"},     {kCaa, "CAA"}};
// Service parameters, RFC 9460 14.3.2.
enum ServiceKey : std::uint16_t { kAlpn = 1, kPort = 3, kIpv4Hint = 4, kEch = 5, kIpv6Hint = 6 };
constexpr Token kServiceKeys[] = {{0, "mandatory"},        {kAlpn, "alpn"},         {2, "no-default-alpn"},
                                  {kPort, "port"},         {kIpv4Hint, "ipv4hint"}, {kEch, "ech"},
                                  {kIpv6Hint, "ipv6hint"}, {7, "dohpath"},          {8, "ohttp"}};
constexpr Token kClasses[] = {{1, "IN"}, {3, "CHAOS"}, {4, "HS"}, {255, "ANY"}};
constexpr std::string_view kOperations[] = {"",         " inv_q",    " stat",     " op3",     " notify",  " update",
                                            " op6",     " op7",      " op8",      " updateA", " updateD", " updateDA",
                                            " updateM", " updateMA", " zoneInit", " zoneRef"};
constexpr std::uint8_t kInverseQuery = 1;
// With the blank before them: tcpdump 4.99.3 has none before two of the numbers it has no name for.
constexpr Token kResponses[] = {{0, ""},          {1, " FormErr"}, {2, " ServFail"}, {3, " NXDomain"},
                                {4, " NotImp"},   {5, " Refused"}, {6, " YXDomain"}, {7, " YXRRSet"},
                                {8, " NXRRSet"},  {9, " NotAuth"}, {10, " NotZone"}, {15, " NoChange"},
                                {16, " BadVers"}, {17, "Resp17"},  {21, "Resp21"},   {23, " BadCookie"}};
constexpr Token kOptions[] = {{1, "LLQ"},      {2, "UL"},     {3, "NSID"},     {5, "DAU"},         {6, "DHU"},
                              {7, "N3U"},      {8, "ECS"},    {9, "EXPIRE"},   {10, "COOKIE"},     {11, "KEEPALIVE"},
                              {12, "PADDING"}, {13, "CHAIN"}, {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"}};
constexpr Token kAlgorithms[] = {{0, "DELETE"},
                                 {1, "RSAMD5"},
                                 {2, "DH"},
                                 {3, "DS"},
                                 {5, "RSASHA1"},
                                 {6, "DSA-NSEC3-SHA1"},
                                 {7, "RSASHA1-NSEC3-SHA1"},
                                 {8, "RSASHA256"},
                                 {10, "RSASHA512"},
                                 {12, "ECC-GOST"},
                                 {13, "ECDSAP256SHA256"},
                                 {14, "ECDSAP384SHA384"},
                                 {15, "ED25519"},
                                 {16, "ED448"},
                                 {252, "INDIRECT"},
                                 {253, "PRIVATEDNS"},
                                 {254, "PRIVATEOID"}};
constexpr Token kDigests[] = {{1, "SHA-1"}, {2, "SHA-256"}, {3, "GOST_R_34.11-94"}, {4, "SHA-384"}};
constexpr Token kNsec3Hashes[] = {{1, "SHA-1"}};

enum Flags : std::uint16_t {
  kReply = 0x8000,
  kAuthoritative = 0x400,
  kTruncated = 0x200,
  kRecursionDesired = 0x100,
  kRecursionAvailable = 0x80,
  kAuthentic = 0x20,
  kCheckingDisabled = 0x10
};
// Bits that a query should not have.
constexpr std::uint16_t kStrangeInQuery = 0x06cf;

// A place in a message: names point back to its beginning. ok() turns false where tcpdump gives up.
class Message {
 public:
  Message(Context& context, const Cursor& message, bool multicast)
      : context_(context), message_(message), multicast_(multicast) {}

  [[nodiscard]] bool ok() const { return ok_ && !context_.truncated(); }

  void skip_name() {
    for (;;) {
      const std::uint8_t size = message_.u8(at_);
      if (!ok()) return;
      ++at_;
      if (size == 0) return;
      if ((size & 0xc0) == 0xc0) {
        ++at_;
        return;
      }
      if ((size & 0xc0) != 0) return fail();
      at_ += size;
    }
  }

  // The name at `at`; returns where the data after it begins.
  std::size_t put_name(std::size_t at) {
    std::size_t end = 0;                                                  // after the first pointer
    std::size_t limit = at;                                               // a pointer leads to what came before
    if (message_.has(at + 1) && message_.u8(at) == 0) context_.put('.');  // the root
    for (;;) {
      const std::uint8_t size = message_.u8(at);
      if (!ok()) return at;
      ++at;
      if (size == 0) break;
      if ((size & 0xc0) == 0xc0) {
        const std::size_t target = (size & 0x3fu) << 8 | message_.u8(at);
        if (!ok()) return at;
        if (end == 0) end = at + 1;
        if (target >= limit) {
          context_.put("<BAD PTR>");
          return fail(), at;
        }
        limit = target;
        at = target;
        continue;
      }
      if ((size & 0xc0) == 0x40) {
        context_.put("<ELT ", static_cast<std::uint32_t>(size & 0x3f), '>');
        return fail(), at;
      }
      if ((size & 0xc0) != 0) {
        context_.put("<BAD LABEL TYPE>");
        return fail(), at;
      }
      context_.out.escaped(message_.bytes().subspan(at).first(std::min<std::size_t>(size, message_.captured() - at)));
      at += size;
      if (!message_.has(at)) return fail(), at;
      context_.put('.');
    }
    return end != 0 ? end : at;
  }

  // " A? name"
  void put_question() {
    const std::size_t name = at_;
    skip_name();
    if (!ok()) return;
    const std::uint16_t type = message_.be16(at_);
    const std::uint16_t klass = message_.be16(at_ + 2);
    if (!ok()) return;
    at_ += 4;
    put_type(type);
    put_class(multicast_ ? klass & 0x7fff : klass);
    if (multicast_) context_.put((klass & 0x8000) != 0 ? " (QU)" : " (QM)");
    context_.put("? ");
    put_name(name);
  }
  void skip_question() {
    skip_name();
    at_ += 4;
  }

  // Over questions and records without printing or marking: false when they do not end in the capture.
  bool pass_over(std::size_t questions, std::size_t records) {
    for (std::size_t i = 0; i < questions; ++i) {
      if (!try_skip_name() || !message_.has(at_ + 4)) return false;
      at_ += 4;
    }
    for (std::size_t i = 0; i < records; ++i) {
      if (!try_skip_name() || !message_.has(at_ + 10)) return false;
      at_ += 10u + message_.be16(at_ + 8);
    }
    return true;
  }
  // The response code's upper bits, from the OPT record among `count` records; 0 when there is none.
  std::uint16_t extended_response(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!try_skip_name() || !message_.has(at_ + 5)) return 0;
      if (message_.be16(at_) == kOpt) return static_cast<std::uint16_t>(message_.u8(at_ + 4) << 4);
      if (!message_.has(at_ + 10)) return 0;
      at_ += 10u + message_.be16(at_ + 8);
    }
    return 0;
  }

  // " name A 1.2.3.4"
  void put_record() {
    if (context_.verbose()) {
      context_.put(' ');
      at_ = put_name(at_);
    } else if (!try_skip_name()) {
      return stop();
    }
    if (!ok()) return;
    if (!message_.has(at_ + 10)) return stop();
    const std::uint16_t type = message_.be16(at_);
    const std::uint16_t klass = message_.be16(at_ + 2);
    const std::uint32_t lifetime = message_.be32(at_ + 4);
    const std::size_t size = message_.be16(at_ + 8);
    if (type != kOpt) {
      put_class(multicast_ ? klass & 0x7fff : klass);
      if (multicast_ && (klass & 0x8000) != 0) context_.put(" (Cache flush)");
      if (context_.verbose(3)) {
        context_.put(" [");
        put_duration(context_, lifetime);
        context_.put(']');
      }
    }
    put_type(type);
    at_ += 10;
    const std::size_t end = at_ + size;
    if (!message_.has(end)) return fail();
    put_data(type, klass, lifetime, end);
    at_ = end;
  }

  [[nodiscard]] bool at_end() const { return at_ >= message_.captured(); }
  void fail() { ok_ = false; }

 private:
  // tcpdump goes on without the rest where a record's fixed part is missing.
  void stop() { at_ = message_.captured(); }

  void put_type(std::uint16_t type) {
    const std::string_view name = dns_type_name(context_, type);
    context_.put(' ');
    context_.put_name(name, "Type", type);
  }
  void put_class(unsigned klass) {
    if (klass == 1) return;
    context_.put(' ');
    context_.put_name(dns_class_name(klass), "(Class ", klass, ')');
  }
  bool try_skip_name() {
    for (;;) {
      if (!message_.has(at_ + 1)) return false;
      const std::uint8_t size = message_.u8(at_++);
      if (size == 0) return true;
      if ((size & 0xc0) == 0xc0) {
        ++at_;
        return true;
      }
      if ((size & 0xc0) != 0) return false;
      at_ += size;
    }
  }

  void put_data(std::uint16_t type, std::uint16_t klass, std::uint32_t lifetime, std::size_t end) {
    switch (type) {
      case kA: {
        if (!message_.has(at_ + 4)) return fail();
        context_.put(' ');
        context_.out.ipv4(message_.block(at_, 4));
        break;
      }
      case kNs:
      case kCname:
      case kPtr:
      case kDname:
        context_.put(' ');
        put_name(at_);
        break;
      case kSoa: {
        if (!context_.verbose()) break;
        context_.put(' ');
        std::size_t at = put_name(at_);
        if (!ok()) return;
        context_.put(' ');
        at = put_name(at);
        for (unsigned i = 0; i < 5 && ok(); ++i, at += 4) {
          const std::uint32_t value = message_.be32(at);
          context_.put(' ', value);
        }
        break;
      }
      case kMx: {
        context_.put(' ');
        put_name(at_ + 2);
        if (!ok()) return;
        context_.put(' ', message_.be16(at_));
        break;
      }
      case kTxt:
        for (std::size_t at = at_; at < end && ok();) {
          context_.put(" \"");
          const std::uint8_t size = message_.u8(at++);
          for (std::uint8_t i = 0; i < size && ok(); ++i, ++at) {
            const std::uint8_t byte = message_.u8(at);
            context_.out.escaped(byte);
          }
          context_.put('"');
        }
        break;
      case kSrv: {
        context_.put(' ');
        put_name(at_ + 6);
        if (!ok()) return;
        context_.put(':', message_.be16(at_ + 4), ' ', message_.be16(at_), ' ', message_.be16(at_ + 2));
        break;
      }
      case kAaaa: {
        if (!message_.has(at_ + 16)) return fail();
        context_.put(' ');
        context_.out.ipv6(message_.block(at_, 16));
        break;
      }
      case kA6:
        put_a6(end);
        break;
      case kOpt:
        put_opt(klass, lifetime, end);
        break;
      case kTsig:
        put_signature();
        break;
      case kUri:
        context_.put(' ', message_.be16(at_));
        context_.put(' ', message_.be16(at_ + 2));
        context_.put(' ');
        context_.out.escaped(message_.span(at_ + 4, end - std::min(end, at_ + 4)));
        break;
      default:
        if (!context_.options.compat) put_later_data(type, end);
        break;
    }
  }

  // Types that tcpdump 4.99.3 does not know, in the form of zone files. The record is there to its end.
  void put_later_data(std::uint16_t type, std::size_t end) {
    switch (type) {
      case kHttps:
      case kSvcb:
        return put_service(end);
      case kCaa: {  // RFC 8659 4.1
        const std::size_t value = at_ + 2 + (at_ + 2 <= end ? message_.u8(at_ + 1) : 0);
        if (value > end) return;
        context_.put(' ', message_.u8(at_), ' ');
        context_.out.escaped(message_.span(at_ + 2, value - at_ - 2));
        context_.put(" \"");
        context_.out.escaped(message_.span(value, end - value));
        return context_.put('"');
      }
      case kTlsa:
      case kSmimea:  // RFC 6698 2.1
        if (at_ + 3 > end) return;
        context_.put(' ', message_.u8(at_), ' ', message_.u8(at_ + 1), ' ', message_.u8(at_ + 2), ' ');
        ringtap::put_hex(context_, message_.span(at_ + 3, end - at_ - 3));
        return;
      default:
        return;
    }
  }

  // RFC 9460 2: a priority, a name and parameters.
  void put_service(std::size_t end) {
    if (at_ + 3 > end) return;
    context_.put(' ', message_.be16(at_), ' ');
    std::size_t at = put_name(at_ + 2);
    while (ok() && at + 4 <= end) {
      const std::uint16_t key = message_.be16(at);
      const std::size_t size = message_.be16(at + 2);
      at += 4;
      if (size > end - at) return;
      context_.put(' ');
      context_.put_name(token(kServiceKeys, key), "key", key);
      put_service_value(key, message_.from(at).first(size));
      at += size;
    }
  }

  void put_service_value(std::uint16_t key, Cursor value) {
    char before = '=';
    const auto separate = [this, &before] {
      context_.put(before);
      before = ',';
    };
    switch (key) {
      case kAlpn:
        while (value.length() > 0) {
          const std::size_t size = value.take_u8();
          if (size > value.length()) return;
          separate();
          context_.out.escaped(value.span(0, size));
          value.skip(size);
        }
        return;
      case kPort:
        if (value.length() == 2) context_.put('=', value.be16(0));
        return;
      case kIpv4Hint:
        for (; value.length() >= 4; value.skip(4)) {
          separate();
          context_.out.ipv4(value.block(0, 4));
        }
        return;
      case kIpv6Hint:
        for (; value.length() >= 16; value.skip(16)) {
          separate();
          context_.out.ipv6(value.block(0, 16));
        }
        return;
      default:
        if (value.length() > 0) context_.put("=(", value.length(), " bytes)");
    }
  }

  void put_a6(std::size_t end) {
    const std::uint8_t prefix = message_.u8(at_);
    if (prefix > 128) return context_.put(' ', prefix, "(bad plen)");
    if (prefix < 128) {
      const std::size_t skipped = prefix / 8u;
      std::uint8_t address[16] = {};
      for (std::size_t i = skipped; i < 16; ++i) address[i] = message_.u8(at_ + 1 + i - skipped);
      if (!ok()) return;
      context_.put(' ', prefix, ' ');
      context_.out.ipv6(address);
    }
    if (prefix > 0) {
      const std::size_t name = at_ + 1 + 16 - prefix / 8u;
      if (name < end) {
        context_.put(' ');
        put_name(name);
      }
    }
  }

  void put_signature() {
    if (!context_.verbose()) return;
    context_.put(' ');
    std::size_t at = put_name(at_);
    if (!ok()) return;
    at += 6;
    context_.put(" fudge=", message_.be16(at));
    const std::uint16_t size = message_.be16(at + 2);
    context_.put(" maclen=", size);
    at += 4u + size;
    context_.put(" origid=", message_.be16(at));
    context_.put(" error=", message_.be16(at + 2));
    context_.put(" otherlen=", message_.be16(at + 4));
  }

  void put_opt(std::uint16_t size, std::uint32_t flags, std::size_t end) {
    context_.put(" UDPsize=", size);
    if ((flags & 0x8000) != 0) context_.put(" DO");
    if (at_ >= end) return;
    context_.put(" [");
    for (std::size_t at = at_; at < end && ok();) {
      if (at + 4 > end) return fail();
      const std::uint16_t code = message_.be16(at);
      const std::uint16_t length = message_.be16(at + 2);
      context_.put_name(token(kOptions, code), "Opt", code);
      at += 4;
      if (at + length > end) return fail();
      put_option(code, at, length);
      at += length;
      if (at < end) context_.put(',');
    }
    context_.put(']');
  }

  void put_hex(std::size_t at, std::size_t size) {
    if (size > 0) context_.put(' ');
    ringtap::put_hex(context_, message_.span(at, size));
  }

  // RFC 7873 4: the client's 8 bytes, and 8 to 32 of the server.
  void put_cookie(std::size_t at, std::size_t size) {
    constexpr std::size_t kClient = 8;
    if (size == 0) return;
    if (size != kClient && (size < 2 * kClient || size > 5 * kClient)) return context_.put("  (invalid)");
    put_hex(at, kClient);
    if (ok()) put_hex(at + kClient, size - kClient);
  }

  void put_option(std::uint16_t code, std::size_t at, std::size_t size) {
    switch (code) {
      case 10:
        return put_cookie(at, size);
      case 5:
        return put_algorithms(kAlgorithms, at, size);
      case 6:
        return put_algorithms(kDigests, at, size);
      case 7:
        return put_algorithms(kNsec3Hashes, at, size);
      case 8:
        return put_client_subnet(at, size);
      case 9:
        if (size == 4) context_.put(' ', message_.be32(at), " sec");
        return;
      case 11:
        if (size == 2) context_.put(' ', message_.be16(at) / 10u, '.', message_.be16(at) % 10u, " sec");
        return;
      case 12:
        return context_.put(" (", size, ')');
      case 13:
        context_.put(' ');
        put_name(at);
        return;
      case 14:
        for (std::size_t i = 0; i + 2 <= size; i += 2) context_.put(' ', message_.be16(at + i));
        return;
      default:
        return put_hex(at, size);
    }
  }

  void put_algorithms(std::span<const Token> table, std::size_t at, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint8_t code = message_.u8(at + i);
      context_.put(' ');
      context_.put_name(token(table, code), "Alg_", code);
    }
  }

  // RFC 7871: family, source and scope prefix length, as much of the address as the prefix needs.
  void put_client_subnet(std::size_t at, std::size_t size) {
    context_.put(' ');
    if (size < 4) return context_.put_invalid();
    const std::uint16_t family = message_.be16(at);
    const std::uint8_t source = message_.u8(at + 2);
    const std::uint8_t scope = message_.u8(at + 3);
    const std::size_t bytes = size - 4;
    const std::size_t whole = family == 1 ? 4 : 16;
    if ((family != 1 && family != 2) || bytes > whole || source > 8 * whole || scope > 8 * whole) {
      return context_.put_invalid();
    }
    std::uint8_t address[16] = {};
    const auto given = message_.span(at + 4, bytes);
    std::copy(given.begin(), given.end(), address);
    if (family == 1) {
      context_.out.ipv4(address);
    } else {
      context_.out.ipv6(address);
    }
    context_.put('/', source, '/', scope);
  }

  Context& context_;
  Cursor message_;
  bool multicast_;
  std::size_t at_ = kHeader;
  bool ok_ = true;
};

// Records of one section: the separator is printed between them.
void put_records(Context& context, Message& message, std::size_t count, std::string_view title) {
  if (count == 0 || !message.ok()) return;
  if (!title.empty() && message.at_end()) return message.fail();
  context.put(title);
  for (std::size_t i = 0; i < count && message.ok(); ++i) {
    if (i > 0) {
      if (message.at_end()) return message.fail();
      context.put(',');
    }
    message.put_record();
  }
}

void print_message(Context& context, Cursor payload, bool multicast, bool over_tcp) {
  context.protocol("domain", true);
  std::size_t length = payload.length();
  if (over_tcp) {
    // Only what is a message by itself is printed; the rest of a long one looks like any data.
    const std::uint16_t prefix = payload.be16(0);
    if (context.truncated()) return;
    if (length < 2 || prefix != length - 2) {
      context.put(" [prefix length(", prefix, ") != length(", length - std::min<std::size_t>(2, length), ")]");
      return context.put_invalid();
    }
    payload.skip(2);
    length -= 2;
    context.put(' ');
  }
  if (length < kHeader) {
    context.put("domain [length ", length, " < ", kHeader, "]");
    return context.put_invalid();
  }
  const std::uint16_t id = payload.be16(0);
  const std::uint16_t flags = payload.be16(2);
  const std::size_t questions = payload.be16(4);
  const std::size_t answers = payload.be16(6);
  const std::size_t authorities = payload.be16(8);
  const std::size_t additionals = payload.be16(10);
  if (context.truncated()) return;
  const std::uint8_t operation = flags >> 11 & 15;
  Message message(context, payload, multicast);
  if ((flags & kReply) != 0) {
    // The response code's upper half is in a much later record.
    Message scan(context, payload, multicast);
    std::uint16_t response = flags & 15;
    if (additionals > 0 && scan.pass_over(questions, answers + authorities)) {
      response = static_cast<std::uint16_t>(response | scan.extended_response(additionals));
    }
    context.put(id, kOperations[operation]);
    const std::string_view name = token(kResponses, response, "?");
    if (name == "?") {
      context.put(" Resp", response);
    } else {
      context.put(name);
    }
    if ((flags & kAuthoritative) != 0) context.put('*');
    if ((flags & kRecursionAvailable) == 0) context.put('-');
    if ((flags & kTruncated) != 0) context.put('|');
    if ((flags & kAuthentic) != 0) context.put('$');
    if (questions != 1) context.put(" [", questions, "q]");
    for (std::size_t i = 0; i < questions && message.ok(); ++i) {
      if (i > 0) context.put(',');
      if (context.verbose(2)) {
        context.put(" q:");
        message.put_question();
      } else {
        message.skip_question();
      }
    }
    if (message.ok()) {
      context.put(' ', answers, '/', authorities, '/', additionals);
      put_records(context, message, answers, "");
    }
  } else {
    context.put(id, kOperations[operation]);
    if ((flags & kRecursionDesired) != 0) context.put('+');
    if ((flags & kCheckingDisabled) != 0) context.put('%');
    if ((flags & kStrangeInQuery) != 0) context.put(" [b2&3=0x", Hex{flags}, ']');
    if (operation == kInverseQuery) {
      if (questions != 0) context.put(" [", questions, "q]");
      if (answers != 1) context.put(" [", answers, "a]");
    } else {
      if (answers != 0) context.put(" [", answers, "a]");
      if (questions != 1) context.put(" [", questions, "q]");
    }
    if (authorities != 0) context.put(" [", authorities, "n]");
    if (additionals != 0) context.put(" [", additionals, "au]");
    for (std::size_t i = 0; i < questions && message.ok(); ++i) message.put_question();
    if (context.verbose(2)) put_records(context, message, answers, "");
  }
  if (context.verbose(2)) {
    put_records(context, message, authorities, " ns:");
    put_records(context, message, additionals, " ar:");
  }
  if (!message.ok()) return payload.truncated();
  context.put(" (", length, ')');
}

}  // namespace

std::string_view dns_type_name(const Context& context, std::uint16_t type) {
  const std::string_view name = token(kTypes, type);
  return name.empty() && !context.options.compat ? token(kLaterTypes, type) : name;
}

std::string_view dns_class_name(unsigned klass) {
  return token(kClasses, klass);
}

void print_dns(Context& context, Cursor payload, const Transport& transport) {
  // Multicast DNS is told by its port alone, and -T says that the port does not count.
  const bool unicast = context.options.forced != nullptr || transport.source_port == kUnicastPort ||
                       transport.destination_port == kUnicastPort;
  print_message(context, payload, !unicast, false);
}
void print_dns_over_tcp(Context& context, Cursor payload, const Transport&) {
  print_message(context, payload, false, true);
}

}  // namespace ringtap
