// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The mobility header of IPv6, RFC 6275 6.1.
#include "dissect/network/printers.hpp"
#include "dissect/tables.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t {
  kRefreshRequest = 0,
  kHomeTestInit = 1,
  kCareOfTestInit = 2,
  kHomeTest = 3,
  kCareOfTest = 4,
  kUpdate = 5,
  kAcknowledgement = 6,
  kError = 7
};
// What the header takes before its options, by type.
constexpr std::uint8_t kSizes[] = {8, 16, 16, 24, 24, 12, 12, 24};
constexpr Token kUpdateFlags[] = {{0x80, "A"}, {0x40, "H"}, {0x20, "L"}, {0x10, "K"}};

enum Option : std::uint8_t {
  kPad1 = 0,
  kPadN = 1,
  kRefresh = 2,
  kAlternateCareOf = 3,
  kNonceIndices = 4,
  kAuthorization = 5
};

// The first `count` bytes are needed, whatever is read of them.
void need(const Cursor& message, std::size_t count) {
  (void)message.block(0, count);
}

void put_cookie(Context& context, std::string_view name, const Cursor& message, std::size_t offset) {
  need(message, offset + 8);
  const std::uint32_t high = message.be32(offset);
  const std::uint32_t low = message.be32(offset + 4);
  context.put(' ', name, '=', Hex{high, 8}, ':', Hex{low, 8});
}

// Units of 4 seconds.
void put_lifetime(Context& context, const Cursor& message, std::size_t offset) {
  need(message, offset + 2);
  const std::uint32_t lifetime = message.be16(offset) * 4u;
  context.put(" lifetime=", lifetime);
}

// `left` bytes of options. tcpdump 4.99.3 looks one byte further than each of them, so the last one of a packet counts
// as cut off.
void put_options(Context& context, Cursor options, std::size_t left) {
  const auto missing = [&](std::string_view text = {}) {
    context.put(text);
    options.truncated();
  };
  while (left > 0 && !context.truncated()) {
    const std::uint8_t type = options.u8(0);
    std::size_t size = 1;
    if (type != kPad1) {
      if (left < 2) return missing();
      size = options.u8(1) + 2u;
    }
    if (size > left) return missing();
    if (!options.has(size + 1)) missing();
    switch (type) {
      case kPad1:
        context.put("(pad1)");
        break;
      case kPadN:
        context.put("(padn)");
        break;
      case kRefresh: {
        if (left < 4) return missing("(refresh: trunc)");
        const std::uint32_t interval = options.be16(2) * 4u;
        context.put("(refresh: ", interval, ')');
        break;
      }
      case kAlternateCareOf:
        if (left < 18) return missing("(altcoa: trunc)");
        put_host6(context, "(alt-CoA: ", options.block(2, 16));
        context.put(')');
        break;
      case kNonceIndices: {
        if (left < 6) return missing("(ni: trunc)");
        const std::uint16_t home = options.be16(2);
        const std::uint16_t care_of = options.be16(4);
        context.put("(ni: ho=0x", Hex{home, 4}, " co=0x", Hex{care_of, 4}, ')');
        break;
      }
      case kAuthorization:
        if (left < 12) return missing("(auth: trunc)");
        context.put("(auth)");
        break;
      default:
        if (left < 2) return missing();
        context.put("(type-0x", Hex{type, 2}, ": len=", options.u8(1), ')');
        break;
    }
    options.skip(size);
    left -= size;
  }
}

}  // namespace

void print_mobility(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("mobility");
  if (ip.version != 6) {
    context.put(' ');
    put_ip_protocol(context, ip.protocol);
    return context.put(' ', message.length());
  }
  if (!message.has(2)) message.truncated();
  const std::size_t length = (message.u8(1) + 1u) * 8;
  const std::uint8_t type = message.u8(2);
  if (context.truncated()) return;
  if (type <= kError && length < kSizes[type]) {
    context.put("(header length ", length, " is too small for type ", type, ')');
    return message.truncated();
  }
  context.put("mobility: ");
  switch (type) {
    case kRefreshRequest:
      context.put("BRR");
      break;
    case kHomeTestInit:
    case kCareOfTestInit:
      context.put(type == kHomeTestInit ? "HoTI" : "CoTI");
      if (context.verbose()) {
        put_cookie(context, type == kHomeTestInit ? "Home Init Cookie" : "Care-of Init Cookie", message, 8);
      }
      break;
    case kHomeTest:
    case kCareOfTest: {
      context.put(type == kHomeTest ? "HoT" : "CoT");
      need(message, 8);
      context.put(" nonce id=0x", Hex{message.be16(6)});
      if (context.verbose()) {
        put_cookie(context, type == kHomeTest ? "Home Init Cookie" : "Care-of Init Cookie", message, 8);
        put_cookie(context, type == kHomeTest ? "Home Keygen Token" : "Care-of Keygen Token", message, 16);
      }
      break;
    }
    case kUpdate: {
      context.put("BU");
      need(message, 8);
      context.put(" seq#=", message.be16(6));
      if (!message.has(10)) message.truncated();
      const std::uint8_t flags = message.u8(8) & 0xf0;
      if (flags != 0) {
        context.put(' ');
        context.put_flags(kUpdateFlags, flags, "");
      }
      put_lifetime(context, message, 10);
      break;
    }
    case kAcknowledgement: {
      context.put("BA");
      need(message, 7);
      context.put(" status=", message.u8(6));
      need(message, 8);
      if ((message.u8(7) & 0x80) != 0) context.put(" K");
      need(message, 10);
      context.put(" seq#=", message.be16(8));
      put_lifetime(context, message, 10);
      break;
    }
    case kError: {
      context.put("BE");
      need(message, 7);
      context.put(" status=", message.u8(6));
      need(message, 24);
      put_host6(context, " homeaddr ", message.block(8, 16));
      break;
    }
    default:
      return context.put("type-#", type, " len=", message.u8(1));
  }
  if (context.verbose()) put_options(context, message.from(kSizes[type]), length - kSizes[type]);
}

}  // namespace ringtap
