// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ISAKMP, RFC 2408, with the payloads of IKEv1, RFC 2407 and 2409, and of IKEv2, RFC 7296. Both versions number their
// payloads in one space, and a payload is printed by its number.
#include <algorithm>

#include "dissect/control/ike_state.hpp"
#include "dissect/control/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 28;
constexpr Token kExchanges[] = {{0, "none"},        {1, "base"},        {2, "ident"},         {3, "auth"},
                                {4, "agg"},         {5, "inf"},         {32, "oakley-quick"}, {33, "oakley-newgroup"},
                                {34, "ikev2_init"}, {35, "ikev2_auth"}, {36, "child_sa"},     {37, "inf2"}};

void put_exchange(Context& context, std::uint8_t type) {
  context.put_name(token(kExchanges, type), '#', type);
}

enum Payload : std::uint8_t {
  kNone = 0,
  kSa = 1,
  kProposal = 2,
  kTransform = 3,
  kKeyExchange = 4,
  kIdentity = 5,
  kCertificate = 6,
  kCertificateRequest = 7,
  kHash = 8,
  kSignature = 9,
  kNonce = 10,
  kNotify = 11,
  kDelete = 12,
  kVendor = 13,
  kV2Sa = 33,
  kV2KeyExchange = 34,
  kV2Initiator = 35,
  kV2Responder = 36,
  kV2Certificate = 37,
  kV2CertificateRequest = 38,
  kV2Auth = 39,
  kV2Nonce = 40,
  kV2Notify = 41,
  kV2Delete = 42,
  kV2Vendor = 43,
  kV2Encrypted = 46,
  kV2Eap = 48
};
constexpr std::string_view kPayloads[] = {
    "none",    "sa",    "p",     "t",     "ke",    "id",    "cert",  "cr",     "hash",  "sig",
    "nonce",   "n",     "d",     "vid",   "pay14", "pay15", "pay16", "pay17",  "pay18", "pay19",
    "pay20",   "pay21", "pay22", "pay23", "pay24", "pay25", "pay26", "pay27",  "pay28", "pay29",
    "pay30",   "pay31", "pay32", "v2sa",  "v2ke",  "v2IDi", "v2IDr", "v2cert", "v2cr",  "v2auth",
    "v2nonce", "v2n",   "v2d",   "v2vid", "v2TSi", "v2TSr", "v2e",   "v2cp",   "v2eap"};

// RFC 2407 4.4.1; what a transform means depends on it.
enum Protocol : std::uint8_t { kIsakmp = 1, kAh = 2, kEsp = 3, kIpcomp = 4 };
constexpr Token kProtocols[] = {{kIsakmp, "isakmp"}, {kAh, "ipsec-ah"}, {kEsp, "ipsec-esp"}, {kIpcomp, "ipcomp"}};
constexpr Token kIsakmpTransforms[] = {{1, "ike"}};
constexpr Token kAhTransforms[] = {{1, "(reserved)"}, {2, "md5"},      {3, "sha"},     {4, "1des"},
                                   {5, "sha2-256"},   {6, "sha2-384"}, {7, "sha2-512"}};
constexpr Token kEspTransforms[] = {{1, "1des-iv64"}, {2, "1des"}, {3, "3des"},     {4, "rc5"},
                                    {5, "idea"},      {6, "cast"}, {7, "blowfish"}, {8, "3idea"},
                                    {9, "1des-iv32"}, {10, "rc4"}, {11, "null"},    {12, "aes"}};
constexpr Token kIpcompTransforms[] = {{1, "oui"}, {2, "deflate"}, {3, "lzs"}};
constexpr Token kPrfs[] = {{1, "hmac-md5"}, {2, "hmac-sha"}, {3, "hmac-tiger"}, {4, "aes128_xcbc"}};
constexpr Token kIntegrity[] = {{1, "hmac-md5"}, {2, "hmac-sha"}, {3, "dec-mac"}, {4, "kpdk-md5"}, {5, "aes-xcbc"}};
constexpr Token kGroups[] = {{1, "modp768"},     {2, "modp1024"},    {3, "EC2N 2^155"},  {4, "EC2N 2^185"},
                             {5, "modp1536"},    {6, "iana-grp06"},  {7, "iana-grp07"},  {8, "iana-grp08"},
                             {9, "iana-grp09"},  {10, "iana-grp10"}, {11, "iana-grp11"}, {12, "iana-grp12"},
                             {13, "iana-grp13"}, {14, "modp2048"},   {15, "modp3072"},   {16, "modp4096"},
                             {17, "modp6144"}};
