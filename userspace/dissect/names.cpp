// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/names.hpp"

#include <arpa/inet.h>
#include <netdb.h>

namespace ringtap {

ServiceNames ServiceNames::of_this_host() {
  ServiceNames names;
  names.tcp_.resize(65536);
  names.udp_.resize(65536);
  names.protocols_.resize(256);
  setservent(1);
  while (const servent* entry = getservent()) {
    const std::string_view protocol(entry->s_proto);
    const std::size_t port = ntohs(static_cast<std::uint16_t>(entry->s_port));
    if (protocol == "tcp") {
      names.tcp_[port] = entry->s_name;
    } else if (protocol == "udp") {
      names.udp_[port] = entry->s_name;
    }
  }
  endservent();
  setprotoent(1);
  while (const protoent* entry = getprotoent()) {
    const auto number = static_cast<std::size_t>(entry->p_proto);
    if (number < names.protocols_.size() && names.protocols_[number].empty()) names.protocols_[number] = entry->p_name;
  }
  endprotoent();
  return names;
}

}  // namespace ringtap
