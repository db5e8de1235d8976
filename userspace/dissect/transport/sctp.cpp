// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// SCTP, RFC 9260; forward TSN, RFC 3758; reset, RFC 6525; payload protocols: the IANA registry.
#include <algorithm>
#include <span>

#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 12;
enum Chunk : std::uint8_t { kData = 0, kInit = 1, kInitAck = 2, kSack = 3, kAbort = 6, kShutdown = 7, kError = 9 };
constexpr Token kChunks[] = {
    {kData, "DATA"},       {kInit, "INIT"},    {kInitAck, "INIT ACK"},  {kSack, "SACK"},     {4, "HB REQ"},
    {5, "HB ACK"},         {kAbort, "ABORT"},  {kShutdown, "SHUTDOWN"}, {8, "SHUTDOWN ACK"}, {kError, "OP ERR"},
    {10, "COOKIE ECHO"},   {11, "COOKIE ACK"}, {12, "ECN ECHO"},        {13, "ECN CWR"},     {14, "SHUTDOWN COMPLETE"},
    {0xc0, "FOR CUM TSN"}, {0xc1, "REL CTRL"}, {0xc2, "REL CTRL ACK"}};
constexpr std::uint32_t kM3ua = 3;
constexpr Token kPayloads[] = {
    {1, "ISDN Q.921"}, {2, "M2UA"},       {kM3ua, "M3UA"}, {4, "SUA"},   {5, "M2PA"},  {6, "V5.2"},   {7, "H.248"},
    {8, "BICC"},       {9, "TALI"},       {10, "DUA"},     {11, "ASAP"}, {12, "ENRP"}, {13, "H.323"}, {14, "Q.IPC"},
    {15, "SIMCO"},     {16, "DDPSC"},     {17, "DDPSSC"},  {18, "S1AP"}, {19, "RUA"},  {20, "HNBAP"}, {21, "ForCES HP"},
    {22, "ForCES MP"}, {23, "ForCES LP"}, {24, "SBc-AP"},  {25, "NBAP"}, {27, "X2AP"}};

// M3UA, RFC 4666 3: the names of a class and of its messages by number, empty if it has none.
struct M3uaClass {
  std::uint8_t number;
  std::string_view name;
  std::span<const std::string_view> messages;
};
constexpr std::string_view kManagement[] = {"Error", "Notify"};
constexpr std::string_view kTransfer[] = {"", "Data"};
constexpr std::string_view kSignalling[] = {"",
                                            "Destination Unavailable",
                                            "Destination Available",
                                            "Destination State Audit",
                                            "Signalling Congestion",
                                            "Destination User Part Unavailable",
                                            "Destination Restricted"};
constexpr std::string_view kAspState[] = {
    "", "Up", "Down", "Heartbeat", "Up Acknowledgement", "Down Acknowledgement", "Heartbeat Acknowledgement"};
constexpr std::string_view kAspTraffic[] = {"", "Active", "Inactive", "Active Acknowledgement",
                                            "Inactive Acknowledgement"};
constexpr std::string_view kRoutingKeys[] = {"", "Registration Request", "Registration Response",
                                             "Deregistration Request", "Deregistration Response"};
constexpr M3uaClass kM3uaClasses[] = {{0, "Management", kManagement}, {1, "Transfer", kTransfer},
                                      {2, "SS7", kSignalling},        {3, "ASP", kAspState},
                                      {4, "ASP", kAspTraffic},        {9, "Routing Key Management", kRoutingKeys}};
enum M3uaParameter : std::uint16_t { kRoutingContext = 6, kCorrelation = 0x13, kNetwork = 0x200 };
constexpr Token kM3uaParameters[] = {{4, "INFO String"},
                                     {kRoutingContext, "Routing Context"},
                                     {7, "Diagnostic Info"},
                                     {9, "Heartbeat Data"},
                                     {0x0b, "Traffic Mode Type"},
                                     {0x0c, "Error Code"},
                                     {0x0d, "Status"},
                                     {0x11, "ASP Identifier"},
                                     {0x12, "Affected Point Code"},
                                     {kCorrelation, "Correlation ID"},
                                     {kNetwork, "Network Appearance"},
                                     {0x204, "User/Cause"},
                                     {0x205, "Congestion Indications"},
                                     {0x206, "Concerned Destination"},
                                     {0x207, "Routing Key"},
                                     {0x208, "Registration Result"},
                                     {0x209, "Deregistration Result"},
                                     {0x20a, "Local Routing Key Identifier"},
                                     {0x20b, "Destination Point Code"},
                                     {0x20c, "Service Indicators"},
                                     {0x20e, "Originating Point Code List"},
                                     {0x210, "Protocol Data"},
                                     {0x212, "Registration Status"},
                                     {0x213, "Deregistration Status"}};

