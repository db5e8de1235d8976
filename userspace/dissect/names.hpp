// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names for numbers. Token: a row of a protocol's constant table. ServiceNames: ports of this host, read once from
// services(5), and IP protocols. NameResolver: names of IP and MAC addresses; it is called for every packet, so one
// that asks a server does so on another thread and returns nothing until it knows. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/appender.hpp"

namespace ringtap {

struct Token {
  std::uint32_t value;
  std::string_view name;
};

// The name of `value`, or `otherwise`.
constexpr std::string_view token(std::span<const Token> table, std::uint32_t value, std::string_view otherwise = {}) {
  for (const Token& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return otherwise;
}

// A name that may be empty, or `otherwise`.
constexpr std::string_view name_or(std::string_view name, std::string_view otherwise) {
  return name.empty() ? otherwise : name;
}

// "name (3)" and "name (0x03)", with `otherwise` for a value without a name: parts of Appender::put().
constexpr Named named(std::span<const Token> table, std::uint32_t value, std::string_view otherwise) {
  return {token(table, value, otherwise), value};
}
constexpr NamedHex named_hex(std::span<const Token> table, std::uint32_t value, std::string_view otherwise,
                             unsigned width = 2) {
  return {token(table, value, otherwise), value, width};
}

// The organisation of this 24-bit identifier (IEEE 802, OUI); "Unknown" if tcpdump does not know it.
std::string_view organization_name(std::uint32_t oui);
// An enterprise number of IANA; "Unknown" as above.
std::string_view enterprise_name(std::uint32_t number);
// An address family number of IANA; empty when it has no name.
std::string_view address_family_name(std::uint16_t family);
// What a pseudowire carries (RFC 4446).
std::string_view pseudowire_name(std::uint16_t type, std::string_view otherwise);

class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // `address` is 4 or 16 bytes; empty if the number is to be printed, otherwise without control bytes. The text lives
  // until the next call.
  virtual std::string_view host(std::span<const std::uint8_t> address) = 0;
  // `address` is 6 bytes; as above.
  virtual std::string_view station(std::span<const std::uint8_t> address) = 0;
};

class ServiceNames {
 public:
  // Knows no name.
  ServiceNames() = default;
  // Reads services(5) through getservent(3); must not be called by two threads at once.
  static ServiceNames of_this_host();

  [[nodiscard]] bool empty() const { return tcp_.empty(); }
  [[nodiscard]] std::string_view tcp_port(std::uint16_t port) const { return find(tcp_, port); }
  [[nodiscard]] std::string_view udp_port(std::uint16_t port) const { return find(udp_, port); }
  [[nodiscard]] std::string_view ip_protocol(std::uint8_t protocol) const;

 private:
  using Table = std::vector<std::string>;  // by number, empty or large enough for all numbers
  static std::string_view find(const Table& table, std::size_t number) {
    return number < table.size() ? std::string_view(table[number]) : std::string_view();
  }
  Table tcp_;
  Table udp_;
};

}  // namespace ringtap
