// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// BOOTP, RFC 951 and 1542; DHCP, RFC 2131; options, RFC 2132, user class RFC 3004, relay agent RFC 3046, subscriber
// RFC 3993, classless routes RFC 3442, client's domain name RFC 4702; CMU's vendor area, which is older than them.
#include "dissect/hexdump.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr Token kOperations[] = {{1, "Request"}, {2, "Reply"}};
constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kEthernet = 1;
constexpr std::uint8_t kStationSize = 6;
constexpr std::uint16_t kBroadcast = 0x8000;
constexpr std::uint32_t kMagicCookie = 0x63825363;
constexpr std::uint32_t kMagicCmu = 0x434d5500;

// Offsets of RFC 2131 figure 1.
constexpr std::size_t kAddressFields = 12;
constexpr std::size_t kClientStation = 28;
constexpr std::size_t kServerName = 44;
constexpr std::size_t kServerNameSize = 64;
constexpr std::size_t kFile = 108;
constexpr std::size_t kFileSize = 128;
constexpr std::size_t kVendorArea = 236;

enum class Form : std::uint8_t {
  kBytes,
  kText,
  kAddresses,
  kAddressPairs,
  kNumbers16,
  kNumbers32,
  kSigned32,
  kBooleans,
  kNodeType,
  kOverload,
  kMessageType,
  kOptionList,
  kClientId,
  kUserClass,
  kDomainName,
  kAgent,
  kClasslessRoutes,
  kBySize  // of an unknown option: as wide as its size allows
};
struct OptionRow {
  std::uint8_t code;
  std::string_view name;
  Form form;
};
constexpr std::uint8_t kPad = 0;
constexpr std::uint8_t kEnd = 255;
constexpr OptionRow kOptions[] = {
    {0, "PAD", Form::kBytes},
    {1, "Subnet-Mask", Form::kAddresses},
    {2, "Time-Zone", Form::kSigned32},
    {3, "Default-Gateway", Form::kAddresses},
    {4, "Time-Server", Form::kAddresses},
    {5, "IEN-Name-Server", Form::kAddresses},
    {6, "Domain-Name-Server", Form::kAddresses},
    {7, "LOG", Form::kAddresses},
    {8, "CS", Form::kAddresses},
    {9, "LPR-Server", Form::kAddresses},
    {10, "IM", Form::kAddresses},
    {11, "RL", Form::kAddresses},
    {12, "Hostname", Form::kText},
    {13, "BS", Form::kNumbers16},
    {14, "DP", Form::kText},
    {15, "Domain-Name", Form::kText},
    {16, "SS", Form::kAddresses},
    {17, "RP", Form::kText},
    {18, "EP", Form::kText},
    {19, "IPF", Form::kBooleans},
    {20, "SRT", Form::kBooleans},
    {21, "PF", Form::kAddressPairs},
    {22, "RSZ", Form::kNumbers16},
    {23, "TTL", Form::kBytes},
    {24, "MTU-Timeout", Form::kNumbers32},
    {25, "MTU-Table", Form::kNumbers16},
    {26, "MTU", Form::kNumbers16},
    {27, "LSN", Form::kBooleans},
    {28, "BR", Form::kAddresses},
    {29, "MD", Form::kBooleans},
    {30, "MS", Form::kBooleans},
    {31, "Router-Discovery", Form::kBooleans},
    {32, "RSA", Form::kAddresses},
    {33, "Static-Route", Form::kAddressPairs},
    {34, "UT", Form::kBooleans},
    {35, "AT", Form::kNumbers32},
    {36, "IE", Form::kBooleans},
    {37, "TT", Form::kBytes},
    {38, "KI", Form::kNumbers32},
    {39, "KG", Form::kBooleans},
    {40, "YD", Form::kText},
    {41, "YS", Form::kAddresses},
    {42, "NTP", Form::kAddresses},
    {43, "Vendor-Option", Form::kBytes},
    {44, "Netbios-Name-Server", Form::kAddresses},
    {45, "WDD", Form::kAddresses},
    {46, "Netbios-Node", Form::kNodeType},
    {47, "Netbios-Scope", Form::kText},
    {48, "XFS", Form::kAddresses},
    {49, "XDM", Form::kAddresses},
    {50, "Requested-IP", Form::kAddresses},
    {51, "Lease-Time", Form::kNumbers32},
    {52, "OO", Form::kOverload},
    {53, "DHCP-Message", Form::kMessageType},
    {54, "Server-ID", Form::kAddresses},
    {55, "Parameter-Request", Form::kOptionList},
    {56, "MSG", Form::kText},
    {57, "MSZ", Form::kNumbers16},
    {58, "RN", Form::kNumbers32},
    {59, "RB", Form::kNumbers32},
    {60, "Vendor-Class", Form::kText},
    {61, "Client-ID", Form::kClientId},
    {64, "N+D", Form::kNumbers16},
    {65, "N+S", Form::kAddresses},
    {66, "TFTP", Form::kText},
    {67, "BF", Form::kText},
    {68, "MH", Form::kAddresses},
    {69, "SMTP", Form::kAddresses},
    {70, "POP3", Form::kAddresses},
    {71, "NNTP", Form::kAddresses},
    {72, "WWW", Form::kAddresses},
    {73, "FG", Form::kAddresses},
    {74, "IRC", Form::kAddresses},
    {75, "STS", Form::kAddresses},
    {76, "STDA", Form::kAddresses},
    {77, "User-Class", Form::kUserClass},
    {78, "SLP-DA", Form::kBytes},
    {79, "SLP-SCOPE", Form::kBytes},
    {80, "SLP-NA", Form::kText},
    {81, "FQDN", Form::kDomainName},
    {82, "Agent-Information", Form::kAgent},
    {83, "ARMT", Form::kBytes},
    {88, "TZSTR", Form::kText},
    {89, "FQDNS", Form::kBytes},
    {90, "AUTH", Form::kBytes},
    {91, "Last-Transaction-Time", Form::kSigned32},
    {92, "Associated-IP", Form::kAddresses},
    {93, "ARCH", Form::kNumbers16},
    {94, "NDI", Form::kBytes},
    {95, "LDAP", Form::kText},
    {97, "GUID", Form::kBytes},
    {98, "UAP", Form::kText},
    {100, "POSIX-TZ", Form::kText},
    {101, "TZ-Name", Form::kText},
    {112, "NI", Form::kAddresses},
    {113, "NITAG", Form::kText},
    {114, "URL", Form::kText},
    {116, "NOAUTO", Form::kBooleans},
    {117, "NSSEARCH", Form::kNumbers16},
    {118, "SUBNET", Form::kAddresses},
    {121, "Classless-Static-Route", Form::kClasslessRoutes},
    {150, "TFTP-Server-Address", Form::kAddresses},
    {161, "MUD-URL", Form::kText},
    {249, "Classless-Static-Route-Microsoft", Form::kClasslessRoutes},
    {255, "END", Form::kBytes},
};
constexpr OptionRow kUnknownOption = {0, "Unknown", Form::kBySize};

