// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// RTP's control protocol, RFC 3550: reports of senders and receivers (6.4); descriptions of sources (6.5), goodbyes
// (6.6) and others are named. The audio of LBL's vat, which is older than RTP, has headers of its own.
#include <charconv>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 8;  // with the source that the packet is from
constexpr std::size_t kSender = 20;
constexpr std::size_t kReport = 24;
enum Type : std::uint8_t { kSenderReport = 200, kReceiverReport = 201, kDescription = 202, kGoodbye = 203 };

void put_seconds(Context& context, double seconds) {
  char text[32];
  const char* const end = std::to_chars(text, text + sizeof text, seconds, std::chars_format::fixed, 2).ptr;
  context.put(std::string_view(text, static_cast<std::size_t>(end - text)));
}

// A time in seconds and 65536ths.
void put_short_time(Context& context, std::string_view before, std::uint32_t time) {
  context.put(before);
  put_seconds(context, time / 65536.0);
}

void put_report(Context& context, const Cursor& report) {
  if (context.verbose()) context.put(' ', report.be32(0));
  const std::uint32_t lost = report.be24(5);
  context.put(' ');
  if (context.options.compat) {  // tcpdump 4.99.3 knows no sign
    context.put(lost);
  } else {
    constexpr std::int64_t kSign = 0x800000;  // RFC 3550 6.4.1: duplicates may make it negative
    context.put(Signed{(lost ^ kSign) - kSign});
  }
  context.put("l ", report.be32(8), "s ", report.be32(12), 'j');
  put_short_time(context, " @", report.be32(16));
  put_short_time(context, "+", report.be32(20));
}

void put_reports(Context& context, Cursor rest, unsigned count) {
  if (count > 1) context.put(" c", count);
  for (unsigned i = 0; i < count; ++i) {
    if (!rest.has(kReport)) return rest.truncated();
    put_report(context, rest);
    if (!context.options.compat) rest.skip(kReport);  // tcpdump 4.99.3 prints the first again and again
  }
}

// How much of it its words say it takes. tcpdump 4.99.3 reads on in what follows where that is too little.
std::size_t put_packet(Context& context, const Cursor& rest) {
  const unsigned count = rest.u8(0) & 0x1fU;
  const std::uint8_t type = rest.u8(1);
  const std::size_t size = (rest.be16(2) + std::size_t{1}) * 4;
  const Cursor packet = context.options.compat ? rest : rest.first(size);
  const auto put_length = [&](std::size_t fixed) {
    if (size != fixed + count * kReport) context.put(" [", size, ']');
    if (context.verbose()) context.put(' ', packet.be32(4));
  };
  switch (type) {
    case kSenderReport:
      context.put(" sr");
      put_length(kHeader + kSender);
      if (!packet.has(kHeader + kSender)) {
        packet.truncated();
        break;
      }
      context.put(" @");
      put_seconds(context, packet.be32(8) + packet.be32(12) / 4294967296.0);
      context.put(' ', packet.be32(16), ' ', packet.be32(20), "p ", packet.be32(24), 'b');
      put_reports(context, packet.from(kHeader + kSender), count);
      break;
    case kReceiverReport:
      context.put(" rr");
      put_length(kHeader);
      put_reports(context, packet.from(kHeader), count);
      break;
    case kDescription:
    case kGoodbye:
      context.put(type == kDescription ? " sdes " : " bye ", size);
      // Of no source at all neither names one.
      if (context.verbose() && (size >= kHeader || context.options.compat)) context.put(' ', packet.be32(4));
      break;
    default:
      context.put(" type-0x", Hex{type}, ' ', size);
      break;
  }
  return size;
}

}  // namespace

void print_rtcp(Context& context, Cursor packet, const Transport&) {
  context.protocol("rtcp");
  Cursor rest = packet.first(packet.readable());
  while (rest.length() > 0 && !context.truncated()) {
    // A description or goodbye of no source is one word; tcpdump 4.99.3 asks for two.
    if (!rest.has(context.options.compat ? kHeader : 4)) return rest.truncated();
    rest.skip(put_packet(context, rest));
  }
}

// In the older of its two formats two bytes hold a length and a time; in the other one a word comes before the time.
void print_vat(Context& context, Cursor packet, const Transport&) {
  constexpr std::uint16_t kOldest = 0xf060;
  constexpr std::size_t kHead = 8;
  context.protocol("vat");
  if (packet.length() < 2) return context.put("udp/va/vat, length ", packet.length(), " < 2");
  if (!packet.has(2)) return packet.truncated();
  const std::uint32_t time = packet.be16(0);
  if ((time & kOldest) != 0) {
    return context.put("udp/vt ", packet.length(), ' ', time & 0x3ff, " / ", time >> 10);
  }
  if (packet.length() < kHead) return context.put("udp/vat, length ", packet.length(), " < ", kHead);
  if (!packet.has(kHead)) return packet.truncated();
  const std::uint32_t first = packet.be32(0);
  context.put("udp/vat ", packet.length() - kHead, " c", first & 0xffff, ' ', packet.be32(4));
  if ((first & 0x800000) != 0) context.put('*');
  if (const std::uint32_t format = first >> 16 & 0x1f; format != 0) context.put(" f", format);
  if (const std::uint32_t site = first >> 24 & 0x1f; site != 0) context.put(" s", site);
}

}  // namespace ringtap
