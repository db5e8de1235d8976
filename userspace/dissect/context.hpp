// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a printer gets in addition to its bytes: the options, the appender, the names and the state kept between
// packets. A printer is a function `void print_x(Context&, Cursor, …)`: it appends its text and returns; it calls other
// printers through tables.hpp. Borrows everything from the Dissector. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/appender.hpp"
#include "dissect/cursor.hpp"
#include "dissect/names.hpp"
#include "dissect/options.hpp"

namespace ringtap {

class IkeState;
class NfsState;
class RxState;
struct TcpState;

class InterfaceNames {
 public:
  virtual ~InterfaceNames() = default;
  // The name of a device by its number, empty when not known; lives until the next call.
  virtual std::string_view name(std::uint32_t ifindex) = 0;
};

struct Context {
  const DissectOptions& options;
  Appender& out;
  const ServiceNames& services;
  NameResolver* resolver;      // nullptr: numbers only
  InterfaceNames* interfaces;  // nullptr: numbers only
  TcpState& tcp_state;
  IkeState& ike_state;
  NfsState& nfs_state;
  RxState& rx_state;
  Truncation truncation{out};
  unsigned depth = 0;                // how many packets enclose this one
  std::size_t link_header_size = 0;  // set by the link printer: how many bytes a dump of the packet leaves out

  template <class... Parts>
  void put(const Parts&... parts) {
    out.put(parts...);
  }
  [[nodiscard]] bool verbose(int level = 1) const { return options.verbosity >= level; }
  // To be checked by loops over data that may be beyond the snapshot length.
  [[nodiscard]] bool truncated() const { return truncation.hit; }
  // The protocol that prints from here on. After a mark tcpdump dumps a packet with its link header, except for
  // protocols whose printers check first.
  void protocol(std::string_view name, bool looks_first = false) {
    truncation.protocol = name;
    truncation.looks_first = looks_first;
  }
  // The mark as text, for a printer that continues after it.
  void put_truncated() { put(" [|", truncation.protocol, "]"); }
  void put_invalid() { put(" (invalid)"); }

  void host4(const std::uint8_t* address);
  void host6(const std::uint8_t* address);
  void station(const std::uint8_t* address);
  void tcp_port(std::uint16_t port);
  void udp_port(std::uint16_t port);

  // `name`, or if it is empty the other parts.
  template <class... Parts>
  void put_name(std::string_view name, const Parts&... otherwise) {
    if (name.empty()) {
      put(otherwise...);
    } else {
      put(name);
    }
  }
  // "Name, Name" of the bits set, "none" when none.
  void put_flags(std::span<const Token> table, std::uint32_t value, std::string_view separator = ", ");
};

// Deeper nesting is not followed: a 64 KiB packet could hold thousands of headers, each using a stack frame.
inline constexpr unsigned kMaxDepth = 128;

// What a link layer passes to the printer of its payload: the MAC addresses, if the printer or the fallback needs them.
struct LinkHeader {
  const std::uint8_t* source = nullptr;  // 6 bytes each; both nullptr if the link has none
  const std::uint8_t* destination = nullptr;
};

// The network header that contains a transport protocol.
struct IpHeader {
  unsigned version;            // 4 or 6
  const std::uint8_t* source;  // 4 or 16 bytes
  const std::uint8_t* destination;
  const std::uint8_t* final_destination;  // end of a source route: the pseudo-header's destination
  std::uint8_t protocol;                  // of the header itself; after extension headers it may differ
  std::uint8_t ttl;
  bool fragment;  // the datagram is not complete: no checksum can be verified

  [[nodiscard]] std::size_t address_size() const { return version == 4 ? 4 : 16; }
};

// What a transport passes to the printer of its payload.
struct Transport {
  const IpHeader& ip;
  std::uint16_t source_port;
  std::uint16_t destination_port;
};

}  // namespace ringtap