constexpr Token kMessageTypes[] = {{1, "Discover"},         {2, "Offer"},         {3, "Request"},
                                   {4, "Decline"},          {5, "ACK"},           {6, "NACK"},
                                   {7, "Release"},          {8, "Inform"},        {10, "LeaseQuery"},
                                   {11, "LeaseUnassigned"}, {12, "LeaseUnknown"}, {13, "LeaseActive"}};
constexpr Token kNodeTypes[] = {{1, "b-node"}, {2, "p-node"}, {4, "m-node"}, {8, "h-node"}};
constexpr Token kOverloads[] = {{1, "file"}, {2, "sname"}, {3, "file+sname"}};
constexpr Token kHardware[] = {{1, "ether"},   {6, "ieee802"}, {7, "arcnet"},
                               {15, "frelay"}, {23, "strip"},  {24, "ieee1394"}};
constexpr Token kAgentOptions[] = {{1, "Circuit-ID"}, {2, "Remote-ID"}, {6, "Subscriber-ID"}};
constexpr Token kDomainNameFlags[] = {{1, "S"}, {2, "O"}, {4, "E"}, {8, "N"}};

const OptionRow& find_option(std::uint8_t code) {
  for (const OptionRow& row : kOptions) {
    if (row.code == code) return row;
  }
  return kUnknownOption;
}

void put_quoted(Context& context, std::span<const std::uint8_t> text) {
  context.put('"');
  context.out.escaped(text);
  context.put('"');
}

