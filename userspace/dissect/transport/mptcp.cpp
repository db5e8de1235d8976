// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Multipath TCP, RFC 8684 (version 0: RFC 6824).
#include "dissect/transport/printers.hpp"

namespace ringtap {
namespace {

enum Subtype : std::uint8_t { kCapable, kJoin, kDss, kAddAddress, kRemoveAddress, kPriority, kFail, kFastClose };
constexpr Token kSubtypes[] = {
    {kCapable, "capable"},        {kJoin, "join"},     {kDss, "dss"},   {kAddAddress, "add-addr"},
    {kRemoveAddress, "rem-addr"}, {kPriority, "prio"}, {kFail, "fail"}, {kFastClose, "fast-close"}};
constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kAck = 16;

bool put_capable(Context& context, const Cursor& option, std::size_t size, bool syn) {
  if (!(syn ? size == 4 || size == 12 : size == 20 || size == 22)) return false;
  context.put(" v", static_cast<std::uint32_t>(option.u8(0) & 0xf));
  if ((option.u8(1) & 0x80) != 0) context.put(" csum");
  if (size == 4) return true;
  context.put(" {0x", Hex{option.be64(2)});
  if (size >= 20) context.put(",0x", Hex{option.be64(10)});
  context.put('}');
  return true;
}

bool put_join(Context& context, const Cursor& option, std::size_t size, bool syn, bool ack) {
  if (!((syn && size == 12) || (syn && ack && size == 16) || (ack && size == 24))) return false;
  if (size == 24) {
    context.put(" hmac 0x");
    for (std::size_t i = 0; i < 20; ++i) context.put(Hex{option.u8(2 + i), 2});
    return true;
  }
  if ((option.u8(0) & 1) != 0) context.put(" backup");
  context.put(" id ", option.u8(1));
  if (size == 12) {
    context.put(" token 0x", Hex{option.be32(2)}, " nonce 0x", Hex{option.be32(6)});
  } else {
    context.put(" hmac 0x", Hex{option.be64(2)}, " nonce 0x", Hex{option.be32(10)});
  }
  return true;
}

// RFC 8684 3.3: acknowledgement, mapping and checksum, as the flags tell.
bool put_dss(Context& context, Cursor option, std::size_t body) {
  enum Flag : std::uint8_t { kHasAck = 1, kWideAck = 2, kHasMapping = 4, kWideSequence = 8, kDataFin = 16 };
  if (body < 2) return false;
  const std::uint8_t flags = option.u8(1);
  option.skip(2);
  std::size_t left = body - 2;
  const auto number = [&](std::string_view label, std::size_t size) {
    context.put(label);
    if (left < size) return false;
    left -= size;
    if (size == 8) {
      context.put(option.take_be64());
    } else if (size == 4) {
      context.put(option.take_be32());
    } else {
      context.put(option.take_be16());
    }
    return true;
  };
  if ((flags & kDataFin) != 0) context.put(" fin");
  if ((flags & kHasAck) != 0 && !number(" ack ", (flags & kWideAck) != 0 ? 8 : 4)) return false;
  if ((flags & kHasMapping) != 0) {
    if (!number(" seq ", (flags & kWideSequence) != 0 ? 8 : 4) || !number(" subseq ", 4) || !number(" len ", 2)) {
      return false;
    }
    if (left == 2) {
      context.put(" csum 0x", Hex{option.be16(0)});
      left = 0;
    }
  }
  return left == 0;
}

// RFC 8684 3.4.1; the version of the address follows from the size.
bool put_add_address(Context& context, const Cursor& option, std::size_t size) {
  constexpr std::size_t kPort = 2;
  constexpr std::size_t kHmac = 8;
  const bool ipv4 = size < 20;
  const std::size_t fixed = ipv4 ? 8 : 20;
  if (size < fixed) return false;
  const std::size_t more = size - fixed;
  if (more != 0 && more != kPort && more != kHmac && more != kHmac + kPort) return false;
  constexpr Token kVersions[] = {{0, "v1"}, {1, "v1-echo"}, {4, "v0-ip4"}, {6, "v0-ip6"}};
  context.put(' ', token(kVersions, option.u8(0) & 0xfu, "[bad version/echo]"), " id ", option.u8(1), ' ');
  std::size_t at = 2;
  if (ipv4) {
    context.host4(option.block(at, 4));
    at += 4;
  } else {
    context.host6(option.block(at, 16));
    at += 16;
  }
  if (more == kPort || more == kHmac + kPort) {
    context.put(':', option.be16(at));
    at += kPort;
  }
  if (more >= kHmac) context.put(" hmac 0x", Hex{option.be64(at)});
  return true;
}

}  // namespace

bool put_mptcp(Context& context, const Cursor& option, std::size_t body, std::uint8_t flags) {
  context.protocol("mptcp");
  if (body < 1) return false;
  const std::size_t size = body + 2;  // kind and length count
  const unsigned subtype = option.u8(0) >> 4;
  context.put(' ', size, ' ', token(kSubtypes, subtype, "unknown"));
  const bool syn = (flags & kSyn) != 0;
  switch (subtype) {
    case kCapable:
      return put_capable(context, option, size, syn);
    case kJoin:
      return put_join(context, option, size, syn, (flags & kAck) != 0);
    case kDss:
      return !syn && put_dss(context, option, body);
    case kAddAddress:
      return put_add_address(context, option, size);
    case kRemoveAddress:
      if (size < 4) return false;
      context.put(" id");
      for (std::size_t i = 1; i < body && !context.truncated(); ++i) context.put(' ', option.u8(i));
      return true;
    case kPriority:
      if (size != 3 && size != 4) return false;
      if ((option.u8(0) & 1) != 0) context.put(" backup");
      if (size == 4) context.put(" id ", option.u8(1));
      return true;
    case kFail:
      if (size != 12) return false;
      context.put(" seq ", option.be64(2));
      return true;
    case kFastClose:
      if (size != 12) return false;
      context.put(" key 0x", Hex{option.be64(2)});
      return true;
    default:
      return true;
  }
}

}  // namespace ringtap