constexpr Token kSequenceNumbers[] = {{0, "no-esn"}, {1, "esn"}};

// An attribute: what it is, and names of its values where they have any.
struct Attribute {
  std::uint16_t type;
  std::string_view name;
  std::span<const Token> values = {};
};
constexpr Token kLifeTypes[] = {{1, "sec"}, {2, "kb"}};
constexpr Token kCiphers[] = {{1, "1des"}, {2, "idea"}, {3, "blowfish"}, {4, "rc5"},
                              {5, "3des"}, {6, "cast"}, {7, "aes"}};
constexpr Token kHashes[] = {{1, "md5"}, {2, "sha1"}, {3, "tiger"}, {4, "sha2-256"}, {5, "sha2-384"}, {6, "sha2-512"}};
constexpr Token kAuths[] = {{1, "preshared"}, {2, "dss"}, {3, "rsa sig"}, {4, "rsa enc"}, {5, "rsa enc revised"}};
constexpr Token kGroupTypes[] = {{1, "MODP"}, {2, "ECP"}, {3, "EC2N"}};
constexpr Token kModes[] = {{1, "tunnel"}, {2, "transport"}};
constexpr Token kEspAuths[] = {{1, "hmac-md5"}, {2, "hmac-sha1"}, {3, "1des-mac"}, {4, "keyed"}};
constexpr Attribute kOakley[] = {{1, "enc", kCiphers},
                                 {2, "hash", kHashes},
                                 {3, "auth", kAuths},
                                 {4, "group desc", kGroups},
                                 {5, "group type", kGroupTypes},
                                 {6, "group prime"},
                                 {7, "group gen1"},
                                 {8, "group gen2"},
                                 {9, "group curve A"},
                                 {10, "group curve B"},
                                 {11, "lifetype", kLifeTypes},
                                 {12, "lifeduration"},
                                 {13, "prf"},
                                 {14, "keylen"},
                                 {15, "field"},
                                 {16, "order"}};
constexpr Attribute kIpsec[] = {{1, "lifetype", kLifeTypes},
                                {2, "life"},
                                {3, "group desc", kGroups},
                                {4, "enc mode", kModes},
                                {5, "auth", kEspAuths},
                                {6, "keylen"},
                                {7, "rounds"},
                                {8, "dictsize"},
                                {9, "privalg"}};
constexpr Attribute kV2Attributes[] = {{14, "keylen"}};

// "I" from who sent the first packet with this cookie, "R" to them, "?" where that was not seen.
char direction(IkeState& state, const IpHeader& ip, std::uint64_t initiator, std::uint64_t responder) {
  const std::size_t size = ip.address_size();
  IkeState::Exchange here{.cookie = initiator, .addresses = {}, .version = ip.version};
  std::copy(ip.source, ip.source + size, here.addresses.begin());
  std::copy(ip.destination, ip.destination + size, here.addresses.begin() + static_cast<std::ptrdiff_t>(size));
  if (initiator == 0) return '?';
  const IkeState::Exchange* known = state.find(initiator);
  if (known == nullptr) {
    if (responder != 0) return '?';
    state.add(here);
    return 'I';
  }
  if (known->version != here.version) return '?';
  const auto same = [&](std::size_t a, std::size_t b) {
    return std::equal(known->addresses.begin() + static_cast<std::ptrdiff_t>(a),
                      known->addresses.begin() + static_cast<std::ptrdiff_t>(a + size),
                      here.addresses.begin() + static_cast<std::ptrdiff_t>(b));
  };
  if (same(0, 0)) return 'I';
  if (same(size, 0)) return 'R';
  return '?';
}

void put_numbered(Context& context, std::span<const Token> names, std::uint32_t value) {
  context.put_name(token(names, value), '#', value);
}

void put_payload_name(Context& context, std::uint8_t payload) {
  if (payload < std::size(kPayloads)) {
    context.put(kPayloads[payload]);
  } else {
    context.put('#', payload);
  }
}

void put_hex(Context& context, const Cursor& bytes) {
  put_hex(context, bytes.bytes().first(bytes.readable()));
}

// The beginning of something long, and its end, which tcpdump 4.99.3 takes to be the packet's.
void put_excerpt(Context& context, const Cursor& bytes) {
  constexpr std::size_t kFirst = 10;
  constexpr std::size_t kLast = 20;
  const auto all = bytes.bytes();
  const auto first = all.first(std::min(kFirst, all.size()));
  const auto rest = all.subspan(first.size());
  put_hex(context, first);
  context.put("...");
  put_hex(context, rest.last(std::min(kLast, rest.size())));
}