// Values of `size` bytes with a separator between them, each through `put_value`; what is left is not touched.
template <class PutValue>
void put_list(Context& context, Cursor& data, std::size_t size, char separator, PutValue put_value) {
  for (bool first = true; data.length() >= size; first = false) {
    if (!first) context.put(separator);
    put_value(data);
    data.skip(size);
  }
}

void put_bytes(Context& context, Cursor& data) {
  put_list(context, data, 1, '.', [&](const Cursor& value) { context.put(value.u8(0)); });
}
void put_numbers16(Context& context, Cursor& data) {
  put_list(context, data, 2, ',', [&](const Cursor& value) { context.put(value.be16(0)); });
}
void put_numbers32(Context& context, Cursor& data) {
  put_list(context, data, 4, ',', [&](const Cursor& value) { context.put(value.be32(0)); });
}

// One byte that names a thing, or "#9".
void put_choice(Context& context, std::span<const Token> names, Cursor& data) {
  if (data.length() < 1) return context.put("[ERROR: length < 1 bytes]");
  const std::uint8_t value = data.take_u8();
  context.put_name(token(names, value), '#', value);
}

void put_option_list(Context& context, Cursor& data) {
  for (unsigned i = 0; data.length() > 0; ++i) {
    const std::uint8_t code = data.take_u8();
    context.put(i % 4 == 0 ? "\n\t      " : ", ", find_option(code).name, " (", code, ')');
  }
}

void put_client_id(Context& context, Cursor& data) {
  if (data.length() < 1) return context.put("[ERROR: length < 1 bytes]");
  const std::uint8_t type = data.take_u8();
  if (type == 0) {
    put_quoted(context, data.bytes());
  } else {
    context.put_name(token(kHardware, type), "hardware-type ", type, ',');
    context.put(' ');
    context.out.separated_hex(data.data(), data.length(), ':');
  }
  data.skip(data.length());
}

void put_user_classes(Context& context, Cursor& data) {
  if (data.length() < 2) {
    data.skip(data.length());
    return context.put("[ERROR: length < 2 bytes]");
  }
  for (unsigned instance = 1; data.length() > 0; ++instance) {
    context.put("\n\t      instance#", instance, ": ");
    const std::uint8_t size = data.take_u8();
    if (size == 0 || size > data.length()) {
      context.put(size == 0 ? "[ERROR: suboption length must be non-zero]" : "[ERROR: invalid option]");
      return data.skip(data.length());
    }
    put_quoted(context, data.span(0, size));
    context.put(", length ", size);
    data.skip(size);
  }
}

void put_domain_name(Context& context, Cursor& data) {
  if (data.length() < 3) {
    data.skip(data.length());
    return context.put("[ERROR: length < 3 bytes]");
  }
  const std::uint8_t flags = data.u8(0);
  if ((flags & 0xf0) != 0) context.put("[ERROR: MBZ nibble 0x", Hex{static_cast<unsigned>(flags) >> 4}, " != 0] ");
  if ((flags & 0xf) != 0) {
    context.put('[');
    context.put_flags(kDomainNameFlags, flags & 0xfu, "");
    context.put("] ");
  }
  if (data.be16(1) != 0) context.put(data.u8(1), '/', data.u8(2), ' ');
  put_quoted(context, data.bytes().subspan(3));
  data.skip(data.length());
}

void put_agent_options(Context& context, Cursor& data) {
  while (data.length() >= 2) {
    const std::uint8_t code = data.take_u8();
    const std::uint8_t size = data.take_u8();
    const std::string_view name = token(kAgentOptions, code);
    context.put("\n\t      ", name_or(name, "Unknown"), " SubOption ", code, ", length ", size, ": ");
    if (size > data.length()) {
      context.put("length goes past end of option");
      return data.skip(data.length());
    }
    const std::span<const std::uint8_t> value = data.span(0, size);
    if (name.empty()) {
      dump_hex(context.out, value, "\n\t\t");
    } else {
      context.out.escaped(value);
    }
    data.skip(size);
  }
}

