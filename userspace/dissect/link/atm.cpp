// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ATM's adaptation layer 5: packets by RFC 2684 (LLC) or RFC 2225 (Linux's classical IP), and with SunATM's header
// (https://www.tcpdump.org/linktypes/LINKTYPE_SUNATM.html) also emulated LANs (LANE 1.0), cells of operation and
// maintenance (ITU-T I.610), ILMI and the head of signalling messages (ITU-T Q.2931).
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kLlcIp = 0x060603;

constexpr Token kPayloadTypes[] = {
    {0, "user data, uncongested, SDU 0"},     {1, "user data, uncongested, SDU 1"}, {2, "user data, congested, SDU 0"},
    {3, "user data, congested, SDU 1"},       {4, "VCC OAM F5 flow segment"},       {5, "VCC OAM F5 flow end-to-end"},
    {6, "Traffic Control and resource Mgmt"},
};
constexpr Token kFaultFunctions[] = {{0, "AIS"}, {1, "RDI"}, {4, "Continuity Check"}, {8, "Loopback"}};
constexpr Token kPerformanceFunctions[] = {
    {0, "Forward Monitoring"}, {1, "Backward Reporting"}, {2, "Monitoring and Reporting"}};
constexpr Token kActivationFunctions[] = {{0, "Performance Monitoring"}, {1, "Continuity Check"}};
struct CellType {
  std::uint32_t number;
  std::string_view name;
  std::span<const Token> functions;
};
constexpr std::uint32_t kFault = 1;
constexpr CellType kCellTypes[] = {{kFault, "Fault Management", kFaultFunctions},
                                   {2, "Performance Management", kPerformanceFunctions},
                                   {8, "activate/deactivate", kActivationFunctions},
                                   {15, "System Management", {}}};

// The cell's payload from its type on; the last ten bits are a check sequence.
constexpr std::size_t kCellPayload = 48;

// CRC-10 of I.610 7.1 over the payload with zeros in its own place.
std::uint32_t cell_check(std::span<const std::uint8_t> payload) {
  constexpr std::uint32_t kPolynomial = 0x633;
  std::uint32_t crc = 0;
  const auto add = [&crc](std::uint32_t bits, int count) {
    for (int bit = count - 1; bit >= 0; --bit) {
      crc = crc << 1 | (bits >> bit & 1);
      if ((crc & 0x400) != 0) crc ^= kPolynomial;
    }
  };
  for (const std::uint8_t byte : payload.first(kCellPayload - 2)) add(byte, 8);
  add(payload[kCellPayload - 2] >> 2 & 0x3fU, 6);
  add(0, 10);
  return crc;
}

void put_words(Context& context, const Cursor& cell, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t word = cell.be16(offset + 2 * i);
    context.put(Hex{word, 4}, ' ');
  }
}

void put_fault(Context& context, const Cursor& payload, std::uint32_t function) {
  enum Function : std::uint8_t { kAlarm = 0, kDefect = 1, kLoopback = 8 };
  if (function == kLoopback || function == kAlarm || function == kDefect) (void)payload.span(1, kCellPayload - 3);
  if (context.truncated()) return;
  if (function == kLoopback) {
    const bool request = (payload.u8(1) & 1) != 0;
    const std::uint32_t tag = payload.be32(2);
    context.put("\n\tLoopback-Indicator ", request ? "Request" : "Reply", ", Correlation-Tag 0x", Hex{tag, 8});
    context.put("\n\tLocation-ID ");
    put_words(context, payload, 7, 6);
    context.put("\n\tSource-ID   ");
    put_words(context, payload, 19, 6);
  } else if (function == kAlarm || function == kDefect) {
    context.put("\n\tFailure-type 0x", Hex{payload.u8(1), 2});
    context.put("\n\tLocation-ID ");
    put_words(context, payload, 3, 8);
  }
}