bool too_short(Context& context, std::string_view name) {
  context.put(" [|", name, ']');
  return false;
}

// Attributes, RFC 2408 3.3, up to the end.
void put_attributes(Context& context, std::span<const Attribute> known, Cursor attributes) {
  while (attributes.length() > 0 && !context.truncated()) {
    const bool fixed = (attributes.u8(0) & 0x80) != 0;
    if (fixed && attributes.length() < 4) return context.put("[|attr]");
    const std::uint16_t head = attributes.be16(0);
    const std::uint16_t value = attributes.be16(2);
    if (context.truncated()) return;
    const std::size_t size = fixed ? 0 : value;
    if (attributes.length() < 4 + size) return context.put("[|attr]");
    const auto type = static_cast<std::uint16_t>(head & 0x7fff);
    const Attribute* attribute = nullptr;
    for (const Attribute& candidate : known) {
      if (candidate.type == type) attribute = &candidate;
    }
    context.put("(type=");
    if (attribute != nullptr) {
      context.put(attribute->name);
    } else {
      context.put('#', type);
    }
    if (!fixed) {
      context.put(" len=", size, " value=");
      put_hex(context, attributes.from(4).first(size));
    } else {
      context.put(" value=");
      context.put_name(attribute == nullptr ? std::string_view() : token(attribute->values, value), Hex{value, 4});
    }
    context.put(')');
    attributes.skip(4 + size);
  }
}

// A printer of one payload: `body` is what its length covers after the generic header. False when the packet cannot
// be followed any further. `rest` is the packet from the body on, for payloads with payloads in them.
struct Item {
  Cursor body;
  bool critical;
  std::uint8_t protocol;  // of the proposal a transform is in
  unsigned depth;
};
bool put_payloads(Context& context, std::uint8_t payload, Cursor rest, unsigned depth, std::uint8_t protocol,
                  bool second_version);

// " 0102…" where the whole is asked for.
void put_raw(Context& context, const Cursor& body) {
  if (!context.verbose(3)) return;
  context.put(' ');
  put_hex(context, body);
}

bool put_spi(Context& context, const Cursor& body, std::size_t at, std::size_t size, std::string_view name) {
  if (size == 0) return true;
  context.put(" spi=");
  if (body.length() < at + size) return too_short(context, name);
  put_hex(context, body.from(at).first(size));
  return true;
}

bool put_sa(Context& context, const Item& item) {
  constexpr std::uint32_t kIpsecDoi = 1;
  constexpr std::string_view kSituations[] = {"identity", "secrecy", "integrity"};
  const Cursor& body = item.body;
  context.put("sa:");
  if (body.length() < 8) return too_short(context, "sa");
  const std::uint32_t doi = body.be32(0);
  const std::uint32_t situation = body.be32(4);
  if (doi != kIpsecDoi) {
    context.put(" doi=", doi, " situation=", situation);
    return true;
  }
  context.put(" doi=ipsec situation=");
  bool any = false;
  for (unsigned bit = 0; bit < 3; ++bit) {
    if ((situation >> bit & 1) == 0) continue;
    context.put(any ? "+" : "", kSituations[bit]);
    any = true;
  }
  std::size_t at = 8;
  if (situation != 1) {
    context.put(" ident=", doi);
    at += 4;
  }
  if (body.length() < at + 4) return too_short(context, "sa");
  return put_payloads(context, kProposal, body.from(at), item.depth + 1, 0, false);
}

bool put_proposal(Context& context, const Item& item, bool second_version) {
  const Cursor& body = item.body;
  context.put("p:");
  if (body.length() < 4) return too_short(context, "p");
  const std::uint8_t protocol = body.u8(1);
  const std::size_t spi = body.u8(2);
  context.put(" #", body.u8(0), " protoid=");
  put_numbered(context, kProtocols, protocol);
  context.put(" transform=", body.u8(3));
  if (second_version) context.put(" len=", body.length() + 4);
  if (!put_spi(context, body, 4, spi, "p")) return false;
  if (body.length() < 4 + spi + 4) return too_short(context, "p");
  return put_payloads(context, kTransform, body.from(4 + spi), item.depth + 1, protocol, second_version);
}