void put_classless_routes(Context& context, Cursor& data) {
  const auto end_with = [&](const auto&... text) {
    context.put(text...);
    data.skip(data.length());
  };
  if (data.length() < 5) return end_with("[ERROR: length < 5 bytes]");
  for (bool first = true; data.length() > 0; first = false) {
    if (!first) context.put(',');
    const std::uint8_t width = data.take_u8();
    if (width > 32) return end_with("[ERROR: Mask width (", width, ") > 32]");
    const std::size_t significant = (width + 7u) / 8;
    if (significant + 4 > data.length()) {
      return end_with("[ERROR: Remaining length (", data.length(), ") < ", significant + 4, " bytes]");
    }
    context.put('(');
    if (width == 0) {
      context.put("default");
    } else {
      std::uint8_t prefix[4] = {};
      std::copy_n(data.data(), significant, prefix);
      context.out.ipv4(prefix);
      context.put('/', width);
    }
    context.put(':');
    context.host4(data.block(significant, 4));
    context.put(')');
    data.skip(significant + 4);
  }
}

void put_option(Context& context, Form form, Cursor& data) {
  switch (form) {
    case Form::kBytes:
      return put_bytes(context, data);
    case Form::kText:
      put_quoted(context, data.bytes());
      return data.skip(data.length());
    case Form::kAddresses:
      return put_list(context, data, 4, ',', [&](const Cursor& value) { context.host4(value.block(0, 4)); });
    case Form::kAddressPairs:
      return put_list(context, data, 8, ',', [&](const Cursor& value) {
        context.put('(');
        context.host4(value.block(0, 4));
        context.put(':');
        context.host4(value.block(4, 4));
        context.put(')');
      });
    case Form::kNumbers16:
      return put_numbers16(context, data);
    case Form::kNumbers32:
      return put_numbers32(context, data);
    case Form::kSigned32:
      return put_list(context, data, 4, ',',
                      [&](const Cursor& value) { context.put(Signed{static_cast<std::int32_t>(value.be32(0))}); });
    case Form::kBooleans:
      return put_list(context, data, 1, ',', [&](const Cursor& value) {
        const std::uint8_t byte = value.u8(0);
        if (byte > 1) return context.put(byte, '?');
        context.put(byte == 0 ? 'N' : 'Y');
      });
    case Form::kNodeType:
      return put_choice(context, kNodeTypes, data);
    case Form::kOverload:
      return put_choice(context, kOverloads, data);
    case Form::kMessageType:
      if (data.length() != 1) return put_bytes(context, data);
      if (const std::uint8_t type = data.take_u8(); !token(kMessageTypes, type).empty()) {
        context.put(token(kMessageTypes, type));
      } else {
        context.put("Unknown (", type, ')');
      }
      return;
    case Form::kOptionList:
      return put_option_list(context, data);
    case Form::kClientId:
      return put_client_id(context, data);
    case Form::kUserClass:
      return put_user_classes(context, data);
    case Form::kDomainName:
      return put_domain_name(context, data);
    case Form::kAgent:
      return put_agent_options(context, data);
    case Form::kClasslessRoutes:
      return put_classless_routes(context, data);
    case Form::kBySize:
      if (data.length() % 4 == 0) return put_numbers32(context, data);
      if (data.length() % 2 == 0) return put_numbers16(context, data);
      return put_bytes(context, data);
  }
}

void put_options(Context& context, Cursor area) {
  context.put("\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x", Hex{kMagicCookie, 8});
  while (area.has(1)) {
    const std::uint8_t code = area.take_u8();
    if (code == kEnd) {
      // What follows is shown where all is.
      if (!context.verbose(3)) return;
      context.put("\n\t    END (255), length 0");
      continue;
    }
    if (code == kPad) {
      std::size_t count = 1;
      for (; area.has(1) && area.u8(0) == kPad; ++count) area.skip(1);
      if (!context.verbose(3)) continue;
      context.put("\n\t    PAD (0), length 0");
      if (count > 1) context.put(", occurs ", count);
      continue;
    }
    const std::uint8_t size = area.take_u8();
    if (context.truncated()) return;
    const OptionRow& row = find_option(code);
    context.put("\n\t    ", row.name, " (", code, "), length ", size);
    if (size > 0) context.put(": ");
    if (!area.has(size)) return area.truncated();
    Cursor data = area.first(size);
    put_option(context, row.form, data);
    if (data.length() > 0) context.put("\n\t  trailing data length ", data.length());
    area.skip(size);
  }
}

