// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names for numbers. TokenTable: constant tables of protocols. ServiceNames: ports and IP protocols of this host, read
// once from services(5) and protocols(5). NameResolver: hosts; must answer at once, so a resolver that asks a server
// does it elsewhere and says "not known yet" here. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // `address` is 4 or 16 bytes; empty when the number is to be printed. The text lives until the next call.
  virtual std::string_view host(std::span<const std::uint8_t> address) = 0;
  // `address` is 6 bytes; as above.
  virtual std::string_view station(std::span<const std::uint8_t> address) = 0;
};

class ServiceNames {
 public:
  // Knows no name.
  ServiceNames() = default;
  // Reads services(5) and protocols(5) through getservent(3) and getprotoent(3); not to be called by two threads.
  static ServiceNames of_this_host();

  [[nodiscard]] std::string_view tcp_port(std::uint16_t port) const { return find(tcp_, port); }
  [[nodiscard]] std::string_view udp_port(std::uint16_t port) const { return find(udp_, port); }
  [[nodiscard]] std::string_view ip_protocol(std::uint8_t protocol) const { return find(protocols_, protocol); }

 private:
  using Table = std::vector<std::string>;  // by number, empty or large enough for all numbers
  static std::string_view find(const Table& table, std::size_t number) {
    return number < table.size() ? std::string_view(table[number]) : std::string_view();
  }
  Table tcp_;
  Table udp_;
  Table protocols_;
};

}  // namespace ringtap