bool put_transform(Context& context, const Item& item) {
  const Cursor& body = item.body;
  context.put("t:");
  if (body.length() < 4) return too_short(context, "t");
  const std::uint8_t id = body.u8(1);
  context.put(" #", body.u8(0), " id=");
  switch (item.protocol) {
    case kIsakmp:
      put_numbered(context, kIsakmpTransforms, id);
      break;
    case kAh:
      put_numbered(context, kAhTransforms, id);
      break;
    case kEsp:
      put_numbered(context, kEspTransforms, id);
      break;
    case kIpcomp:
      put_numbered(context, kIpcompTransforms, id);
      break;
    default:
      context.put(id);
      break;
  }
  context.put(' ');
  put_attributes(context, item.protocol == kIsakmp ? std::span<const Attribute>(kOakley) : kIpsec, body.from(4));
  return true;
}

bool put_v2_transform(Context& context, const Item& item, unsigned number) {
  enum Kind : std::uint8_t { kCipher = 1, kPrf, kIntegrityAlgorithm, kGroup, kSequence };
  constexpr Token kKinds[] = {
      {kCipher, "encr"}, {kPrf, "prf"}, {kIntegrityAlgorithm, "integ"}, {kGroup, "dh"}, {kSequence, "esn"}};
  const Cursor& body = item.body;
  const std::uint8_t kind = body.u8(0);
  const std::uint16_t id = body.be16(2);
  context.put("t: #", number, " type=");
  put_numbered(context, kKinds, kind);
  context.put(" id=");
  switch (kind) {
    case kCipher:
      put_numbered(context, kEspTransforms, id);
      break;
    case kPrf:
      put_numbered(context, kPrfs, id);
      break;
    case kIntegrityAlgorithm:
      put_numbered(context, kIntegrity, id);
      break;
    case kGroup:
      if (id == 18) {
        context.put("modp8192");
      } else {
        put_numbered(context, kGroups, id);
      }
      break;
    case kSequence:
      put_numbered(context, kSequenceNumbers, id);
      break;
    default:
      context.put(id);
      break;
  }
  context.put(' ');
  put_attributes(context, kV2Attributes, body.from(4));
  return true;
}

// RFC 2407 4.6.2.
bool put_identity(Context& context, const Item& item) {
  enum Kind : std::uint8_t { kV4 = 1, kFqdn, kUserFqdn, kV4Net, kV6, kV6Net, kV4Range, kV6Range };
  constexpr Token kKinds[] = {
      {kV4, "IPv4"},       {kFqdn, "FQDN"},         {kUserFqdn, "user FQDN"}, {kV4Net, "IPv4net"}, {kV6, "IPv6"},
      {kV6Net, "IPv6net"}, {kV4Range, "IPv4range"}, {kV6Range, "IPv6range"},  {9, "ASN1 DN"},      {10, "ASN1 GN"},
      {11, "keyid"}};
  constexpr std::size_t kLeast[] = {0, 4, 0, 0, 8, 16, 32, 8, 32};
  const Cursor& body = item.body;
  context.put("id:");
  if (body.length() < 4) return too_short(context, "id");
  const std::uint8_t kind = body.u8(0);
  context.put(" idtype=");
  put_numbered(context, kKinds, kind);
  context.put(" protoid=", body.u8(1), " port=", body.be16(2));
  const Cursor data = body.from(4);
  if (data.length() == 0) return true;
  context.put(" len=", data.length());
  const std::size_t least = kind < std::size(kLeast) ? kLeast[kind] : 0;
  if (data.length() < least) {
    context.put(" [bad: < ", least, ']');
    return true;
  }
  switch (kind) {
    case kV4:
      put_host4(context, " ", data.block(0, 4));
      break;
    case kFqdn:
    case kUserFqdn:
      context.put(' ');
      context.out.escaped(data.span(0, data.length()));
      break;
    case kV4Net: {
      const std::uint8_t* mask = data.block(4, 4);
      put_host4(context, " ", data.block(0, 4));
      context.put('/', mask[0], '.', mask[1], '.', mask[2], '.', mask[3]);
      break;
    }
    case kV6:
      put_host6(context, " ", data.block(0, 16));
      break;
    case kV6Net:
      put_host6(context, " ", data.block(0, 16));
      context.put("/0x");
      put_hex(context, data.from(16).first(16));
      break;
    case kV4Range:
      put_host4(context, " ", data.block(0, 4));
      put_host4(context, "-", data.block(4, 4));
      break;
    case kV6Range:
      put_host6(context, " ", data.block(0, 16));
      put_host6(context, "-", data.block(16, 16));
      break;
    default:
      put_raw(context, data);
      break;
  }
  return true;
}

