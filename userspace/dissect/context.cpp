// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/context.hpp"

#include <cstring>

namespace ringtap {

void Context::host4(const std::uint8_t* address) {
  if (resolver != nullptr) {
    std::string_view name = resolver->host({address, 4});
    if (options.no_domain) name = name.substr(0, name.find('.'));
    if (!name.empty()) return put(name);
  }
  out.ipv4(address);
}

void Context::host6(const std::uint8_t* address) {
  if (resolver != nullptr) {
    std::string_view name = resolver->host({address, 16});
    if (options.no_domain) name = name.substr(0, name.find('.'));
    if (!name.empty()) return put(name);
  }
  out.ipv6(address);
}

void Context::station(const std::uint8_t* address) {
  if (resolver == nullptr) return out.mac(address);
  static constexpr std::uint8_t kBroadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  if (const std::string_view name = resolver->station({address, 6}); !name.empty()) return put(name);
  if (std::memcmp(address, kBroadcast, sizeof kBroadcast) == 0) return put("Broadcast");
  out.mac(address);
  const std::uint32_t oui = load_be24(address);
  put(" (oui ", organization_name(oui), ')');
}

void Context::tcp_port(std::uint16_t port) {
  put_name(services.tcp_port(port), port);
}
void Context::udp_port(std::uint16_t port) {
  put_name(services.udp_port(port), port);
}

void Context::put_flags(std::span<const Token> table, std::uint32_t value, std::string_view separator) {
  bool any = false;
  for (const Token& flag : table) {
    if ((value & flag.value) == 0) continue;
    if (any) put(separator);
    put(flag.name);
    any = true;
  }
  if (!any) put("none");
}

}  // namespace ringtap
