// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// AHCP, draft-chroboczek-ahcp-00: addresses for nodes of ad hoc networks. Version 1.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kMagic = 43;
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeader = 24;
constexpr Token kMessages[] = {{0, "Discover"}, {1, "Offer"}, {2, "Request"}, {3, "Ack"}, {4, "Nack"}, {5, "Release"}};

// False where the option is not what it should be.
using Printer = bool (*)(Context&, Cursor);

bool put_time(Context& context, Cursor value) {
  if (value.length() != 4) return false;
  const std::uint32_t seconds = value.be32(0);
  context.put(": ");
  put_utc(context, seconds, ' ');
  context.put(" UTC");
  return true;
}

bool put_seconds(Context& context, Cursor value) {
  if (value.length() != 4) return false;
  const std::uint32_t seconds = value.be32(0);
  context.put(": ", seconds, 's');
  return true;
}

template <std::size_t kSize, bool kHasBits>
bool put_addresses(Context& context, Cursor value) {
  std::string_view before = ": ";
  while (value.length() > 0 && !context.truncated()) {
    if (value.length() < kSize + (kHasBits ? 1 : 0)) return false;
    const std::uint8_t* address = value.block(0, kSize + (kHasBits ? 1 : 0));
    context.put(before);
    if constexpr (kSize == 4) {
      context.host4(address);
    } else {
      context.host6(address);
    }
    value.skip(kSize);
    if constexpr (kHasBits) {
      const std::uint8_t bits = value.take_u8();
      context.put('/', bits);
    }
    before = ", ";
  }
  return true;
}

struct Option {
  std::string_view name;
  Printer print = nullptr;  // nullptr: only its length is printed
};
enum Single : std::uint8_t { kPad = 0, kMandatory = 1 };  // without a length
constexpr Option kOptions[] = {{"Pad"},
                               {"Mandatory"},
                               {"Origin Time", put_time},
                               {"Expires", put_seconds},
                               {"My-IPv6-Address", put_addresses<16, false>},
                               {"My-IPv4-Address", put_addresses<4, false>},
                               {"IPv6 Prefix", put_addresses<16, true>},
                               {"IPv4 Prefix"},
                               {"IPv6 Address", put_addresses<16, false>},
                               {"IPv4 Address", put_addresses<4, false>},
                               {"IPv6 Prefix Delegation", put_addresses<16, true>},
                               {"IPv4 Prefix Delegation", put_addresses<4, true>},
                               {"Name Server", put_addresses<16, false>},
                               {"NTP Server", put_addresses<16, false>}};

void put_options(Context& context, Cursor rest) {
  // What is not sound must all the same be there.
  const auto invalid = [&context, &rest] {
    context.put_invalid();
    (void)rest.span(0, rest.length());
  };
  while (rest.length() > 0 && !context.truncated()) {
    const std::uint8_t type = rest.take_u8();
    if (context.truncated()) return;
    context.put("\n\t ");
    if (type < std::size(kOptions)) {
      context.put(kOptions[type].name);
    } else {
      context.put("Unknown-", type);
    }
    if (type == kPad || type == kMandatory) continue;
    if (rest.length() == 0) return invalid();
    const std::size_t size = rest.take_u8();
    if (context.truncated()) return;
    if (size > rest.length()) return invalid();
    if (type < std::size(kOptions) && kOptions[type].print != nullptr) {
      if (!kOptions[type].print(context, rest.first(size))) context.put_invalid();
    } else {
      context.put(" (Length ", size, ')');
    }
    (void)rest.span(0, size);
    rest.skip(size);
  }
}

void put_bytes(Context& context, const std::uint8_t* id) {
  context.out.separated_hex(id, 8, ':');
}

}  // namespace

void print_ahcp(Context& context, Cursor message, const Transport&) {
  context.protocol("ahcp");
  context.put("AHCP");
  const auto invalid = [&context, &message] {
    context.put_invalid();
    (void)message.span(0, message.length());
  };
  if (message.length() < 2) return invalid();
  const std::uint8_t magic = message.u8(0);
  if (magic != kMagic) return invalid();
  const std::uint8_t version = message.u8(1);
  context.put(" Version ", version);
  if (version != kVersion) {
    context.put(" (unknown)");
    (void)message.span(0, message.length());
    return;
  }
  if (message.length() < kHeader) return invalid();
  const Cursor body = message.from(kHeader);
  constexpr std::size_t kBodyHeader = 4;
  if (!context.verbose()) {
    (void)message.span(0, kHeader);
    if (context.truncated()) return;
    if (message.length() < kHeader + kBodyHeader) return invalid();
    if (body.has(kBodyHeader) && body.be16(2) > body.length() - kBodyHeader) return invalid();
    (void)message.span(0, message.length());
    return;
  }
  context.put("\n\tHopcount ", message.u8(2));
  context.put(", Original Hopcount ", message.u8(3));
  context.put(", Nonce 0x", Hex{message.be32(4), 8});
  const std::uint8_t* source = message.block(8, 8);
  context.put(", Source Id ");
  put_bytes(context, source);
  const std::uint8_t* destination = message.block(16, 8);
  context.put(", Destination Id ");
  put_bytes(context, destination);
  if (body.length() < kBodyHeader) return invalid();
  const std::uint8_t type = body.u8(0);
  const std::size_t size = body.be16(2);
  context.put("\n\t");
  context.put_name(token(kMessages, type), "Unknown-", type);
  context.put(", Length ", size);
  if (size > body.length() - kBodyHeader) return invalid();
  if (context.verbose(2)) return put_options(context, body.from(kBodyHeader).first(size));
  (void)body.span(kBodyHeader, size);
}

}  // namespace ringtap