bool put_certificate(Context& context, const Item& item, std::string_view name) {
  constexpr std::string_view kTypes[] = {"none",     "pkcs7", "pgp", "dns",  "x509sign", "x509ke",
                                         "kerberos", "crl",   "arl", "spki", "x509attr"};
  context.put(name, ':');
  if (item.body.length() < 2) return too_short(context, name);
  const std::uint8_t type = item.body.u8(0);
  context.put(" len=", item.body.length(), " type=");
  if (type < std::size(kTypes)) {
    context.put(kTypes[type]);
  } else {
    context.put('#', type);
  }
  put_raw(context, item.body);
  return true;
}

// RFC 2408 3.14.1 and RFC 2407 4.6.3: three spaces of numbers.
void put_notify_type(Context& context, std::uint16_t type, bool ipsec) {
  constexpr std::string_view kErrors[] = {"",
                                          "INVALID-PAYLOAD-TYPE",
                                          "DOI-NOT-SUPPORTED",
                                          "SITUATION-NOT-SUPPORTED",
                                          "INVALID-COOKIE",
                                          "INVALID-MAJOR-VERSION",
                                          "INVALID-MINOR-VERSION",
                                          "INVALID-EXCHANGE-TYPE",
                                          "INVALID-FLAGS",
                                          "INVALID-MESSAGE-ID",
                                          "INVALID-PROTOCOL-ID",
                                          "INVALID-SPI",
                                          "INVALID-TRANSFORM-ID",
                                          "ATTRIBUTES-NOT-SUPPORTED",
                                          "NO-PROPOSAL-CHOSEN",
                                          "BAD-PROPOSAL-SYNTAX",
                                          "PAYLOAD-MALFORMED",
                                          "INVALID-KEY-INFORMATION",
                                          "INVALID-ID-INFORMATION",
                                          "INVALID-CERT-ENCODING",
                                          "INVALID-CERTIFICATE",
                                          "CERT-TYPE-UNSUPPORTED",
                                          "INVALID-CERT-AUTHORITY",
                                          "INVALID-HASH-INFORMATION",
                                          "AUTHENTICATION-FAILED",
                                          "INVALID-SIGNATURE",
                                          "ADDRESS-NOTIFICATION",
                                          "NOTIFY-SA-LIFETIME",
                                          "CERTIFICATE-UNAVAILABLE",
                                          "UNSUPPORTED-EXCHANGE-TYPE",
                                          "UNEQUAL-PAYLOAD-LENGTHS"};
  constexpr std::string_view kReserved[] = {"RESERVED"};
  constexpr std::string_view kStatus[] = {"CONNECTED"};
  constexpr std::string_view kIpsecStatus[] = {"RESPONDER-LIFETIME", "REPLAY-STATUS", "INITIAL-CONTACT"};
  constexpr std::uint16_t kSpace = 8192;
  std::span<const std::string_view> names;
  std::uint32_t number = type;
  if (ipsec && type < 4 * kSpace) {
    const std::span<const std::string_view> spaces[] = {kErrors, kReserved, kStatus, kIpsecStatus};
    names = spaces[type / kSpace];
    number = type % kSpace;
  } else if (type < kSpace) {
    names = kErrors;
  } else if (type >= 2 * kSpace && type < 3 * kSpace) {
    names = kStatus;
    number = type % kSpace;
  }
  if (number < names.size() && !names[number].empty()) {
    context.put(names[number]);
  } else {
    context.put('#', number);
  }
}

bool put_notify(Context& context, const Item& item) {
  constexpr std::uint16_t kLifetime = 24576;
  constexpr std::uint16_t kReplayStatus = 24577;
  const Cursor& body = item.body;
  context.put("n:");
  if (body.length() < 8) return too_short(context, "n");
  const std::uint32_t doi = body.be32(0);
  const std::size_t spi = body.u8(5);
  const std::uint16_t type = body.be16(6);
  const bool ipsec = doi == 1;
  if (ipsec) {
    context.put(" doi=ipsec proto=");
    put_numbered(context, kProtocols, body.u8(4));
  } else {
    context.put(" doi=", doi, " proto=", body.u8(4));
  }
  context.put(" type=");
  put_notify_type(context, type, ipsec);
  if (!put_spi(context, body, 8, spi, "n")) return false;
  const Cursor data = body.from(8 + spi);
  // As in the excerpt, what tcpdump 4.99.3 takes for data ends with the packet.
  if (!ipsec || data.captured() == 0) return true;
  if (type == kLifetime) {
    context.put(" attrs=(");
    put_attributes(context, kOakley, data);
  } else if (type == kReplayStatus) {
    context.put(" status=(");
    context.put("replay detection ", data.be32(0) != 0 ? "enabled" : "disabled");
  } else {
    context.put(" data=(");
    if (context.verbose(4)) {
      put_hex(context, data.bytes());
    } else {
      put_excerpt(context, data);
    }
  }
  context.put(')');
  return true;
}

