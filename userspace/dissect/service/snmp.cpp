// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// SNMP: RFC 1157 (v1), RFC 1901 and 3416 (v2c), RFC 3412 and 3414 (v3, user-based security); BER as X.690 8 has it.
// What does not have the type that its place asks for is said in brackets, and nothing after it is printed.
#include <algorithm>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

enum class Kind {
  kOctets,
  kNull,
  kOid,
  kInteger,
  kString,
  kSequence,
  kAddress,
  kPdu,
  kUnsigned,
  kTicks,
  kCounter64,
  kNoObject,
  kNoInstance,
  kEndOfView,
  kAny
};

struct Element {
  Kind kind = Kind::kAny;
  std::size_t size = 0;      // of the value
  std::uint8_t id = 0;       // for kPdu
  std::int32_t integer = 0;  // for kInteger
  std::uint64_t number = 0;  // for the unsigned kinds
  Cursor value;
};

constexpr std::string_view kUniversal[] = {"U-0",   "Boolean",   "Integer", "Bitstring", "String",   "Null",
                                           "ObjID", "ObjectDes", "U-8",     "U-9",       "U-10",     "U-11",
                                           "U-12",  "U-13",      "U-14",    "U-15",      "Sequence", "Set"};
constexpr std::string_view kApplication[] = {"IpAddress", "Counter", "Gauge",    "TimeTicks",
                                             "Opaque",    "C-5",     "Counter64"};
constexpr std::string_view kContext[] = {"GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap",
                                         "GetBulk",    "Inform",         "V2Trap",      "Report"};
constexpr std::string_view kPrivate[] = {"P-0"};
constexpr std::span<const std::string_view> kClasses[] = {kUniversal, kApplication, kContext, kPrivate};

// X.690 8.1.2: what an element is.
struct Tag {
  unsigned tag_class = 0;
  bool constructed = false;
  std::uint32_t id = 0;
};
enum TagClass : unsigned { kUniversalClass, kApplicationClass, kContextClass };
constexpr std::uint32_t kSequenceId = 16;

struct PrimitiveRow {
  TagClass tag_class;
  std::uint32_t id;
  Kind kind;
};
constexpr PrimitiveRow kPrimitives[] = {
    {kUniversalClass, 2, Kind::kInteger},     {kUniversalClass, 4, Kind::kString},
    {kUniversalClass, 5, Kind::kNull},        {kUniversalClass, 6, Kind::kOid},
    {kApplicationClass, 0, Kind::kAddress},   {kApplicationClass, 1, Kind::kUnsigned},
    {kApplicationClass, 2, Kind::kUnsigned},  {kApplicationClass, 3, Kind::kTicks},
    {kApplicationClass, 6, Kind::kCounter64}, {kContextClass, 0, Kind::kNoObject},
    {kContextClass, 1, Kind::kNoInstance},    {kContextClass, 2, Kind::kEndOfView},
};

enum Pdu : std::uint8_t { kGetRequest, kGetNext, kResponse, kSet, kTrap, kGetBulk, kInform, kTrapV2, kReport };
constexpr std::string_view kErrors[] = {"noError",
                                        "tooBig",
                                        "noSuchName",
                                        "badValue",
                                        "readOnly",
                                        "genErr",
                                        "noAccess",
                                        "wrongType",
                                        "wrongLength",
                                        "wrongEncoding",
                                        "wrongValue",
                                        "noCreation",
                                        "inconsistentValue",
                                        "resourceUnavailable",
                                        "commitFailed",
                                        "undoFailed",
                                        "authorizationError",
                                        "notWritable",
                                        "inconsistentName"};
