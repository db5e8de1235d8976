// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// HNCP, RFC 7788, and the protocol below it, DNCP, RFC 7787: the state of a home's network.
#include <algorithm>
#include <cstdint>

#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kTlv = 4;
constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}
constexpr std::string_view kLines = "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
std::string_view line_at(unsigned depth) {
  return kLines.substr(0, std::min<std::size_t>(kLines.size(), 2 + depth));
}

// What a TLV has behind its fields: TLVs from there on, or nothing that is printed.
constexpr std::size_t kNone = SIZE_MAX;
constexpr std::size_t kWrong = SIZE_MAX - 1;  // not what it should be
constexpr std::size_t kStop = SIZE_MAX - 2;   // nor is what follows

void put_id(Context& context, const Cursor& value, std::size_t offset) {
  context.out.separated_hex(value.block(offset, 4), 4, ':');
}
Hex endpoint(const Cursor& value, std::size_t offset) {
  return {value.be32(offset), 8};
}
void put_milliseconds(Context& context, std::uint32_t time) {
  context.put(time / 1000, '.', Padded{time % 1000, 3}, 's');
}
void put_bytes(Context& context, const Cursor& value, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) context.put(Hex{value.u8(offset + i), 2});
}
void put_rest(Context& context, const Cursor& value, std::size_t offset) {
  put_text(context, value.bytes().subspan(offset, value.length() - offset));
}

constexpr std::uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
void put_address(Context& context, const std::uint8_t* address) {
  if (std::equal(std::begin(kMapped), std::end(kMapped), address)) {
    context.host4(address + std::size(kMapped));
  } else {
    context.host6(address);
  }
}

// The number of bits and as many bytes as they take; how many bytes that is together, kWrong if they are not there.
std::size_t prefix_size(const Cursor& value, std::size_t offset) {
  const std::size_t size = 1 + (std::size_t{value.u8(offset)} + 7) / 8;
  return value.length() < offset + size ? kWrong : size;
}
bool put_prefix(Context& context, const Cursor& value, std::size_t offset) {
  const unsigned bits = value.u8(offset);
  constexpr unsigned kMost = 128;
  if (bits > kMost) return false;
  std::uint8_t address[16] = {};
  for (unsigned i = 0; i < (bits + 7) / 8; ++i) address[i] = value.u8(offset + 1 + i);
  if (bits % 8 != 0) address[bits / 8] &= static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  put_address(context, address);
  constexpr unsigned kMappedBits = 96;
  const bool is_mapped = bits >= kMappedBits && std::equal(std::begin(kMapped), std::end(kMapped), address);
  context.put('/', is_mapped ? bits - kMappedBits : bits);
  return true;
}

// Labels without a dot at the end. How many bytes they take; kWrong if they do not end.
std::size_t put_labels(Context& context, const Cursor& value, std::size_t offset) {
  std::size_t at = offset;
  bool first = true;
  while (at < value.length()) {
    const std::size_t size = value.u8(at++);
    if (size == 0) return at - offset;
    if (!first) context.put('.');
    first = false;
    const std::size_t there = std::min(size, value.length() - at);
    put_text(context, value.bytes().subspan(at, there));
    if (there < size) break;
    at += size;
  }
  context.put("[|DNS]");
  return kWrong;
}

std::size_t put_node_state(Context& context, const Cursor& value) {
  context.put(" NID: ");
  put_id(context, value, 0);
  context.put(" seqno: ", value.be32(4), ' ');
  put_milliseconds(context, value.be32(8));
  context.put(" hash: ");
  put_bytes(context, value, 12, 8);
  return 20;
}

std::size_t put_delegated(Context& context, const Cursor& value) {
  const std::size_t size = prefix_size(value, 8);
  if (size == kWrong) return kWrong;
  context.put(" VLSO: ");
  put_milliseconds(context, value.be32(0));
  context.put(" PLSO: ");
  put_milliseconds(context, value.be32(4));
  context.put(" Prefix: ");
  if (put_prefix(context, value, 8)) return 8 + size;
  context.put("(length is invalid)");
  return kNone;
}

std::size_t put_assigned(Context& context, const Cursor& value) {
  const std::size_t size = prefix_size(value, 5);
  if (size == kWrong) return kWrong;
  context.put(" EPID: ", endpoint(value, 0), " Prty: ", value.u8(4) & 0xfU, " Prefix: ");
  return put_prefix(context, value, 5) ? 5 + size : kWrong;
}

