// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// NTP, RFC 5905 (and 1305, 4330); control messages, RFC 9327.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Mode : std::uint8_t { kControl = 6, kPrivate = 7 };
constexpr std::string_view kModes[] = {"unspecified", "symmetric active", "symmetric passive", "Client",
                                       "Server",      "Broadcast",        "Control Message",   "Reserved"};
constexpr std::string_view kLeaps[] = {"", "+1s", "-1s", "clock unsynchronized"};
constexpr Token kControlResponse[] = {{0, "Request"}, {0x80, "Response"}};
constexpr Token kControlError[] = {{0, "OK"}, {0x40, "Error"}};
constexpr Token kControlMore[] = {{0, "Last"}, {0x20, "More"}};

constexpr std::size_t kTimeMessage = 48;
constexpr std::size_t kControlMessage = 12;
constexpr std::size_t kKeySize = 4;
constexpr std::size_t kShortDigest = 16;
constexpr std::size_t kLongDigest = 20;

std::string_view stratum_name(std::uint8_t stratum) {
  if (stratum == 0) return "unspecified";
  if (stratum == 1) return "primary reference";
  return stratum < 16 ? "secondary reference" : "reserved";
}

void put_fraction(Context& context, std::uint64_t numerator, unsigned bits, std::uint64_t scale, unsigned digits) {
  context.put('.', Padded{numerator * scale >> bits, digits});
}

// 16 bits of seconds, 16 of fraction.
void put_short(Context& context, std::uint32_t value) {
  context.put(value >> 16);
  put_fraction(context, value & 0xffff, 16, 1000000, 6);
}

// A client that does not say when it asked leaves the difference to the reader.
void put_difference(Context& context, std::uint64_t from, std::uint64_t to) {
  if (from == 0) return put_ntp_time(context, to);
  context.put(to > from ? '+' : '-');
  put_ntp_seconds(context, to > from ? to - from : from - to);
}

void put_poll(Context& context, std::int8_t poll) {
  context.put(", poll ", Signed{poll});
  if (poll >= 0 && poll < 32) context.put(" (", std::uint32_t{1} << poll, "s)");
  if (poll < 0 && poll > -32) context.put(" (1/", std::uint32_t{1} << -poll, "s)");
}

void print_time(Context& context, Cursor message) {
  const std::uint8_t stratum = message.u8(1);
  context.put(", Stratum ", stratum, " (", stratum_name(stratum), ')');
  const auto poll = static_cast<std::int8_t>(message.u8(2));
  put_poll(context, poll);
  const auto precision = static_cast<std::int8_t>(message.u8(3));
  context.put(", precision ", Signed{precision});
  const std::uint32_t delay = message.be32(4);
  context.put("\n\tRoot Delay: ");
  put_short(context, delay);
  const std::uint32_t dispersion = message.be32(8);
  context.put(", Root dispersion: ");
  put_short(context, dispersion);
  const std::uint32_t reference = message.be32(12);
  context.put(", Reference-ID: ");
  if (stratum == 0) {
    context.put("(unspec)");
  } else if (stratum == 1) {
    context.out.escaped(message.span(12, 4));
  } else {
    context.put("0x", Hex{reference, 8});
  }
  constexpr std::string_view kTimes[] = {"\n\t  Reference Timestamp:  ", "\n\t  Originator Timestamp: ",
                                         "\n\t  Receive Timestamp:    ", "\n\t  Transmit Timestamp:   "};
  std::uint64_t times[4];
  for (std::size_t i = 0; i < 4; ++i) {
    times[i] = message.be64(16 + 8 * i);
    context.put(kTimes[i]);
    put_ntp_time(context, times[i]);
  }
  context.put("\n\t    Originator - Receive Timestamp:  ");
  put_difference(context, times[1], times[2]);
  context.put("\n\t    Originator - Transmit Timestamp: ");
  put_difference(context, times[1], times[3]);

  Cursor rest = message.from(kTimeMessage).with_length(message.length() - kTimeMessage);
  const std::size_t more = rest.length();
  if (more == kKeySize || more == kKeySize + kShortDigest || more == kKeySize + kLongDigest) {
    const std::uint32_t key = rest.take_be32();
    context.put("\n\tKey id: ", key);
    if (more == kKeySize) return;
    const std::uint8_t* digest = rest.block(0, more - kKeySize);
    context.put("\n\tAuthentication: ");
    for (std::size_t i = 0; i < more - kKeySize; ++i) context.put(Hex{digest[i], 2});
  } else if (more > 0) {
    context.put("\n\t(", more, " more bytes after the header)");
  }
}

void print_control(Context& context, Cursor message) {
  const std::uint8_t control = message.u8(1);
  context.put(", ", token(kControlResponse, control & 0x80u), ", ", token(kControlError, control & 0x40u), ", ",
              token(kControlMore, control & 0x20u), ", OpCode=", static_cast<std::uint32_t>(control & 0x1f));
  const auto field = [&](std::string_view name, std::size_t offset) {
    const std::uint16_t value = message.be16(offset);
    context.put(name, value);
    return value;
  };
  context.put('\n');
  field("\tSequence=", 2);
  const std::uint16_t status = message.be16(4);
  context.put(status == 0 ? ", Status=" : ", Status=0x", Hex{status});
  field(", Assoc.=", 6);
  field(", Offset=", 8);
  const std::uint16_t count = field(", Count=", 10);
  if (kControlMessage + count > message.length()) return context.put_invalid();
  if (count == 0) return;
  if (!message.has(kControlMessage + count)) return message.truncated();
  context.put("\n\tTO-BE-DONE: data not interpreted");
}

}  // namespace

void print_ntp(Context& context, Cursor message, const Transport&) {
  context.protocol("ntp");
  const std::uint8_t first = message.u8(0);
  context.protocol("ntp", true);
  const std::uint8_t mode = first & 7;
  context.put("NTPv", static_cast<std::uint32_t>(first >> 3 & 7), ", ", kModes[mode], ", length ", message.length());
  if (!context.verbose()) return;
  const unsigned leap = first >> 6;
  context.put("\n\tLeap indicator: ", kLeaps[leap], " (", leap << 6, ')');
  if (mode == kPrivate) return;
  const std::size_t least = mode == kControl ? kControlMessage : kTimeMessage;
  if (message.length() < least) return context.put_invalid();
  if (mode == kControl) {
    print_control(context, message);
  } else {
    print_time(context, message);
  }
}

}  // namespace ringtap
