// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Precision Time Protocol, IEEE 1588-2008 clause 13 and annexes D to F.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 34;
enum Message : std::uint8_t {
  kSync = 0,
  kDelayRequest = 1,
  kPeerDelayRequest = 2,
  kPeerDelayResponse = 3,
  kFollowUp = 8,
  kDelayResponse = 9,
  kPeerDelayFollowUp = 10,
  kAnnounce = 11,
  kSignalling = 12,
  kManagement = 13
};
constexpr Token kMessages[] = {{kSync, "sync msg"},
                               {kDelayRequest, "delay req msg"},
                               {kPeerDelayRequest, "peer delay req msg"},
                               {kPeerDelayResponse, "peer delay resp msg"},
                               {kFollowUp, "follow up msg"},
                               {kDelayResponse, "delay resp msg"},
                               {kPeerDelayFollowUp, "pdelay resp fup msg"},
                               {kAnnounce, "announce msg"},
                               {kSignalling, "signalling msg"},
                               {kManagement, "management msg"}};
constexpr Token kFlags[] = {{0x0001, "l1 61"},
                            {0x0002, "l1 59"},
                            {0x0004, "utc reasonable"},
                            {0x0008, "timescale"},
                            {0x0010, "time tracable"},
                            {0x0020, "frequency tracable"},
                            {0x0100, "alternate master"},
                            {0x0200, "two step"},
                            {0x0400, "unicast"},
                            {0x1000, "profile specific 1"},
                            {0x2000, "profile specific 2"},
                            {0x4000, "security mask"}};
constexpr Token kControls[] = {{0, "Sync"},       {1, "Delay_Req"},  {2, "Follow_Up"},
                               {3, "Delay_Resp"}, {4, "Management"}, {5, "Other"}};

// 48 bits of seconds, 32 of nanoseconds.
void put_timestamp(Context& context, Cursor& body, std::string_view label, std::string_view separator) {
  context.put(label);
  const std::uint64_t high = body.take_be16();
  const std::uint64_t seconds = high << 32 | body.take_be32();
  context.put(' ', seconds, " seconds", separator);
  context.put(' ', body.take_be32(), " nanoseconds");
}

void put_port_identity(Context& context, Cursor& body) {
  context.put(", port identity : 0x", Hex{body.take_be64()});
  context.put(", port id : ", body.take_be16());
}

void put_announce(Context& context, Cursor body) {
  put_timestamp(context, body, ", originTimeStamp :", "");
  context.put(", origin cur utc :", body.take_be16());
  context.put(", rsvd : ", body.take_u8());
  context.put(", gm priority_1 : ", body.take_u8());
  context.put(", gm clock class : ", body.take_u8());
  context.put(", gm clock accuracy : ", body.take_u8());
  context.put(", gm clock variance : ", body.take_be16());
  context.put(", gm priority_2 : ", body.take_u8());
  context.put(", gm clock id : 0x", Hex{body.take_be64()});
  context.put(", steps removed : ", body.take_be16());
  context.put(", time source : 0x", Hex{body.take_u8()});
}

void put_body(Context& context, std::uint8_t type, Cursor body) {
  switch (type) {
    case kSync:
    case kDelayRequest:
      return put_timestamp(context, body, ", originTimeStamp :", ",");
    case kFollowUp:
      return put_timestamp(context, body, ", preciseOriginTimeStamp :", ",");
    case kPeerDelayRequest:
    case kPeerDelayFollowUp:
      put_timestamp(context, body, ", preciseOriginTimeStamp :", ",");
      return put_port_identity(context, body);
    case kPeerDelayResponse:
    case kDelayResponse:
      put_timestamp(context, body, ", receiveTimeStamp :", ",");
      return put_port_identity(context, body);
    case kAnnounce:
      return put_announce(context, body);
    case kSignalling:
      return put_port_identity(context, body);
    case kManagement: {
      // So printed: tcpdump 4.99.3 shows the first byte of the identity in place of the four after it.
      const std::uint8_t hops = body.u8(0);
      put_port_identity(context, body);
      context.put(", , start boundary hops  ", hops, ", , boundary hops  ", hops);
      return context.put(", , flags  0x", Hex{hops}, ", , reserved  0x", Hex{hops});
    }
    default:
      return;
  }
}

}  // namespace

static void print_ptp_message(Context& context, Cursor message) {
  context.protocol("ptp");
  if (message.length() < kHeader) {
    context.put(" [length ", message.length(), " < ", kHeader, ']');
    return context.put_invalid();
  }
  const std::uint8_t version = message.u8(1);
  if (context.truncated()) return;
  if (version != 2) return context.put("PTPv", version, version == 1 ? " (not implemented)" : "");
  const std::uint8_t first = message.u8(0);
  const std::uint8_t type = first & 0xf;
  context.put("PTPv2, v1 compat : ", (first & 0x10) != 0 ? "yes" : "no",
              ", msg type : ", token(kMessages, type, "Reserved"));
  context.put(", length : ", message.be16(2));
  const std::uint16_t domain = message.be16(4);
  context.put(", domain : ", static_cast<std::uint32_t>(domain >> 8),
              ", reserved1 : ", static_cast<std::uint32_t>(domain & 0xff));
  const std::uint16_t flags = message.be16(6);
  context.put(", Flags [");
  context.put_flags(kFlags, flags);
  context.put(flags == 0xffff ? ", unknown]" : "]");
  const std::uint64_t nanoseconds = message.be16(8);
  context.put(", NS correction : ", nanoseconds << 32 | message.be32(10));
  context.put(", sub NS correction : ", message.be16(14));
  context.put(", reserved2 : ", message.be32(16));
  context.put(", clock identity : 0x", Hex{message.be64(20)});
  context.put(", port id : ", message.be16(28));
  context.put(", seq id : ", message.be16(30));
  const std::uint8_t control = message.u8(32);
  context.put(", control : ", control, " (", token(kControls, control, "Reserved"), ')');
  context.put(", log message interval : ", message.u8(33));
  put_body(context, type, message.from(kHeader));
}

void print_ptp(Context& context, Cursor message, const LinkHeader&) {
  print_ptp_message(context, message);
}
void print_ptp_over_udp(Context& context, Cursor message, const Transport&) {
  print_ptp_message(context, message);
}

}  // namespace ringtap
