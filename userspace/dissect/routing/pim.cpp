// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Protocol Independent Multicast: version 2, RFC 7761 with RFC 2117's older addresses, dense mode RFC 3973,
// bidirectional RFC 5015, bootstrap RFC 5059; version 1 as it was carried in IGMP.
#include <optional>

#include "dissect/checksum.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Type : std::uint8_t {
  kHello = 0,
  kRegister = 1,
  kRegisterStop = 2,
  kJoinPrune = 3,
  kBootstrap = 4,
  kAssert = 5,
  kGraft = 6,
  kGraftAck = 7,
  kCandidateRp = 8,
  kStateRefresh = 9,
  kDfElection = 10,
};
constexpr Token kTypes[] = {
    {kHello, "Hello"},
    {kRegister, "Register"},
    {kRegisterStop, "Register Stop"},
    {kJoinPrune, "Join / Prune"},
    {kBootstrap, "Bootstrap"},
    {kAssert, "Assert"},
    {kGraft, "Graft"},
    {kGraftAck, "Graft Acknowledgement"},
    {kCandidateRp, "Candidate RP Advertisement"},
    {kStateRefresh, "Prune Refresh"},
    {kDfElection, "DF Election"},
    {11, "ECMP Redirect"},
};

enum HelloOption : std::uint16_t {
  kHoldTime = 1,
  kLanPruneDelay = 2,
  kDrPriorityOld = 18,
  kDrPriority = 19,
  kGenerationId = 20,
  kRefreshCapability = 21,
  kBidirectional = 22,
  kAddressList = 24,
  kAddressListOld = 65001,
};
constexpr Token kHelloOptions[] = {
    {kHoldTime, "Hold Time"},
    {kLanPruneDelay, "LAN Prune Delay"},
    {kDrPriorityOld, "DR Priority (Old)"},
    {kDrPriority, "DR Priority"},
    {kGenerationId, "Generation ID"},
    {kRefreshCapability, "State Refresh Capability"},
    {kBidirectional, "Bi-Directional Capability"},
    {kAddressList, "Address List"},
    {kAddressListOld, "Address List (Old)"},
};

constexpr Token kDfSubtypes[] = {{1, "Offer"}, {2, "Winner"}, {3, "Backoff"}, {4, "Pass"}};
enum DfSubtype : std::uint8_t { kBackoff = 3, kPass = 4 };

constexpr Token kRegisterFlags[] = {{0x80000000, "Border"}, {0x40000000, "Null"}};

constexpr std::uint16_t kHoldForever = 0xffff;

enum class Encoded { kUnicast, kGroup, kSource };

// The addresses of one message. RFC 2117 had no family and encoding in front of them, but their size in the header.
class Addresses {
 public:
  Addresses(Context& context, std::uint8_t old_size) : context_(context), old_size_(old_size) {}

  // Prints one from the front of `cursor` and takes it; false when it is not there or unknown.
  bool put(Cursor& cursor, Encoded kind) const {
    std::size_t size = old_size_;
    std::size_t header = 0;
    if (cursor.length() == 0) return false;
    if (old_size_ == 0) {
      (void)cursor.block(0, 2);
      if (context_.truncated()) return false;
      switch (cursor.u8(0)) {
        case 1:
          size = 4;
          break;
        case 2:
          size = 16;
          break;
        default:
          return false;
      }
      if (cursor.u8(1) != 0) return false;
      header = 2;
    } else if (size != 4 && size != 16) {
      return false;
    }
    const std::size_t extra = kind == Encoded::kUnicast ? 0 : 2;
    const std::size_t total = header + extra + size;
    if (cursor.length() < total) return false;
    if (!cursor.has(total)) cursor.truncated();
    if (kind == Encoded::kUnicast) {
      put_address(cursor.block(header, size), size);
    } else {
      const std::uint8_t flags = cursor.u8(header);
      const std::uint8_t mask = cursor.u8(header + 1);
      const std::uint8_t* address = cursor.block(header + 2, size);
      if (context_.truncated()) return false;
      put_address(address, size);
      if (mask != 8 * size) context_.put('/', mask);
      if (kind == Encoded::kGroup) {
        if (flags != 0) context_.put("(0x", Hex{flags, 2}, ')');
      } else if (flags != 0) {
        context_.put('(');
        if ((flags & 4) != 0) context_.put('S');
        if ((flags & 2) != 0) context_.put('W');
        if ((flags & 1) != 0) context_.put('R');
        if ((flags & 0xf8) != 0) context_.put("+0x", Hex{flags & 0xf8u, 2});
        context_.put(')');
      }
    }
    if (context_.truncated()) return false;
    cursor.skip(total);
    return true;
  }