bool put_delete(Context& context, const Item& item) {
  const Cursor& body = item.body;
  context.put("d:");
  if (body.length() < 8) return too_short(context, "d");
  const std::uint32_t doi = body.be32(0);
  const std::size_t size = body.u8(5);
  const std::uint16_t count = body.be16(6);
  if (doi == 1) {
    context.put(" doi=ipsec proto=");
    put_numbered(context, kProtocols, body.u8(4));
  } else {
    context.put(" doi=", doi, " proto=", body.u8(4));
  }
  context.put(" spilen=", size, " nspi=", count, " spi=");
  Cursor spis = body.from(8);
  for (std::uint32_t i = 0; i < count; ++i, spis.skip(size)) {
    if (i > 0) context.put(',');
    if (spis.length() < size) return too_short(context, "d");
    put_hex(context, spis.first(size));
  }
  return true;
}

void put_v2_name(Context& context, const Item& item, std::string_view name) {
  context.put(name, item.critical ? "[C]:" : ":");
}

bool put_v2_sa(Context& context, const Item& item) {
  put_v2_name(context, item, "sa");
  context.put(" len=", item.body.length());
  return put_payloads(context, kProposal, item.body, item.depth + 1, 0, true);
}

bool put_v2_key_exchange(Context& context, const Item& item) {
  const Cursor& body = item.body;
  if (body.length() < 4) return too_short(context, "v2ke");
  put_v2_name(context, item, "v2ke");
  context.put(" len=", body.length() - 4, " group=");
  const std::uint16_t group = body.be16(0);
  if (group == 18) {
    context.put("modp8192");
  } else {
    put_numbered(context, kGroups, group);
  }
  if (body.length() > 4) put_raw(context, body.from(4));
  return true;
}

bool put_v2_identity(Context& context, const Item& item, std::string_view name) {
  enum Kind : std::uint8_t { kV4 = 1, kFqdn = 2, kRfc822 = 3, kV6 = 5, kDn = 9, kGn = 10, kKeyId = 11 };
  constexpr Token kKinds[] = {{kV4, "ipv4"}, {kFqdn, "fqdn"}, {kRfc822, "rfc822"}, {kV6, "ipv6"},
                              {kDn, "dn"},   {kGn, "gn"},     {kKeyId, "keyid"}};
  const Cursor& body = item.body;
  if (body.length() < 4) return too_short(context, name);
  put_v2_name(context, item, name);
  context.put(" len=", body.length());
  put_raw(context, body);
  const std::uint8_t kind = body.u8(0);
  const std::string_view kind_name = token(kKinds, kind);
  if (kind_name.empty()) return true;
  context.put(' ', kind_name, ':');
  const Cursor data = body.from(4);
  if (kind == kFqdn || kind == kRfc822) {
    for (const std::uint8_t byte : data.span(0, data.length())) context.out.printable(byte);
  } else {
    put_hex(context, data);
  }
  return true;
}

bool put_v2_auth(Context& context, const Item& item) {
  constexpr Token kMethods[] = {{0, "invalid"}, {1, "rsasig"}, {2, "shared-secret"}, {3, "dsssig"}};
  const Cursor& body = item.body;
  if (body.length() < 4) return too_short(context, "v2auth");
  put_v2_name(context, item, "v2auth");
  context.put(" len=", body.length(), " method=");
  put_numbered(context, kMethods, body.u8(0));
  const Cursor data = body.from(4);
  if (context.verbose(2)) {
    context.put(" authdata=(");
    put_hex(context, data);
    context.put(") ");
  } else {
    context.put(" data=(");
    put_excerpt(context, data);
    context.put(')');
  }
  return true;
}

bool put_v2_nonce(Context& context, const Item& item) {
  put_v2_name(context, item, "nonce");
  context.put(" len=", item.body.length());
  if (context.verbose(2)) {
    context.put(" nonce=(");
    put_hex(context, item.body);
    context.put(") ");
  } else {
    context.put(" data=(");
    put_excerpt(context, item.body);
    context.put(')');
  }
  return true;
}