// Names that end with a dot; false where one goes beyond the packet.
bool put_domains(Context& context, Cursor rest, std::size_t left) {
  while (left > 0) {
    const std::size_t before = rest.captured();
    context.put(' ');
    for (std::size_t size = SIZE_MAX; size != 0;) {
      if (rest.captured() == 0) return false;
      size = rest.take_u8();
      if (size == 0) break;
      context.out.escaped(rest.bytes().first(std::min(size, rest.captured())));
      if (!rest.has(size)) return false;
      rest.skip(size);
      context.put('.');
    }
    left -= std::min(left, before - rest.captured());
  }
  return true;
}

bool put_dhcp4_options(Context& context, Cursor rest, std::string_view line) {
  constexpr Token kNames[] = {{6, "DNS-server"}, {42, "NTP-server"}, {119, "DNS-search"}};
  while (rest.length() > 0) {
    if (rest.length() < 2) return false;
    const std::uint8_t code = rest.u8(0);
    const std::size_t size = rest.u8(1);
    context.put(line, token(kNames, code, "Unknown"), " (", size + 2, ')');
    rest.skip(2);
    if (size > rest.length()) return false;
    if (code == 6 || code == 42) {
      if (size == 0 || size % 4 != 0) return false;
      for (std::size_t i = 0; i < size; i += 4) put_host4(context, " ", rest.block(i, 4));
    } else if (code == 119) {
      if (!put_domains(context, rest, size)) return false;
    }
    rest.skip(size);
  }
  return true;
}

bool put_dhcp6_options(Context& context, Cursor rest, std::string_view line) {
  constexpr Token kNames[] = {{23, "DNS-server"}, {24, "DNS-search-list"}, {31, "SNTP-servers"}};
  while (rest.length() > 0) {
    if (rest.length() < 4) return false;
    const std::uint16_t code = rest.be16(0);
    const std::size_t size = rest.be16(2);
    context.put(line, token(kNames, code, "Unknown"), " (", size + 4, ')');
    rest.skip(4);
    if (size > rest.length()) return false;
    if (code == 23 || code == 31) {
      if (size % 16 != 0) {
        context.put_invalid();
        return false;
      }
      for (std::size_t i = 0; i < size; i += 16) put_host6(context, " ", rest.block(i, 16));
    } else if (code == 24) {
      if (!put_domains(context, rest, size)) return false;
    }
    rest.skip(size);
  }
  return true;
}

std::size_t put_zone(Context& context, const Cursor& value) {
  context.put(" IP-Address: ");
  put_address(context, value.block(0, 16));
  const std::uint8_t flags = value.u8(16);
  context.put(' ', (flags & 4) != 0 ? 'l' : '-', (flags & 2) != 0 ? 'b' : '-', (flags & 1) != 0 ? 's' : '-', ' ');
  const std::size_t size = put_labels(context, value, 17);
  return size == kWrong ? kWrong : 17 + size;
}

std::size_t put_node_name(Context& context, const Cursor& value) {
  const std::size_t size = value.u8(16);
  if (value.length() < 17 + size) return kWrong;
  context.put(" IP-Address: ");
  put_address(context, value.block(0, 16));
  context.put(" Name: ");
  constexpr std::size_t kMost = 63;
  if (size > kMost) return kWrong;
  context.put('"');
  put_text(context, value.bytes().subspan(17, size));
  context.put('"');
  return 17 + size;
}

std::size_t put_policy(Context& context, const Cursor& value) {
  const std::uint8_t type = value.u8(0);
  context.put(" type: ");
  if (type == 0 || type == 131) {
    if (value.length() != 1) return kWrong;
    context.put(type == 0 ? "Internet connectivity" : "Restrictive assignment");
  } else if (type <= 128) {
    context.put("Dest-Prefix: ");
    if (prefix_size(value, 0) == kWrong || !put_prefix(context, value, 0)) return kWrong;
  } else if (type == 129) {
    context.put("DNS domain: ");
    put_labels(context, value, 1);
  } else if (type == 130) {
    context.put("Opaque UTF-8: ");
    put_rest(context, value, 1);
  } else {
    context.put("Unknown (", type, ')');
  }
  return kNone;
}

