// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LWAPP, RFC 5412: access points and their controller.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 6;
constexpr std::uint8_t kControlBit = 0x04;
constexpr Token kFlags[] = {{1, "Last Fragment Bit"}, {2, "Fragment Bit"}, {kControlBit, "Control Bit"}};
// RFC 5412 4.2.1.1.
constexpr Token kMessages[] = {{1, "Discovery req"},
                               {2, "Discovery resp"},
                               {3, "Join req"},
                               {4, "Join resp"},
                               {5, "Join ack"},
                               {6, "Join confirm"},
                               {10, "Configure req"},
                               {11, "Configure resp"},
                               {12, "Update req"},
                               {13, "Update resp"},
                               {14, "WTP event req"},
                               {15, "WTP event resp"},
                               {16, "Change state event req"},
                               {17, "Change state event resp"},
                               {22, "Echo req"},
                               {23, "Echo resp"},
                               {24, "Image data req"},
                               {25, "Image data resp"},
                               {26, "Channel status req"},
                               {27, "Channel status resp"},
                               {30, "Key update req"},
                               {31, "Key update resp"},
                               {32, "Primary discovery req"},
                               {33, "Primary discovery resp"},
                               {34, "Data transfer req"},
                               {35, "Data transfer resp"},
                               {36, "Clear config ind"},
                               {37, "Wlan config req"},
                               {38, "Wlan config resp"},
                               {39, "Mobile config req"},
                               {40, "Mobile config resp"}};

void put_messages(Context& context, Cursor rest, std::size_t left) {
  constexpr std::size_t kMessage = 8;
  while (left > 0 && !context.truncated()) {
    const std::uint8_t* message = rest.block(0, kMessage);
    const std::size_t size = kMessage + load_be16(message + 2);
    if (context.truncated()) return;
    context.put("\n\t  ");
    if (size > left) return context.put("Msg goes past end of PDU");
    context.put("Msg type: ", named(kMessages, message[0], "Unknown"), ", Seqnum: ", message[1],
                ", Msg len: ", size - kMessage, ", Session: 0x", Hex{load_be32(message + 4), 8});
    rest.skip(size);
    left -= size;
  }
}

// "LWAPPv0, Control frame, Radio-id 0, Flags [Control Bit], Frag-id 0, length 8": the same for data and control, but
// for the number of blanks. `size` is that of the frame. False if nothing follows.
bool put_header(Context& context, const std::uint8_t* header, std::size_t size, std::string_view blank,
                std::size_t least) {
  const unsigned version = header[0] >> 6;
  if (version != 0) {
    context.put("LWAPP version ", version, " packet not supported");
    return false;
  }
  context.put("LWAPPv0, ", (header[0] & kControlBit) != 0 ? "Control" : "Data", " frame, ");
  const std::uint16_t length = load_be16(header + 2);
  if (context.verbose()) context.put("Radio-id", blank, header[0] >> 3 & 7u, ", ");
  context.put("Flags [");
  context.put_flags(kFlags, header[0] & 7);
  context.put(']');
  if (!context.verbose()) {
    context.put(", length ", size);
    return false;
  }
  if (length < least) {
    context.put(", length ", length, " < transport header length");
    return false;
  }
  context.put(", Frag-id", blank, header[1], ", length ", length);
  return true;
}

}  // namespace

void print_lwapp_data(Context& context, Cursor frame, const Transport&) {
  context.protocol("lwapp_data", true);
  if (frame.length() < kHeader) return frame.truncated();
  const std::uint8_t* header = frame.block(0, kHeader);
  if (context.truncated() || !put_header(context, header, frame.length(), "  ", kHeader)) return;
  dump_layer(context, frame, kHeader, load_be16(header + 2) - kHeader, "\n\t");
}

// A message to the controller begins with the address of the access point.
void print_lwapp_control(Context& context, Cursor frame, const Transport& transport) {
  context.protocol("lwapp_control", true);
  const std::size_t identity = transport.destination_port == kLwappControlPort ? 6 : 0;
  if (frame.length() < identity + kHeader) return frame.truncated();
  const std::uint8_t* header = frame.block(0, identity + kHeader) + identity;
  if (context.truncated() || !put_header(context, header, frame.length(), " ", 0)) return;
  if (identity != 0) {
    context.put("\n\tAP identity: ");
    context.station(header - identity);
  }
  put_messages(context, frame.from(identity + kHeader), load_be16(header + 2));
}

}  // namespace ringtap
