// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/context.hpp"

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
  if (resolver != nullptr) {
    if (const std::string_view name = resolver->station({address, 6}); !name.empty()) return put(name);
  }
  out.mac(address);
}

void Context::name_or(std::string_view name, std::uint16_t port) {
  if (name.empty()) {
    put(port);
  } else {
    put(name);
  }
}
void Context::tcp_port(std::uint16_t port) {
  name_or(services.tcp_port(port), port);
}
void Context::udp_port(std::uint16_t port) {
  name_or(services.udp_port(port), port);
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