constexpr std::string_view kTraps[] = {
    "coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "enterpriseSpecific"};
constexpr std::int32_t kEnterpriseSpecific = 6;
constexpr std::int32_t kUserSecurity = 3;  // RFC 3411 5
constexpr std::string_view kDefaultCommunity = "public";

// The parts of one message in their order. Each take_… returns false when printing ends there.
class Message {
 public:
  explicit Message(Context& context) : context_(context) {}

  void print(Cursor rest);

 private:
  // Takes one element of X.690 off `rest`.
  bool parse(Cursor& rest, Element& element);
  bool take_tag(Cursor& rest, Tag& tag);
  bool take_size(Cursor& rest, std::uint64_t& size);
  void decode_constructed(const Tag& tag, Element& element);
  bool decode_primitive(const Tag& tag, Element& element);
  bool expect(Cursor& rest, Element& element, Kind kind, std::string_view what, bool show);
  void put_value(const Element& element);
  void put_string(const Element& element);
  void put_oid(const Cursor& value, std::size_t size);
  void put_extra(const Cursor& rest, std::string_view behind) {
    if (rest.length() > 0) context_.put('[', rest.length(), " extra after ", behind, ']');
  }

  void print_community(Cursor rest, std::int32_t version);
  void print_v3(Cursor rest);
  void print_security(Cursor rest);
  void print_scoped(Cursor rest);
  void print_pdu(Cursor rest, std::int32_t version);
  void print_request(std::uint8_t type, Cursor rest);
  void print_trap(Cursor rest);
  void print_bindings(std::uint8_t type, Cursor rest);
  void put_error(std::int32_t error) {
    if (error >= 0 && static_cast<std::size_t>(error) < std::size(kErrors)) {
      context_.put(kErrors[error]);
    } else {
      context_.put("err=", static_cast<std::uint32_t>(error));
    }
  }

  Context& context_;
};

bool Message::take_tag(Cursor& rest, Tag& tag) {
  const std::uint8_t first = rest.take_u8();
  tag = {.tag_class = static_cast<unsigned>(first >> 6), .constructed = (first & 0x20) != 0, .id = first & 0x1fu};
  if (tag.id == 0x1f) {
    // X.690 8.1.2.4: seven bits a byte, the highest bit says that another follows.
    std::uint8_t byte = 0x80;
    tag.id = 0;
    while (rest.length() > 0 && (byte & 0x80) != 0 && !context_.truncated()) {
      byte = rest.take_u8();
      tag.id = tag.id << 7 | (byte & 0x7f);
    }
    if (!context_.truncated() && (byte & 0x80) != 0) {
      context_.put("[Xtagfield?]");
      return false;
    }
  }
  return !context_.truncated();
}

bool Message::take_size(Cursor& rest, std::uint64_t& size) {
  if (rest.length() < 1) {
    context_.put("[no asnlen]");
    return false;
  }
  size = rest.take_u8();
  if ((size & 0x80) != 0) {
    const std::size_t count = size & 0x7f;
    if (rest.length() < count) {
      context_.put("[asnlen? ", rest.length(), "<", count, "]");
      return false;
    }
    if (!rest.has(count)) {
      rest.truncated();
      return false;
    }
    size = 0;
    for (std::size_t i = 0; i < count; ++i) size = (size << 8 & 0xffffffff) | rest.u8(i);
    rest.skip(count);
  }
  if (context_.truncated()) return false;
  if (size > rest.length()) {
    context_.put("[len", rest.length(), "<asnlen", size, "]");
    return false;
  }
  return true;
}

void Message::decode_constructed(const Tag& tag, Element& element) {
  if (tag.tag_class == kUniversalClass && tag.id == kSequenceId) {
    element.kind = Kind::kSequence;
  } else if (tag.tag_class == kContextClass) {
    element.kind = Kind::kPdu;
  } else {
    element.kind = Kind::kOctets;
    context_.put("C/", tag.tag_class == kUniversalClass ? 'U' : 'x', '/', kClasses[tag.tag_class][tag.id]);
  }
}

bool Message::decode_primitive(const Tag& tag, Element& element) {
  const auto* row = std::find_if(std::begin(kPrimitives), std::end(kPrimitives), [&](const PrimitiveRow& candidate) {
    return candidate.tag_class == tag.tag_class && candidate.id == tag.id;
  });
  if (row == std::end(kPrimitives)) {
    element.kind = tag.tag_class == kContextClass ? Kind::kAny : Kind::kOctets;
    if (tag.tag_class != kContextClass) {
      context_.put("[P/", "UAxx"[tag.tag_class], '/', kClasses[tag.tag_class][tag.id], ']');
    }
    return true;
  }
  element.kind = row->kind;
  const auto number = [&](std::uint64_t value) {
    for (std::size_t i = 0; i < element.size; ++i) value = value << 8 | element.value.u8(i);
    return value;
  };
  switch (row->kind) {
    case Kind::kInteger: {
      if (element.size == 0) {
        context_.put("[asnlen=0]");
        return false;
      }
      const bool negative = (element.value.u8(0) & 0x80) != 0;
      element.integer = static_cast<std::int32_t>(number(negative ? ~std::uint64_t{0} : 0));
      return true;
    }
    case Kind::kUnsigned:
    case Kind::kTicks:
      element.number = number(0) & 0xffffffff;
      return true;
    case Kind::kCounter64:
      element.number = number(0);
      return true;
    default:
      return true;
  }
}

bool Message::parse(Cursor& rest, Element& element) {
  if (rest.length() < 1) {
    context_.put("[nothing to parse]");
    return false;
  }
  Tag tag;
  std::uint64_t size = 0;
  if (!take_tag(rest, tag) || !take_size(rest, size)) return false;
  if (tag.id >= kClasses[tag.tag_class].size()) {
    context_.put("[id?", tag.constructed ? 'C' : 'P', "/x/", tag.id, ']');
    return false;
  }
  element.size = size;
  element.value = rest.first(size);
  element.id = static_cast<std::uint8_t>(tag.id);
  rest.skip(size);
  if (!element.value.has(size)) {
    element.value.truncated();
    return false;
  }
  if (!tag.constructed) return decode_primitive(tag, element);
  decode_constructed(tag, element);
  return true;
}

void Message::put_string(const Element& element) {
  bool plain = true;
  for (const std::uint8_t byte : element.value.bytes()) plain = plain && byte >= 0x20 && byte < 0x7f;
  if (plain) {
    context_.put('"');
    context_.out.escaped(element.value.bytes());
    context_.put('"');
  } else {
    context_.out.separated_hex(element.value.data(), element.value.captured(), '_');
  }
}

void Message::put_oid(const Cursor& value, std::size_t size) {
  std::uint32_t number = 0;
  bool first = true;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t byte = value.u8(i);
    number = number << 7 | (byte & 0x7f);
    if ((byte & 0x80) != 0) continue;
    if (first) {
      // X.690 8.19.4: the first two arcs share a number.
      const std::uint32_t arc = std::min<std::uint32_t>(number / 40, 2);
      context_.put('.', arc, '.', number - arc * 40);
      first = false;
    } else {
      context_.put('.', number);
    }
    number = 0;
  }
}