void put_m3ua_parameters(Context& context, Cursor rest) {
  while (rest.length() > 0 && !context.truncated()) {
    if (rest.length() < 4) return context.put_invalid();
    const std::uint16_t tag = rest.be16(0);
    const std::size_t size = rest.be16(2);
    context.put("\n\t\t\t");
    context.put_name(token(kM3uaParameters, tag), "Unknown Parameter (0x", Hex{tag, 4}, ')');
    context.put(": ");
    if (size < 4) return context.put_invalid();
    (void)rest.span(0, size);
    if (context.truncated()) return;
    if (tag == kRoutingContext || tag == kCorrelation || tag == kNetwork) {
      if (size < 8) return context.put_invalid();
      context.put("0x", Hex{rest.be32(0), 8});  // tcpdump 4.99.3 takes the parameter's header for its value
    } else {
      context.put("(length ", size, ')');
    }
    rest.skip((size + 3) & ~std::size_t{3});
  }
}

void print_m3ua(Context& context, const Cursor& message) {
  constexpr std::size_t kM3uaHeader = 8;
  context.protocol("m3ua");
  if (message.length() < kM3uaHeader) return context.put_invalid();
  const std::uint8_t* header = message.block(0, kM3uaHeader);
  if (context.truncated() || header[0] != 1) return;
  const auto known = std::find_if(std::begin(kM3uaClasses), std::end(kM3uaClasses),
                                  [header](const M3uaClass& row) { return row.number == header[2]; });
  context.put("\n\t\t");
  if (known == std::end(kM3uaClasses)) {
    context.put("Unknown message class ", header[2]);
  } else {
    const std::uint8_t type = header[3];
    context.put(known->name, ' ');
    context.put_name(type < known->messages.size() ? known->messages[type] : std::string_view(), "Unknown (0x",
                     Hex{type, 2}, ')');
    context.put(" Message");
  }
  const std::uint32_t length = load_be32(header + 4);
  if (length != message.length()) {
    return context.put("\n\t\t\t@@@@@@ Corrupted length ", length, " of message @@@@@@");
  }
  put_m3ua_parameters(context, message.from(kM3uaHeader));
}

// ForCES over SCTP (RFC 5811 5) is named by its ports.
constexpr Token kForcesPorts[] = {{6704, "[ForCES HP]"}, {6705, "[ForCES MP]"}, {6706, "[ForCES LP]"}};

bool put_bogus(Context& context, const Cursor& body) {
  context.put("bogus chunk length ", body.length() + 4, ']');
  return false;
}

constexpr std::uint32_t kForcesHighest = 21;
constexpr std::uint32_t kForcesLowest = 23;

// These are false where nothing after the chunk is to be printed.
bool put_data(Context& context, const Cursor& body, std::uint8_t flags, bool is_forces) {
  if ((flags & 7) != 0) {
    context.put((flags & 4) != 0 ? "(U)" : "", (flags & 2) != 0 ? "(B)" : "", (flags & 1) != 0 ? "(E)" : "", ' ');
  }
  if (body.length() < 12) return put_bogus(context, body);
  context.put("[TSN: ", body.be32(0), "] ");
  context.put("[SID: ", body.be16(4), "] ");
  context.put("[SSEQ ", body.be16(6), "] ");
  const std::uint32_t payload = body.be32(8);
  context.put("[PPID ");
  context.put_name(token(kPayloads, payload), "0x", Hex{payload});
  context.put("] ");
  // RFC 9260 3.3.1: there is at least one byte of data.
  if (body.length() == 12) return put_bogus(context, body);
  if (is_forces || (payload >= kForcesHighest && payload <= kForcesLowest)) {
    print_forces(context, body.from(12));
    context.protocol("sctp");
    return true;
  }
  if (payload == kM3ua) {
    if (context.verbose(2)) print_m3ua(context, body.from(12));
    context.protocol("sctp");
    return true;
  }
  if (context.verbose(2)) {
    context.put("[Payload");
    if (!context.options.suppress_dump) {
      context.put(':');
      const Cursor user = body.from(12);
      dump_hex_and_ascii(context.out, user.bytes().first(user.readable()));
    }
    context.put(']');
  }
  return true;
}