void put_cell_payload(Context& context, const Cursor& payload) {
  const std::uint32_t head = payload.u8(0);
  const std::uint32_t function = head & 0xf;
  const auto* const type = std::find_if(std::begin(kCellTypes), std::end(kCellTypes),
                                        [head](const CellType& row) { return row.number == head >> 4; });
  const bool known = type != std::end(kCellTypes);
  const bool functions = known && !type->functions.empty();
  context.put("\n\tcell-type ", Named{known ? type->name : std::string_view("unknown"), head >> 4}, ", func-type ");
  context.put(functions ? named(type->functions, function, "none") : Named{"unknown", function});
  if (head >> 4 == kFault) put_fault(context, payload, function);
  const std::span<const std::uint8_t> bytes = payload.span(0, kCellPayload);
  if (context.truncated()) return;
  const std::uint32_t stored = (bytes[kCellPayload - 2] & 3U) << 8 | bytes[kCellPayload - 1];
  context.put("\n\tcksum 0x", Hex{stored, 3}, cell_check(bytes) == stored ? " (correct)" : " (incorrect)");
}

// LAN emulation (LANE 1.0): the number of the client and an Ethernet frame, or 0xff00 and a control frame.
void print_lane(Context& context, Cursor packet) {
  constexpr std::uint16_t kControl = 0xff00;
  constexpr std::size_t kControlHeader = 6;
  constexpr Token kOperations[] = {
      {0x0001, "configure request"},  {0x0002, "join request"},        {0x0003, "ready query"},
      {0x0004, "register request"},   {0x0005, "unregister request"},  {0x0006, "ARP request"},
      {0x0007, "flush request"},      {0x0008, "NARP request"},        {0x0009, "topology request"},
      {0x0101, "configure response"}, {0x0102, "join response"},       {0x0103, "ready indication"},
      {0x0104, "register response"},  {0x0105, "unregister response"}, {0x0106, "ARP response"},
      {0x0107, "flush response"},
  };
  context.protocol("lane");
  const std::uint16_t client = packet.be16(0);
  if (context.truncated()) return;
  if (client == kControl) {
    (void)packet.span(0, kControlHeader);
    if (context.truncated()) return;
    const std::uint16_t operation = packet.be16(4);
    context.put("lec: proto ", Hex{packet.u8(2)}, " vers ", Hex{packet.u8(3)}, ' ');
    return context.put_name(token(kOperations, operation), "opcode-#", operation);
  }
  constexpr std::size_t kEthernetHeader = 14;
  const Cursor frame = packet.from(2);
  if (frame.has(kEthernetHeader) && frame.length() >= kEthernetHeader) context.put("lecid:", Hex{client}, ' ');
  print_ethernet_frame(context, frame);
}

void print_signalling(Context& context, const Cursor& message) {
  constexpr std::uint8_t kQ2931 = 9;
  constexpr Token kMessages[] = {
      {0x02, "Call_proceeding"},  {0x05, "Setup"},      {0x07, "Connect"},        {0x0f, "Connect_ack"},
      {0x46, "Restart"},          {0x4d, "Release"},    {0x4e, "Restart_ack"},    {0x5a, "Release_complete"},
      {0x75, "Status_enquiry"},   {0x7d, "Status"},     {0x80, "Add_party"},      {0x81, "Add_party_ack"},
      {0x82, "Add_party_reject"}, {0x83, "Drop_party"}, {0x84, "Drop_party_ack"},
  };
  const std::uint8_t protocol = message.u8(0);
  if (context.truncated()) return;
  if (protocol != kQ2931) return context.put("SSCOP, proto ", protocol, ' ');
  context.put("Q.2931");
  const std::uint8_t type = message.u8(5);
  if (context.truncated()) return;
  context.put(':');
  context.put_name(token(kMessages, type), "msgtype#", type);
  context.put(" CALL_REF:0x", Hex{message.be24(2), 6});
}

}  // namespace

std::size_t print_atm_llc(Context& context, Cursor packet) {
  std::size_t size = 0;
  if (!print_llc(context, packet, {}, size)) dump_unknown(context, packet);
  return size;
}

