// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Exterior Gateway Protocol, RFC 904, appendix A.
#include <algorithm>
#include <array>

#include "dissect/routing/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;  // what tcpdump 4.99.3 asks for, although only updates and polls are as long
enum Type : std::uint8_t { kUpdate = 1, kPoll = 2, kAcquire = 3, kReach = 5, kError = 8 };
enum Code : std::uint8_t { kRequest = 0, kConfirm = 1, kRefuse = 2, kCease = 3, kCeaseAck = 4 };
constexpr Token kCodes[] = {
    {kRequest, "request"}, {kConfirm, "confirm"}, {kRefuse, "refuse"}, {kCease, "cease"}, {kCeaseAck, "cease_ack"}};
constexpr Token kReachCodes[] = {{0, "hello"}, {1, "i-h-u"}};
constexpr Token kModes[] = {{0, "unspecified"}, {1, "active_mode"}, {2, "passive_mode"}};
constexpr Token kGrounds[] = {{0, "unspecified"}, {3, "insufficient_resources"}, {4, "administratively_prohibited"},
                              {5, "going_down"},  {6, "parameter_violation"},    {7, "protocol_violation"}};
constexpr Token kStates[] = {{0, "state:indeterminate"}, {1, "state:up"}, {2, "state:down"}};
constexpr Token kReasons[] = {{0, "unspecified"},
                              {1, "bad_EGP_header_format"},
                              {2, "bad_EGP_data_field_format"},
                              {3, "reachability_info_unavailable"},
                              {4, "excessive_polling_rate"},
                              {5, "no_response"},
                              {6, "unsupported_version"}};

using Address = std::array<std::uint8_t, 4>;

void put_named(Context& context, std::span<const Token> names, std::uint32_t value, std::string_view what) {
  const std::string_view name = token(names, value);
  if (name.empty()) return context.put(" [", what, ' ', value, ']');
  context.put(' ', name);
}

// Bytes of a network's number by the class of its address, RFC 791 3.2.
std::size_t network_size(std::uint8_t first) {
  return first < 128 ? 1 : first < 192 ? 2 : 3;
}

// tcpdump 4.99.3 takes addresses by the wrong end on little-endian machines.
Address in_order(const Context& context, Address address) {
  if (context.options.compat) std::ranges::reverse(address);
  return address;
}

void put_address(Context& context, const Address& address) {
  context.put(Ipv4Text{in_order(context, address).data()});
}

// tcpdump's hex dump begins elsewhere where the message has ended than where the capture has.
std::uint8_t next(Cursor& rest) {
  if (rest.length() == 0) rest.truncated();
  return rest.take_u8();
}

// A gateway without its network, then for each distance the networks that it leads to.
void put_gateway(Context& context, Cursor& rest, std::string_view kind, const Address& network) {
  constexpr std::uint8_t kMulticast = 224;
  Address gateway{};
  if (network[0] < kMulticast) {
    gateway = network;
    const std::size_t known = network_size(network[0]);
    if (!rest.has(gateway.size() - known)) return rest.truncated();
    for (std::size_t i = known; i < gateway.size(); ++i) gateway[i] = next(rest);
  } else if (context.options.compat) {  // tcpdump 4.99.3 then expects the end four bytes earlier
    if (!rest.has(4)) return rest.truncated();
    rest = rest.first(rest.length() - 4);
  }
  const std::uint8_t distances = next(rest);
  context.put(kind);
  put_address(context, gateway);
  context.put(" (");
  for (unsigned i = 0; i < distances && !context.truncated(); ++i) {
    const std::uint8_t distance = next(rest);
    context.put(i > 0 ? std::string_view(", d") : std::string_view("d"), distance, ':');
    const std::uint8_t networks = next(rest);
    for (unsigned j = 0; j < networks && !context.truncated(); ++j) {
      Address reached{next(rest)};
      for (std::size_t k = 1; k < network_size(reached[0]); ++k) reached[k] = next(rest);
      context.put(' ');
      put_address(context, reached);
    }
  }
  context.put(')');
}

void put_update(Context& context, const Cursor& message) {
  const std::uint8_t interior = message.u8(10);
  const std::uint8_t exterior = message.u8(11);
  const Address network{message.u8(12), message.u8(13), message.u8(14), message.u8(15)};
  context.put(' ', Ipv4Text{network.data()}, " int ", interior, " ext ", exterior);
  Cursor rest = message.from(kHeader);
  for (unsigned i = 0; i < interior + exterior && !context.truncated(); ++i) {
    put_gateway(context, rest, i < interior ? " int " : " ext ", in_order(context, network));
  }
}

void put_acquire(Context& context, const Cursor& message, std::uint8_t code, std::uint8_t status) {
  context.put(" acquire");
  const std::string_view name = token(kCodes, code);
  if (name.empty()) return context.put("[code ", code, ']');
  context.put(' ', name);
  if (code == kRequest || code == kConfirm) {
    put_named(context, kModes, status, "status");
    return context.put(" hello:", message.be16(10), " poll:", message.be16(12));
  }
  const std::string_view grounds = token(kGrounds, status);
  if (grounds.empty()) return context.put("[status ", status, ']');
  context.put(' ', grounds);
}

}  // namespace

void print_egp(Context& context, Cursor message, const IpHeader&) {
  constexpr std::uint8_t kVersion = 2;
  constexpr std::uint8_t kUnsolicited = 0x80;
  context.protocol("egp");
  if (!message.has(kHeader)) return message.truncated();
  const std::uint8_t version = message.u8(0);
  const std::uint8_t type = message.u8(1);
  const std::uint8_t code = message.u8(2);
  const std::uint8_t status = message.u8(3);
  context.put("EGPv", version);
  if (!context.verbose()) {
    return context.put(", AS ", message.be16(6), ", seq ", message.be16(8), ", length ", message.length());
  }
  context.put(", length ", message.length());
  if (version != kVersion) return context.put("[version ", version, ']');
  switch (type) {
    case kUpdate:
      context.put(" update", (status & kUnsolicited) != 0 ? std::string_view(" unsolicited") : std::string_view());
      put_named(context, kStates, status & ~std::uint32_t{kUnsolicited}, "status");
      return put_update(context, message);
    case kPoll:
      context.put(" poll");
      put_named(context, kStates, status, "status");
      return context.put(" net:", Ipv4Text{message.block(12, 4)});
    case kAcquire:
      return put_acquire(context, message, code, status);
    case kReach: {
      const std::string_view name = token(kReachCodes, code);
      if (name.empty()) return context.put("[reach code ", code, ']');
      context.put(' ', name);
      return put_named(context, kStates, status, "status");
    }
    case kError:
      context.put(" error");
      put_named(context, kStates, status, "status");
      return put_named(context, kReasons, message.be16(10), "reason");
    default:
      context.put("[type ", type, ']');
  }
}

}  // namespace ringtap