bool put_init(Context& context, const Cursor& body) {
  if (body.length() < 16) return put_bogus(context, body);
  context.put("[init tag: ", body.be32(0), "] ");
  context.put("[rwnd: ", body.be32(4), "] ");
  context.put("[OS: ", body.be16(8), "] ");
  context.put("[MIS: ", body.be16(10), "] ");
  context.put("[init TSN: ", body.be32(12), "] ");
  return true;
}

bool put_sack(Context& context, const Cursor& body) {
  if (body.length() < 12) return put_bogus(context, body);
  const std::uint32_t acknowledged = body.be32(0);
  context.put("[cum ack ", acknowledged, "] ");
  context.put("[a_rwnd ", body.be32(4), "] ");
  const std::size_t gaps = body.be16(8);
  context.put("[#gap acks ", gaps, "] ");
  const std::size_t duplicates = body.be16(10);
  context.put("[#dup tsns ", duplicates, "] ");
  Cursor rest = body.from(12);
  for (std::size_t i = 0; i < gaps && rest.length() > 0 && !context.truncated(); ++i) {
    if (rest.length() < 4) return put_bogus(context, body);
    context.put("\n\t\t[gap ack block #", i + 1, ": start = ", acknowledged + rest.be16(0),
                ", end = ", acknowledged + rest.be16(2), "] ");
    rest.skip(4);
  }
  for (std::size_t i = 0; i < duplicates && rest.length() > 0 && !context.truncated(); ++i) {
    if (rest.length() < 4) return put_bogus(context, body);
    context.put("\n\t\t[dup TSN #", i + 1, ": ", rest.be32(0), "] ");
    rest.skip(4);
  }
  return true;
}

bool put_chunk(Context& context, std::uint8_t type, std::uint8_t flags, const Cursor& body, bool is_forces) {
  switch (type) {
    case kData:
      return put_data(context, body, flags, is_forces);
    case kInit:
    case kInitAck:
      return put_init(context, body);
    case kSack:
      return put_sack(context, body);
    default:
      return true;
  }
}

}  // namespace

void print_sctp(Context& context, Cursor packet, const IpHeader& ip) {
  context.protocol("sctp");
  if (packet.length() < kHeader) {
    return context.put("truncated-sctp - ", kHeader - packet.length(), " bytes missing!");
  }
  if (!packet.has(kHeader)) return packet.truncated();
  const std::uint16_t source = packet.be16(0);
  const std::uint16_t destination = packet.be16(2);
  constexpr std::uint8_t kProtocol = 132;
  if (ip.protocol == kProtocol) {
    const auto endpoint = [&](const std::uint8_t* address, std::uint16_t port, std::string_view behind) {
      if (ip.version == 4) {
        context.host4(address);
      } else {
        context.host6(address);
      }
      context.put('.', port, behind);
    };
    endpoint(ip.source, source, " > ");
    endpoint(ip.destination, destination, ": sctp");
  } else {
    context.put(source, " > ", destination, ": sctp");
  }
  const std::string_view source_name = token(kForcesPorts, source);
  const std::string_view destination_name = token(kForcesPorts, destination);
  const bool is_forces = !source_name.empty() || !destination_name.empty();
  context.put(source_name, destination_name);
  Cursor chunks = packet.from(kHeader);
  for (std::uint32_t number = 1; chunks.length() > 0 && !context.truncated(); ++number) {
    if (chunks.length() >= 4) {
      // A chunk is printed when it is there to its end.
      if (!chunks.has(4)) return chunks.truncated();
      const std::size_t declared = chunks.be16(2);
      if (!chunks.has(declared)) return chunks.truncated();
    }
    if (context.verbose(2)) {
      context.put("\n\t", number, ") ");
    } else {
      context.put(number == 1 ? "" : ",", " (", number, ") ");
    }
    if (chunks.length() < 4) return context.put("[chunk descriptor cut off at end of packet]");
    const std::size_t size = chunks.be16(2);
    if (size < 4) return context.put("[Bad chunk length ", size, ", < size of chunk descriptor]");
    const std::uint8_t type = chunks.u8(0);
    context.put('[');
    context.put_name(token(kChunks, type), "Unknown chunk type: 0x", Hex{type});
    context.put("] ");
    const std::uint8_t flags = chunks.u8(1);
    if (size > chunks.length()) {
      context.put("[Bad chunk length ", size, ", > remaining data in packet]");
      return context.put_invalid();
    }
    if (!put_chunk(context, type, flags, chunks.from(4).with_length(size - 4), is_forces)) return;
    // The padding belongs to the packet: one that ends before it was cut.
    const std::size_t padded = (size + 3) & ~std::size_t{3};
    if (!chunks.has(padded)) return chunks.truncated();
    chunks.skip(padded);
  }
}

}  // namespace ringtap