// What Carnegie Mellon's BOOTP put there: flags, then addresses.
void put_cmu(Context& context, const Cursor& area) {
  constexpr struct {
    std::string_view name;
    std::size_t offset;
  } kFields[] = {{"DG", 12}, {"SM", 8}, {"NS1", 16}, {"NS2", 20}, {"IEN1", 24}, {"IEN2", 28}, {"TS1", 32}, {"TS2", 36}};
  context.put(" vend-cmu");
  constexpr std::size_t kFirstAddresses = 16;
  if (!area.has(kFirstAddresses)) return area.truncated();
  constexpr std::uint8_t kMaskKnown = 1;
  const std::uint8_t flags = area.u8(4);
  if ((flags & ~kMaskKnown) != 0) context.put(" F:0x", Hex{flags});
  for (const auto& field : kFields) {
    if (area.be32(field.offset) == 0) continue;
    context.put(' ', field.name, field.name == "SM" && (flags & kMaskKnown) == 0 ? "*:" : ":");
    context.host4(area.block(field.offset, 4));
  }
}

// A name of a fixed field; false when it is not ended within it or was not captured up to its end.
bool put_name(Context& context, std::string_view label, const Cursor& message, std::size_t offset, std::size_t size) {
  if (message.u8(offset) == 0 || context.truncated()) return !context.truncated();
  context.put("\n\t  ", label, " \"");
  const std::size_t there = std::min(size, message.captured() - offset);
  const bool ended = put_text(context, message.span(offset, there));
  context.put('"');
  if (!ended) message.truncated();
  return ended;
}

}  // namespace

void print_bootp(Context& context, Cursor message, const Transport&) {
  context.protocol("bootp");
  const std::uint8_t operation = message.u8(0);
  context.put("BOOTP/DHCP, ");
  context.put_name(token(kOperations, operation), "unknown (0x", Hex{operation, 2}, ')');
  const std::uint8_t hardware = message.u8(1);
  const std::uint8_t station_size = message.u8(2);
  const bool ethernet = hardware == kEthernet && station_size == kStationSize;
  if (ethernet && operation == kRequest) {
    const std::uint8_t* station = message.block(kClientStation, kStationSize);
    context.put(" from ");
    context.station(station);
  }
  context.put(", length ", message.length());
  if (!context.verbose()) return;
  if (!message.has(10)) message.truncated();
  const std::uint16_t seconds = message.be16(8);
  if (hardware != kEthernet) context.put(", htype ", hardware);
  if (!ethernet) context.put(", hlen ", station_size);
  if (const std::uint8_t hops = message.u8(3); hops != 0) context.put(", hops ", hops);
  if (const std::uint32_t id = message.be32(4); id != 0) context.put(", xid 0x", Hex{id});
  if (seconds != 0) context.put(", secs ", seconds);
  context.put(", Flags [", (message.be16(10) & kBroadcast) != 0 ? "Broadcast" : "none", ']');
  if (context.verbose(2)) context.put(" (0x", Hex{message.be16(10), 4}, ')');
  constexpr std::string_view kAddressNames[] = {"Client-IP", "Your-IP", "Server-IP", "Gateway-IP"};
  for (std::size_t i = 0; i < std::size(kAddressNames); ++i) {
    if (message.be32(kAddressFields + 4 * i) == 0) continue;
    context.put("\n\t  ", kAddressNames[i], ' ');
    context.host4(message.block(kAddressFields + 4 * i, 4));
  }
  if (ethernet) {
    const std::uint8_t* station = message.block(kClientStation, kStationSize);
    context.put("\n\t  Client-Ethernet-Address ");
    context.station(station);
  }
  if (!put_name(context, "sname", message, kServerName, kServerNameSize)) return;
  if (!put_name(context, "file", message, kFile, kFileSize)) return;
  const Cursor area = message.from(kVendorArea);
  if (!area.has(4)) area.truncated();
  switch (const std::uint32_t magic = area.be32(0)) {
    case kMagicCookie:
      put_options(context, area.from(4));
      break;
    case kMagicCmu:
      put_cmu(context, area);
      break;
    case 0:
      break;
    default:
      context.put("\n\t  Vendor-#0x", Hex{magic});
  }
}

}  // namespace ringtap