// RFC 7296 3.10.1.
bool put_v2_notify(Context& context, const Item& item) {
  constexpr std::uint16_t kCookie = 16390;
  constexpr Token kTypes[] = {{1, "unsupported_critical_payload"},
                              {4, "invalid_ike_spi"},
                              {5, "invalid_major_version"},
                              {7, "invalid_syntax"},
                              {9, "invalid_message_id"},
                              {11, "invalid_spi"},
                              {14, "no_protocol_chosen"},
                              {17, "invalid_ke_payload"},
                              {24, "authentication_failed"},
                              {34, "single_pair_required"},
                              {35, "no_additional_sas"},
                              {36, "internal_address_failure"},
                              {37, "failed:cp_required"},
                              {39, "invalid_selectors"},
                              {16384, "initial_contact"},
                              {16385, "set_window_size"},
                              {16386, "additional_ts_possible"},
                              {16387, "ipcomp_supported"},
                              {16388, "nat_detection_source_ip"},
                              {16389, "nat_detection_destination_ip"},
                              {kCookie, "cookie"},
                              {16391, "use_transport_mode"},
                              {16392, "http_cert_lookup_supported"},
                              {16393, "rekey_sa"},
                              {16394, "tfc_padding_not_supported"},
                              {16395, "non_first_fragment_also"}};
  const Cursor& body = item.body;
  if (body.length() < 4) return too_short(context, "n");
  const std::size_t spi = body.u8(1);
  const std::uint16_t type = body.be16(2);
  put_v2_name(context, item, "n");
  context.put(" prot_id=");
  put_numbered(context, kProtocols, body.u8(0));
  const std::string_view range = type < 8192    ? "error"
                                 : type < 16384 ? "private-error"
                                 : type < 40960 ? "status"
                                                : "private-status";
  context.put(" type=", type, '(', token(kTypes, type, range), ')');
  // An SPI is shown where the notification can be about one.
  constexpr std::uint16_t kWithoutSpi[] = {1,     5,     35,    36,    37,    39,    16384,
                                           16385, 16386, 16387, 16391, 16392, 16394, 16395};
  const bool shows_spi = std::ranges::find(kWithoutSpi, type) == std::end(kWithoutSpi);
  if (shows_spi && !put_spi(context, body, 4, spi, "n")) return false;
  if (body.length() <= 4 + spi || (type != kCookie && !context.verbose(4))) return true;
  context.put(" data=(");
  const Cursor data = body.from(4 + spi);
  constexpr std::size_t kLong = 30;
  if (context.verbose(4) || data.captured() < kLong) {
    put_hex(context, data.bytes());
  } else {
    put_excerpt(context, data);
  }
  context.put(')');
  return true;
}

bool put_v2_vendor(Context& context, const Item& item) {
  put_v2_name(context, item, "v2vid");
  context.put(" len=", item.body.length(), " vid=");
  for (const std::uint8_t byte : item.body.span(0, item.body.length())) context.out.printable(byte);
  if (item.body.length() > 4) put_raw(context, item.body);
  return true;
}

bool put_payload(Context& context, std::uint8_t payload, const Item& item, bool second_version, unsigned number) {
  const Cursor& body = item.body;
  if (second_version && item.depth > 1) {
    if (payload == kProposal) return put_proposal(context, item, true);
    if (payload == kTransform) return put_v2_transform(context, item, number);
    put_payload_name(context, payload);
    return true;
  }
  switch (payload) {
    case kSa:
      return put_sa(context, item);
    case kProposal:
      return put_proposal(context, item, false);
    case kTransform:
      return put_transform(context, item);
    case kKeyExchange:
      context.put("ke: key len=", body.length());
      put_raw(context, body);
      return true;
    case kIdentity:
      return put_identity(context, item);
    case kCertificate:
      return put_certificate(context, item, "cert");
    case kCertificateRequest:
      return put_certificate(context, item, "cr");
    case kHash:
    case kSignature:
    case kVendor:
      context.put(kPayloads[payload], ": len=", body.length());
      put_raw(context, body);
      return true;
    case kNonce:
      context.put("nonce: n len=", body.length());
      if (context.verbose(3)) {
        put_raw(context, body);
      } else if (context.verbose(2)) {
        context.put("  data=(");
        put_excerpt(context, body);
        context.put(')');
      }
      return true;
    case kNotify:
      return put_notify(context, item);
    case kDelete:
      return put_delete(context, item);
    case kV2Sa:
      return put_v2_sa(context, item);
    case kV2KeyExchange:
      return put_v2_key_exchange(context, item);
    case kV2Initiator:
    case kV2Responder:
      return put_v2_identity(context, item, kPayloads[payload]);
    case kV2Auth:
      return put_v2_auth(context, item);
    case kV2Nonce:
      return put_v2_nonce(context, item);
    case kV2Notify:
      return put_v2_notify(context, item);
    case kV2Vendor:
      return put_v2_vendor(context, item);
    case kV2Encrypted:
      if (!second_version) {
        context.put(kPayloads[payload]);
        return true;
      }
      put_v2_name(context, item, kPayloads[payload]);
      context.put(" len=", body.length());
      if (body.length() > 4) put_raw(context, body);
      return false;  // the payload after it is within
    default:
      if (payload >= kV2Certificate && payload <= kV2Eap) {
        put_v2_name(context, item, kPayloads[payload]);
        context.put(" len=", body.length());
        put_raw(context, body);
      } else {
        put_payload_name(context, payload);
      }
      return true;
  }
}