std::size_t put_peer(Context& context, const Cursor& value) {
  context.put(" Peer-NID: ");
  put_id(context, value, 0);
  context.put(" Peer-EPID: ", endpoint(value, 4), " Local-EPID: ", endpoint(value, 8));
  return kNone;
}

std::size_t put_trust(Context& context, const Cursor& value) {
  context.put(" Verdict: ", value.u8(0), " Fingerprint: ");
  put_bytes(context, value, 4, 32);
  context.put(" Common Name: ");
  put_rest(context, value, 36);
  return kNone;
}

std::size_t put_version(Context& context, const Cursor& value) {
  const unsigned capabilities = value.be16(2);
  context.put(" M: ", capabilities >> 12, " P: ", capabilities >> 8 & 15, " H: ", capabilities >> 4 & 15,
              " L: ", capabilities & 15, " User-agent: ");
  put_rest(context, value, 4);
  return kNone;
}

enum Type : std::uint16_t {
  kNetworkRequest = 1,
  kNodeRequest = 2,
  kNodeEndpoint = 3,
  kNetworkState = 4,
  kNodeState = 5,
  kPeer = 8,
  kKeepAlive = 9,
  kTrustVerdict = 10,
  kVersion = 32,
  kExternal = 33,
  kDelegatedPrefix = 34,
  kAssignedPrefix = 35,
  kNodeAddress = 36,
  kDhcp4 = 37,
  kDhcp6 = 38,
  kZone = 39,
  kDomain = 40,
  kNodeName = 41,
  kManagedKey = 42,
  kPolicy = 43
};
struct Row {
  std::uint16_t type;
  std::string_view name;
  std::size_t least = 0;
  std::size_t most = SIZE_MAX;
};
constexpr Row kRows[] = {{kNetworkRequest, "Request network state", 0, 0},
                         {kNodeRequest, "Request node state", 4, 4},
                         {kNodeEndpoint, "Node endpoint", 8, 8},
                         {kNetworkState, "Network state", 8, 8},
                         {kNodeState, "Node state", 20},
                         {kPeer, "Peer", 12, 12},
                         {kKeepAlive, "Keep-alive interval", 8},
                         {kTrustVerdict, "Trust-Verdict", 37},
                         {kVersion, "HNCP-Version", 5},
                         {kExternal, "External-Connection"},
                         {kDelegatedPrefix, "Delegated-Prefix", 9},
                         {kAssignedPrefix, "Assigned-Prefix", 6},
                         {kNodeAddress, "Node-Address", 20},
                         {kDhcp4, "DHCPv4-Data", 2},
                         {kDhcp6, "DHCPv6-Data", 4},
                         {kZone, "DNS-Delegated-Zone", 17},
                         {kDomain, "Domain-Name", 1},
                         {kNodeName, "Node-Name", 17},
                         {kManagedKey, "Managed-PSK", 32},
                         {kPolicy, "Prefix-Policy", 1}};

const Row* find_row(std::uint16_t type) {
  const auto* found =
      std::find_if(std::begin(kRows), std::end(kRows), [type](const Row& row) { return row.type == type; });
  return found == std::end(kRows) ? nullptr : found;
}

// Of a type without a name: what RFC 7787 and 7788 set it aside for.
std::string_view kind_of(std::uint16_t type) {
  if (type == 0) return "Reserved";
  if (type >= 44 && type <= 511) return "Unassigned";
  if (type >= 768 && type <= 1023) return "Private use";
  return "Future use";
}

