// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// An address and port of IPv4 or IPv6, as bind(2), connect(2) and sendto(2) take them. Throws std::invalid_argument on
// what is no address.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ringtap::testing {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  SocketAddress(const std::string& text, std::uint16_t port) {
    auto* ipv4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, text.c_str(), &ipv4->sin_addr) == 1) {
      ipv4->sin_family = AF_INET;
      ipv4->sin_port = htons(port);
      size = sizeof *ipv4;
    } else if (::inet_pton(AF_INET6, text.c_str(), &ipv6->sin6_addr) == 1) {
      ipv6->sin6_family = AF_INET6;
      ipv6->sin6_port = htons(port);
      size = sizeof *ipv6;
    } else {
      throw std::invalid_argument("not an address: " + text);
    }
  }
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

}  // namespace ringtap::testing