void Message::put_value(const Element& element) {
  switch (element.kind) {
    case Kind::kOctets:
      for (const std::uint8_t byte : element.value.bytes()) context_.put('_', Hex{byte, 2});
      break;
    case Kind::kNull:
      break;
    case Kind::kOid:
      put_oid(element.value, element.size);
      break;
    case Kind::kInteger:
      context_.put(Signed{element.integer});
      break;
    case Kind::kString:
      put_string(element);
      break;
    case Kind::kSequence:
      context_.put("Seq(", element.size, ')');
      break;
    case Kind::kAddress:
      if (element.size != 4) context_.put("[inetaddr len!=4]");
      for (std::size_t i = 0; i < element.size; ++i) context_.put(i == 0 ? "" : ".", element.value.u8(i));
      break;
    case Kind::kPdu:
      context_.put(kContext[element.id], '(', element.size, ')');
      break;
    case Kind::kUnsigned:
    case Kind::kTicks:
    case Kind::kCounter64:
      context_.put(element.number);
      break;
    case Kind::kNoObject:
      context_.put("[noSuchObject]");
      break;
    case Kind::kNoInstance:
      context_.put("[noSuchInstance]");
      break;
    case Kind::kEndOfView:
      context_.put("[endOfMibView]");
      break;
    case Kind::kAny:
      context_.put("[BE_ANY!?]");
      break;
  }
}

// `what` is said where the element is not of the kind; `show` prints it then.
bool Message::expect(Cursor& rest, Element& element, Kind kind, std::string_view what, bool show) {
  if (!parse(rest, element)) return false;
  if (element.kind == kind) return true;
  context_.put('[', what, ']');
  if (show) put_value(element);
  return false;
}

void Message::print_bindings(std::uint8_t type, Cursor rest) {
  Element list{.value = rest};
  if (!expect(rest, list, Kind::kSequence, "!SEQ of varbind", true)) return;
  put_extra(rest, "SEQ of varbind");
  Cursor bindings = list.value;
  while (bindings.length() > 0 && !context_.truncated()) {
    context_.put(' ');
    Element binding{.value = bindings};
    if (!expect(bindings, binding, Kind::kSequence, "!varbind", true)) return;
    Cursor pair = binding.value;
    Element name{.value = pair};
    if (!expect(pair, name, Kind::kOid, "objName!=OID", true)) return;
    put_value(name);
    const bool asks = type == kGetRequest || type == kGetNext || type == kGetBulk;
    if (!asks) context_.put('=');
    Element value{.value = pair};
    if (!parse(pair, value)) return;
    if (asks && value.kind != Kind::kNull) context_.put("[objVal!=NULL]");
    put_value(value);
  }
}