std::size_t put_fields(Context& context, std::uint16_t type, const Cursor& value, std::string_view line) {
  switch (type) {
    case kNodeRequest:
      context.put(" NID: ");
      put_id(context, value, 0);
      return kNone;
    case kNodeEndpoint:
      context.put(" NID: ");
      put_id(context, value, 0);
      context.put(" EPID: ", endpoint(value, 4));
      return kNone;
    case kNetworkState:
      context.put(" hash: ");
      put_bytes(context, value, 0, 8);
      return kNone;
    case kNodeState:
      return put_node_state(context, value);
    case kPeer:
      return put_peer(context, value);
    case kKeepAlive:
      context.put(" EPID: ", endpoint(value, 0), " Interval: ");
      put_milliseconds(context, value.be32(4));
      return kNone;
    case kTrustVerdict:
      return put_trust(context, value);
    case kVersion:
      return put_version(context, value);
    case kExternal:
      return 0;
    case kDelegatedPrefix:
      return put_delegated(context, value);
    case kAssignedPrefix:
      return put_assigned(context, value);
    case kNodeAddress:
      context.put(" EPID: ", endpoint(value, 0), " IP Address: ");
      put_address(context, value.block(4, 16));
      return 20;
    case kDhcp4:
      return put_dhcp4_options(context, value, line) ? kNone : kStop;
    case kDhcp6:
      return put_dhcp6_options(context, value, line) ? kNone : kWrong;
    case kZone:
      return put_zone(context, value);
    case kDomain:
      context.put(" Domain: ");
      put_labels(context, value, 0);
      return kNone;
    case kNodeName:
      return put_node_name(context, value);
    case kManagedKey:
      context.put(" PSK: ");
      put_bytes(context, value, 0, 32);
      return 32;
    case kPolicy:
      return put_policy(context, value);
    default:
      return kNone;
  }
}

// A TLV that is here whole, or the mark.
bool take_tlv(Context& context, Cursor& rest, std::uint16_t& type, Cursor& value) {
  const auto is_here = [&](std::size_t size) {
    if (rest.has(size) && rest.length() >= size) return true;
    if (rest.has(size)) {
      context.put_invalid();
    } else {
      context.put_truncated();
    }
    return false;
  };
  if (!is_here(kTlv)) return false;
  const std::size_t size = rest.be16(2);
  if (!is_here(kTlv + size)) return false;
  type = rest.be16(0);
  value = rest.from(kTlv).with_length(size);
  rest.skip(kTlv + padded(size));
  return true;
}

void put_state(Context& context, const Cursor& tlvs, unsigned depth);

void put_tlvs(Context& context, Cursor rest, unsigned depth) {
  const std::string_view line = line_at(depth);
  while (rest.length() > 0) {
    context.put(line);
    std::uint16_t type = 0;
    Cursor value = rest;
    if (!take_tlv(context, rest, type, value)) return;
    const Row* row = find_row(type);
    if (row == nullptr) {
      context.put(kind_of(type), ": type=", type, " (", value.length() + kTlv, ')');
      continue;
    }
    context.put(row->name, " (", value.length() + kTlv, ')');
    if (value.length() < row->least || value.length() > row->most) {
      context.put_invalid();
      continue;
    }
    const std::size_t used = put_fields(context, type, value, line_at(depth + 1));
    if (used == kWrong || used == kStop) {
      context.put_invalid();
      if (used == kStop) return;
    } else if (used != kNone && depth < kMaxDepth) {
      // Nested TLVs are read, as the fields are, up to the end of their TLV; bytes behind that are there for tcpdump.
      const std::size_t left = value.length() - std::min(value.length(), padded(used));
      put_state(context, value.from(padded(used)).with_length(left), depth + 1);
    }
  }
}

// The names alone, "(x2)" behind one that comes twice.
void put_names(Context& context, Cursor rest, unsigned depth) {
  std::string_view last;
  std::size_t count = 0;
  std::string_view before = depth == 0 ? " " : line_at(depth);
  const auto put_last = [&] {
    if (count == 0) return;
    context.put(before, last);
    if (count > 1) context.put(" (x", count, ')');
    before = ", ";
  };
  while (rest.length() > 0) {
    std::uint16_t type = 0;
    Cursor value = rest;
    if (!take_tlv(context, rest, type, value)) return;
    const Row* row = find_row(type);
    const std::string_view name = row == nullptr ? kind_of(type) : row->name;
    if (name != last) {
      put_last();
      last = name;
      count = 0;
    }
    ++count;
  }
  put_last();
}

// Each level of nesting wants one more -v, up to -vvv.
void put_state(Context& context, const Cursor& tlvs, unsigned depth) {
  if (context.verbose(static_cast<int>(std::min(depth, 2U)) + 1)) {
    put_tlvs(context, tlvs, depth);
  } else {
    put_names(context, tlvs, depth);
  }
}

}  // namespace

void print_hncp(Context& context, Cursor message, const Transport&) {
  context.protocol("hncp");
  context.put("hncp (", message.length(), ')');
  put_state(context, message, 0);
}

}  // namespace ringtap