bool put_payloads(Context& context, std::uint8_t payload, Cursor rest, unsigned depth, std::uint8_t protocol,
                  bool second_version) {
  constexpr std::size_t kGeneric = 4;
  for (unsigned number = 1; payload != kNone && !context.truncated(); ++number) {
    const bool whole = rest.has(kGeneric) && rest.length() >= kGeneric;
    const std::size_t size = whole ? rest.be16(2) : 0;
    if (!whole || !rest.has(size) || rest.length() < size) {
      context.put(" [|");
      if (depth > 1 && second_version) {
        context.put(depth == 2 ? "v2sa" : "p");
      } else {
        put_payload_name(context, payload);
      }
      context.put(']');
      return depth > 1 && !second_version;
    }
    context.put('\n', Repeat{' ', 4 * std::size_t{depth}}, '(');
    if (size <= kGeneric) {
      context.put(')');
      return false;
    }
    const Item item{.body = rest.from(kGeneric).with_length(size - kGeneric),
                    .critical = (rest.u8(1) & 0x80) != 0,
                    .protocol = protocol,
                    .depth = depth};
    const std::uint8_t next = rest.u8(0);
    const bool followed = put_payload(context, payload, item, second_version, number);
    // Within an SA of the second version nothing is closed that was not followed.
    if (followed || depth == 1 || !second_version) context.put(')');
    if (!followed) return false;
    payload = next;
    rest.skip(size);
  }
  return true;
}

void put_v1(Context& context, const Cursor& packet, const IpHeader& ip) {
  const std::uint8_t flags = packet.u8(19);
  context.put(packet.be32(20) == 0 ? " phase 1 " : " phase 2/others ",
              direction(context.ike_state, ip, packet.be64(0), packet.be64(8)), ' ');
  put_exchange(context, packet.u8(18));
  if (flags != 0) context.put('[', (flags & 1) != 0 ? "E" : "", (flags & 2) != 0 ? "C" : "", ']');
}

void put_v2(Context& context, const Cursor& packet) {
  const std::uint8_t flags = packet.u8(19);
  context.put(packet.be32(20) == 0 ? " parent_sa " : " child_sa  ");
  put_exchange(context, packet.u8(18));
  if (flags != 0)
    context.put('[', (flags & 0x08) != 0 ? "I" : "", (flags & 0x10) != 0 ? "V" : "", (flags & 0x20) != 0 ? "R" : "",
                ']');
}

}  // namespace

void print_isakmp(Context& context, Cursor packet, const Transport& transport) {
  constexpr std::uint8_t kEncrypted = 0x01;
  context.protocol("isakmp");
  if (!packet.has(kHeader)) return packet.truncated();
  const std::uint8_t version = packet.u8(17);
  context.put("isakmp");
  if (context.verbose()) {
    context.put(' ', static_cast<std::uint32_t>(version >> 4), '.', static_cast<std::uint32_t>(version & 0xf));
    context.put(" msgid ", Hex{packet.be32(20), 8});
    if (context.verbose(2)) context.put(" cookie ", Hex{packet.be64(0), 16}, "->", Hex{packet.be64(8), 16});
  }
  context.put(':');
  switch (version >> 4) {
    case 1:
      put_v1(context, packet, transport.ip);
      break;
    case 2:
      put_v2(context, packet);
      break;
    default:
      return;
  }
  if (!context.verbose()) return;
  context.put(':');
  const std::uint8_t payload = packet.u8(16);
  if ((packet.u8(19) & kEncrypted) != 0) {
    context.put(" [encrypted ");
    put_payload_name(context, payload);
    context.put(']');
  } else {
    put_payloads(context, payload, packet.from(kHeader), 1, 0, version >> 4 == 2);
  }
  if (const std::uint32_t length = packet.be32(24); length != packet.length()) {
    context.put(" (len mismatch: isakmp ", length, "/ip ", packet.length(), ')');
  }
}

}  // namespace ringtap