void Message::print_request(std::uint8_t type, Cursor rest) {
  Element element{.value = rest};
  if (!expect(rest, element, Kind::kInteger, "reqId!=INT", true)) return;
  if (context_.verbose()) context_.put("R=", Signed{element.integer}, ' ');
  if (!expect(rest, element, Kind::kInteger, "errorStatus!=INT", true)) return;
  const std::int32_t status = element.integer;
  bool error = false;
  if (type == kGetBulk) {
    context_.put(" N=", Signed{status});
  } else if (status != 0) {
    if (type == kResponse) {
      context_.put(' ');
      put_error(status);
      error = true;
    } else {
      context_.put("[errorStatus(");
      put_error(status);
      context_.put(")!=0]");
    }
  }
  if (!expect(rest, element, Kind::kInteger, "errorIndex!=INT", true)) return;
  const std::int32_t index = element.integer;
  if (type == kGetBulk) {
    context_.put(" M=", Signed{index});
  } else if (index != 0) {
    if (type != kResponse) {
      context_.put("[errorIndex(", Signed{index}, ")!=0]");
    } else if (!error) {
      context_.put("[errorIndex(", Signed{index}, ") w/o errorStatus]");
    } else {
      context_.put('@', Signed{index});
    }
  } else if (error) {
    context_.put("[errorIndex==0]");
  }
  print_bindings(type, rest);
}

void Message::print_trap(Cursor rest) {
  Element element{.value = rest};
  context_.put(' ');
  if (!expect(rest, element, Kind::kOid, "enterprise!=OID", true)) return;
  put_value(element);
  context_.put(' ');
  if (!expect(rest, element, Kind::kAddress, "agent-addr!=INETADDR", true)) return;
  put_value(element);
  if (!expect(rest, element, Kind::kInteger, "generic-trap!=INT", true)) return;
  const std::int32_t generic = element.integer;
  if (generic >= 0 && static_cast<std::size_t>(generic) < std::size(kTraps)) {
    context_.put(' ', kTraps[generic]);
  } else {
    context_.put(" gt=", Signed{generic});
  }
  if (!expect(rest, element, Kind::kInteger, "specific-trap!=INT", true)) return;
  if (generic == kEnterpriseSpecific) {
    context_.put(" s=", Signed{element.integer});
  } else if (element.integer != 0) {
    context_.put("[specific-trap(", Signed{element.integer}, ")!=0]");
  }
  context_.put(' ');
  if (!expect(rest, element, Kind::kTicks, "time-stamp!=TIMETICKS", true)) return;
  put_value(element);
  if (rest.length() == 0) {
    context_.put("[nothing to parse]");
    return;
  }
  print_bindings(kTrap, rest);
}

void Message::print_pdu(Cursor rest, std::int32_t version) {
  Element pdu{.value = rest};
  if (!expect(rest, pdu, Kind::kPdu, "no PDU", false)) return;
  put_extra(rest, "PDU");
  if (context_.verbose()) context_.put("{ ");
  put_value(pdu);
  context_.put(' ');
  const std::uint8_t type = pdu.id;
  if (version == 0 && type >= kGetBulk) return context_.put("[v2 PDU in v1 message]");
  if (version == 1 && type == kTrap) return context_.put("[v1 PDU in v2 message]");
  if (type == kTrap) {
    print_trap(pdu.value);
  } else {
    print_request(type, pdu.value);
  }
  if (context_.verbose()) context_.put(" } ");
}

void Message::print_community(Cursor rest, std::int32_t version) {
  Element community{.value = rest};
  if (!expect(rest, community, Kind::kString, "comm!=STR", true)) return;
  const auto text = community.value.bytes();
  if (!std::equal(text.begin(), text.end(), kDefaultCommunity.begin(), kDefaultCommunity.end())) {
    context_.put("C=");
    put_string(community);
    context_.put(' ');
  }
  print_pdu(rest, version);
}