void print_oam_cell(Context& context, Cursor cell, std::size_t header) {
  context.protocol("oam");
  constexpr std::size_t kCellHeader = 4;
  const Cursor payload = cell.from(header + kCellHeader);
  const std::uint32_t head = cell.be32(header);
  (void)payload.u8(0);
  if (context.truncated()) return;
  context.put("OAM F5, vpi ", head >> 20 & 0xff, ", vci ", head >> 4 & 0xffff, ", payload [ ",
              token(kPayloadTypes, head >> 1 & 7, "Unknown"), " ], clp ", head & 1, ", length ", cell.length());
  if (context.verbose()) put_cell_payload(context, payload);
}

void print_atm(Context& context, Cursor packet) {
  constexpr std::size_t kLlcHeader = 3;
  constexpr std::size_t kUnknownHeader = 20;
  constexpr std::uint8_t kNlpidOnly = 0x03;
  context.protocol("atm");
  if (packet.has(1) && packet.u8(0) == kNlpidOnly) {
    if (context.options.link_header) context.put("CNLPID ");
    context.link_header_size = 1;
    return print_osi(context, packet.from(1));
  }
  if (packet.length() < kLlcHeader || !packet.has(kLlcHeader)) return context.put_truncated();
  const std::uint32_t head = packet.be24(0);
  if (head == kLlcSnap || head == kLlcOsi || head == kLlcIp) {
    context.link_header_size = print_atm_llc(context, packet);
    return;
  }
  // Something comes before LLC, which tcpdump takes for twenty bytes.
  if (context.options.link_header) {
    context.put(Hex{packet.be32(0), 8}, Hex{packet.be32(4), 8}, ' ', Hex{packet.be32(8), 8}, Hex{packet.be32(12), 8},
                ' ');
  }
  (void)packet.span(0, kUnknownHeader);
  if (context.truncated()) return;
  context.link_header_size = kUnknownHeader + print_atm_llc(context, packet.from(kUnknownHeader));
}

void print_atm_clip(Context& context, Cursor packet) {
  constexpr std::size_t kRouted = 6;  // LLC, SNAP and the organization, without the ethertype
  context.protocol("cip");
  if (context.options.link_header) context.put(packet.length(), ": ");
  if (!packet.has(kRouted)) return context.put_truncated();
  if (packet.be24(0) == kLlcSnap && packet.be24(3) == 0) {
    context.link_header_size = print_atm_llc(context, packet);
  } else {
    print_ipv4_packet(context, packet);
  }
}

void print_sunatm(Context& context, Cursor packet) {
  enum Channel : std::uint16_t { kMeta = 1, kBroadcast = 2, kSegment = 3, kEndToEnd = 4, kSignalling = 5, kIlmi = 16 };
  constexpr std::size_t kHeader = 4;
  constexpr std::uint8_t kSent = 0x80;
  constexpr std::uint8_t kLane = 1;
  context.protocol("sunatm");
  if (context.options.link_header) context.put((packet.u8(0) & kSent) != 0 ? "Tx: " : "Rx: ");
  if (!packet.has(kHeader)) return context.put_truncated();
  const std::uint8_t vpi = packet.u8(1);
  const std::uint16_t vci = packet.be16(2);
  const Cursor payload = packet.from(kHeader);
  if (context.options.link_header) context.put("VPI:", vpi, " VCI:", vci, ' ');
  context.link_header_size = kHeader;
  context.protocol("atm");
  if (vpi == 0) {
    switch (vci) {
      case kMeta:
        return context.put("meta: ");
      case kBroadcast:
        return context.put("broadcast sig: ");
      case kSegment:
      case kEndToEnd:
        return print_oam_cell(context, payload, 1);
      case kSignalling:
        return print_signalling(context, payload);
      case kIlmi:
        context.put("ilmi: ");
        return print_snmp_message(context, payload);
      default:
        break;
    }
  }
  if ((packet.u8(0) & 0xf) == kLane) return print_lane(context, payload);
  (void)print_atm_llc(context, payload);
}

}  // namespace ringtap