 private:
  void put_address(const std::uint8_t* address, std::size_t size) const {
    if (size == 4) {
      context_.host4(address);
    } else {
      context_.host6(address);
    }
  }

  Context& context_;
  std::uint8_t old_size_;
};

void put_hold_time(Context& context, std::uint16_t seconds) {
  if (seconds == kHoldForever) return context.put("infinite");
  put_duration(context, seconds);
}

// Each of these says whether the message was whole.
bool put_hello(Context& context, Cursor cursor, const Addresses& addresses) {
  while (cursor.length() > 0) {
    if (cursor.length() < 4) return false;
    const std::uint16_t type = cursor.be16(0);
    const std::uint16_t size = cursor.be16(2);
    if (context.truncated()) return false;
    context.put("\n\t  ", token(kHelloOptions, type, "Unknown"), " Option (", type, "), length ", size, ", Value: ");
    cursor.skip(4);
    if (cursor.length() < size || !cursor.has(size)) return false;
    const Cursor value = cursor.first(size);
    const auto sized = [&](std::uint16_t expected) {
      if (size == expected) return true;
      context.put("[option length ", size, " != ", expected, "]");
      return false;
    };
    bool valid = true;
    switch (type) {
      case kHoldTime:
        if (!(valid = sized(2))) break;
        put_hold_time(context, value.be16(0));
        break;
      case kLanPruneDelay:
        if (!(valid = sized(4))) break;
        context.put("\n\t    T-bit=", static_cast<std::uint32_t>(value.u8(0) >> 7), ", LAN delay ",
                    static_cast<std::uint32_t>(value.be16(0) & 0x7fff), "ms, Override interval ", value.be16(2), "ms");
        break;
      case kDrPriorityOld:
      case kDrPriority:
        if (size == 0) {
          context.put("Bi-Directional Capability (Old)");
          break;
        }
        if (!(valid = sized(4))) break;
        context.put(value.be32(0));
        break;
      case kGenerationId:
        if (!(valid = sized(4))) break;
        context.put("0x", Hex{value.be32(0), 8});
        break;
      case kRefreshCapability:
        if (!(valid = sized(4))) break;
        context.put('v', value.u8(0));
        if (value.u8(1) != 0) {
          context.put(", interval ");
          put_duration(context, value.u8(1));
        }
        if (value.be16(2) != 0) context.put(" ?0x", Hex{value.be16(2), 4}, '?');
        break;
      case kAddressList:
      case kAddressListOld: {
        if (!context.verbose(2)) break;
        Cursor list = value;
        while (list.length() > 0) {
          context.put("\n\t    ");
          if (!addresses.put(list, Encoded::kUnicast)) return false;
        }
        break;
      }
      default:
        if (!context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t    ");
        break;
    }
    if (!valid) {
      context.put_invalid();
      return true;
    }
    if (context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t    ");
    cursor.skip(size);
  }
  return true;
}

bool put_register(Context& context, Cursor cursor) {
  if (cursor.length() < 4) return false;
  const std::uint32_t flags = cursor.take_be32();
  context.put(", Flags [ ");
  context.put(token(kRegisterFlags, flags, "none"));
  context.put(" ]\n\t");
  if (cursor.length() == 0) return false;
  const std::uint8_t version = cursor.u8(0) >> 4;
  if (context.truncated()) return true;
  if (context.depth >= kMaxDepth) return true;
  ++context.depth;
  switch (version) {
    case 0:
      context.put("IP-Null-header ");
      context.host4(cursor.block(12, 4));
      context.put(" > ");
      context.host4(cursor.block(16, 4));
      break;
    case 4:
      print_ipv4_packet(context, cursor);
      break;
    case 6:
      print_ipv6_packet(context, cursor);
      break;
    default:
      context.put("IP ver ", version);
      break;
  }
  --context.depth;
  return true;
}

bool put_join_prune(Context& context, Cursor cursor, const Addresses& addresses, std::uint8_t type) {
  if (type != kGraftAck) {
    context.put(", upstream-neighbor: ");
    if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  }
  if (cursor.length() < 4) return false;
  if (!cursor.has(4)) cursor.truncated();
  const std::uint8_t groups = cursor.u8(1);
  const std::uint16_t hold_time = cursor.be16(2);
  context.put("\n\t  ", groups, " group(s)");
  if (type != kGraftAck) {
    context.put(", holdtime: ");
    put_hold_time(context, hold_time);
  }
  cursor.skip(4);
  for (unsigned i = 0; i < groups; ++i) {
    context.put("\n\t    group #", i + 1, ": ");
    if (!addresses.put(cursor, Encoded::kGroup)) return false;
    if (cursor.length() < 4) {
      context.put("...)");
      return false;
    }
    if (!cursor.has(4)) cursor.truncated();
    const std::uint16_t joined = cursor.take_be16();
    const std::uint16_t pruned = cursor.take_be16();
    context.put(", joined sources: ", joined, ", pruned sources: ", pruned);
    const auto sources = [&](std::string_view what, unsigned count) {
      for (unsigned j = 0; j < count; ++j) {
        context.put("\n\t      ", what, " source #", j + 1, ": ");
        if (!addresses.put(cursor, Encoded::kSource)) return false;
      }
      return true;
    };
    if (!sources("joined", joined) || !sources("pruned", pruned)) return false;
  }
  return true;
}

bool put_bootstrap(Context& context, Cursor cursor, const Addresses& addresses) {
  if (cursor.length() < 2) return false;
  context.put(" tag=", Hex{cursor.take_be16()});
  if (cursor.length() < 1) return false;
  context.put(" hashmlen=", cursor.take_u8());
  if (cursor.length() < 1) return false;
  context.put(" BSRprio=", cursor.take_u8());
  context.put(" BSR=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  for (unsigned group = 0; cursor.length() > 0; ++group) {
    context.put(" (group", group, ": ");
    if (!addresses.put(cursor, Encoded::kGroup)) return false;
    if (cursor.length() < 1) return false;
    context.put(" RPcnt=", cursor.u8(0));
    if (cursor.length() < 2) return false;
    const std::uint8_t fragment_count = cursor.u8(1);
    context.put(" FRPcnt=", fragment_count);
    if (cursor.length() < 4) return false;
    cursor.skip(4);
    for (unsigned i = 0; i < fragment_count && cursor.length() > 0; ++i) {
      context.put(" RP", i, '=');
      if (!addresses.put(cursor, Encoded::kUnicast)) return false;
      if (cursor.length() < 2) return false;
      context.put(",holdtime=");
      put_hold_time(context, cursor.take_be16());
      if (cursor.length() < 1) return false;
      context.put(",prio=", cursor.take_u8());
      if (cursor.length() < 1) return false;
      cursor.skip(1);
    }
    context.put(')');
  }
  return true;
}

bool put_assert(Context& context, Cursor cursor, const Addresses& addresses) {
  context.put(" group=");
  if (!addresses.put(cursor, Encoded::kGroup)) return false;
  context.put(" src=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  if (cursor.length() < 4) return false;
  if (cursor.length() >= 8) (void)cursor.block(0, 8);
  const std::uint32_t preference = cursor.take_be32();
  if ((preference & 0x80000000) != 0) context.put(" RPT");
  context.put(" pref=", preference & 0x7fffffff);
  if (cursor.length() < 4) return false;
  context.put(" metric=", cursor.be32(0));
  return true;
}

bool put_candidate_rp(Context& context, Cursor cursor, const Addresses& addresses) {
  if (cursor.length() < 1) return false;
  const std::uint8_t prefixes = cursor.take_u8();
  context.put(" prefix-cnt=", prefixes);
  if (cursor.length() < 1) return false;
  context.put(" prio=", cursor.take_u8());
  if (cursor.length() < 2) return false;
  context.put(" holdtime=");
  put_hold_time(context, cursor.take_be16());
  context.put(" RP=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  for (unsigned i = 0; i < prefixes && cursor.length() > 0; ++i) {
    context.put(" Group", i, '=');
    if (!addresses.put(cursor, Encoded::kGroup)) return false;
  }
  return true;
}

bool put_state_refresh(Context& context, Cursor cursor, const Addresses& addresses) {
  context.put(" src=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  context.put(" grp=");
  if (!addresses.put(cursor, Encoded::kGroup)) return false;
  context.put(" forwarder=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  if (cursor.length() < 2) return false;
  context.put(" TUNR ", cursor.be16(0));
  return true;
}

bool put_df_election(Context& context, Cursor cursor, const Addresses& addresses, std::uint8_t subtype) {
  context.put("\n\t  ", token(kDfSubtypes, subtype, "Unknown"), ", rpa=");
  if (!addresses.put(cursor, Encoded::kUnicast)) return false;
  if (cursor.length() < 8) return false;
  const std::uint32_t preference = cursor.take_be32();
  context.put(" sender pref=", preference);
  context.put(" sender metric=", cursor.take_be32());
  if (subtype == kBackoff || subtype == kPass) {
    const std::string_view whose = subtype == kBackoff ? "offer" : "new winner";
    context.put("\n\t  ", whose, " addr=");
    if (!addresses.put(cursor, Encoded::kUnicast)) return false;
    if (cursor.length() < 8) return false;
    context.put(' ', whose, " pref=", cursor.take_be32());
    context.put(' ', whose, " metric=", cursor.take_be32());
    if (subtype == kBackoff) {
      if (cursor.length() < 2) return false;
      context.put(" interval ", cursor.be16(0), "ms");
    }
  }
  return true;
}

enum class Sum { kUnverified, kCorrect, kIncorrect };

Sum verify(const Cursor& message, const IpHeader& ip, std::size_t length) {
  if (!message.has(length)) return Sum::kUnverified;
  const std::span<const std::uint8_t> data = message.bytes().first(length);
  const std::uint16_t sum =
      ip.version == 4 ? internet_checksum(data) : transport_checksum(ip, 103, data, static_cast<std::uint32_t>(length));
  return sum == 0 ? Sum::kCorrect : Sum::kIncorrect;
}

void put_checksum(Context& context, const Cursor& message, const IpHeader& ip, std::uint8_t type) {
  const std::uint16_t found = message.be16(2);
  Sum sum = Sum::kUnverified;
  if (found != 0) {
    if (type == kRegister) {
      // Only the PIM header is summed; some routers sum the whole message.
      sum = message.length() < 8 ? Sum::kUnverified : verify(message, ip, 8);
      if (sum == Sum::kIncorrect) sum = verify(message, ip, message.length());
    } else {
      sum = verify(message, ip, message.length());
    }
  }
  constexpr std::string_view kTexts[] = {"unverified", "correct", "incorrect"};
  context.put(", cksum 0x", Hex{found, 4}, " (", kTexts[static_cast<unsigned>(sum)], ")");
}

}  // namespace

void print_pim(Context& context, Cursor message, const IpHeader& ip) {
  context.protocol("pim");
  const std::uint8_t first = message.u8(0);
  const std::uint8_t type = first & 0xf;
  const std::size_t length = message.length();
  if (context.truncated()) return;
  const std::uint8_t version = first >> 4;
  if (version != 2) {
    context.put("PIMv", version, ", length ", length);
    return;
  }
  const std::string_view name = token(kTypes, type, "Unknown Type");
  if (!context.verbose()) {
    context.put("PIMv", version, ", ", name, ", length ", length);
    return;
  }
  context.put("PIMv", version, ", length ", length, "\n\t", name);
  context.protocol("pimv2");
  if (length < 4) {
    context.put("[length ", length, " < 4]");
    return context.put_invalid();
  }
  const std::uint8_t second = message.u8(1);
  if (context.truncated()) return;
  // RFC 5015 and RFC 5059 use the upper half for a subtype and flags: RFC 2117's size lies in what they leave.
  const std::uint8_t old_size = second & 0xf;
  if (old_size != 0) context.put(", RFC2117-encoding");
  put_checksum(context, message, ip, type);
  if (context.truncated()) return;
  const Addresses addresses(context, old_size);
  const Cursor body = message.from(4);
  bool whole = true;
  switch (type) {
    case kHello:
      whole = put_hello(context, body, addresses);
      break;
    case kRegister:
      whole = put_register(context, body);
      break;
    case kRegisterStop: {
      Cursor cursor = body;
      context.put(" group=");
      whole = addresses.put(cursor, Encoded::kGroup);
      if (!whole) break;
      context.put(" source=");
      whole = addresses.put(cursor, Encoded::kUnicast);
      break;
    }
    case kJoinPrune:
    case kGraft:
    case kGraftAck:
      whole = put_join_prune(context, body, addresses, type);
      break;
    case kBootstrap:
      whole = put_bootstrap(context, body, addresses);
      break;
    case kAssert:
      whole = put_assert(context, body, addresses);
      break;
    case kCandidateRp:
      whole = put_candidate_rp(context, body, addresses);
      break;
    case kStateRefresh:
      whole = put_state_refresh(context, body, addresses);
      break;
    case kDfElection:
      whole = put_df_election(context, body, addresses, second >> 4);
      break;
    default:
      context.put(" [type ", type, "]");
      break;
  }
  if (!whole && !context.truncated()) context.put_truncated();
}

}  // namespace ringtap