void Message::print_security(Cursor rest) {
  Element usm{.value = rest};
  if (!expect(rest, usm, Kind::kSequence, "!usm", true)) return;
  put_extra(rest, "usm SEQ");
  Cursor parts = usm.value;
  Element element{.value = parts};
  if (!expect(parts, element, Kind::kString, "msgAuthoritativeEngineID!=STR", true)) return;
  if (!expect(parts, element, Kind::kInteger, "msgAuthoritativeEngineBoots!=INT", true)) return;
  if (context_.verbose()) context_.put("B=", Signed{element.integer}, ' ');
  if (!expect(parts, element, Kind::kInteger, "msgAuthoritativeEngineTime!=INT", true)) return;
  if (context_.verbose()) context_.put("T=", Signed{element.integer}, ' ');
  if (!expect(parts, element, Kind::kString, "msgUserName!=STR", true)) return;
  context_.put("U=");
  put_string(element);
  context_.put(' ');
  if (!expect(parts, element, Kind::kString, "msgAuthenticationParameters!=STR", true)) return;
  if (!expect(parts, element, Kind::kString, "msgPrivacyParameters!=STR", true)) return;
  put_extra(parts, "usm SEQ");
}

void Message::print_scoped(Cursor rest) {
  if (context_.verbose()) context_.put("{ ScopedPDU ");
  Element scoped{.value = rest};
  if (expect(rest, scoped, Kind::kSequence, "!scoped PDU", true)) {
    put_extra(rest, "scoped PDU SEQ");
    Cursor parts = scoped.value;
    Element element{.value = parts};
    if (expect(parts, element, Kind::kString, "contextEngineID!=STR", true)) {
      context_.put("E=");
      for (const std::uint8_t byte : element.value.bytes()) context_.put('_', Hex{byte, 2});
      context_.put(' ');
      if (expect(parts, element, Kind::kString, "contextName!=STR", true)) {
        context_.put("C=");
        put_string(element);
        context_.put(' ');
        print_pdu(parts, 3);
      }
    }
  }
  if (context_.verbose()) context_.put("} ");
}

void Message::print_v3(Cursor rest) {
  Element header{.value = rest};
  if (!expect(rest, header, Kind::kSequence, "!message", true)) return;
  if (context_.verbose()) context_.put("{ ");
  Cursor parts = header.value;
  Element element{.value = parts};
  if (!expect(parts, element, Kind::kInteger, "msgID!=INT", true)) return;
  if (!expect(parts, element, Kind::kInteger, "msgMaxSize!=INT", true)) return;
  if (!expect(parts, element, Kind::kString, "msgFlags!=STR", true)) return;
  if (element.size != 1) return context_.put("[msgFlags size ", element.size, ']');
  const std::uint8_t flags = element.value.u8(0);
  // RFC 3412 6.4: privacy without authentication is not allowed.
  if (flags > 7 || (flags & 3) == 2) return context_.put("[msgFlags=0x", Hex{flags, 2}, ']');
  context_.put("F=", (flags & 1) != 0 ? "a" : "", (flags & 2) != 0 ? "p" : "", (flags & 4) != 0 ? "r" : "", ' ');
  if (!expect(parts, element, Kind::kInteger, "msgSecurityModel!=INT", true)) return;
  const std::int32_t model = element.integer;
  put_extra(parts, "message SEQ");
  if (context_.verbose()) context_.put("} ");
  if (model != kUserSecurity) return context_.put("[security model ", Signed{model}, ']');
  if (context_.verbose()) context_.put("{ USM ");
  if (!expect(rest, element, Kind::kString, "msgSecurityParameters!=STR", true)) return;
  print_security(element.value);
  if (context_.truncated()) return;
  if (context_.verbose()) context_.put("} ");
  print_scoped(rest);
}

void Message::print(Cursor rest) {
  Element message{.value = rest};
  if (!expect(rest, message, Kind::kSequence, "!init SEQ", true)) return;
  put_extra(rest, "iSEQ");
  Cursor parts = message.value;
  Element element{.value = parts};
  if (!expect(parts, element, Kind::kInteger, "version!=INT", true)) return;
  const std::int32_t version = element.integer;
  if (version != 0 && version != 1 && version != 3) return context_.put("SNMP [version = ", Signed{version}, ']');
  if (context_.verbose()) context_.put("{ SNMPv", version == 0 ? "1" : version == 1 ? "2c" : "3", ' ');
  if (version == 3) {
    print_v3(parts);
  } else {
    print_community(parts, version);
  }
  if (context_.verbose()) context_.put("} ");
}

}  // namespace

void print_snmp_message(Context& context, Cursor message) {
  context.protocol("snmp");
  context.put(' ');
  Message(context).print(message);
}

void print_snmp(Context& context, Cursor payload, const Transport&) {
  print_snmp_message(context, payload);
}

}  // namespace ringtap
