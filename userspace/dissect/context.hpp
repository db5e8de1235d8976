// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a printer is given besides its bytes: the options, the appender, the names and the state kept between packets.
// A printer is a function `void print_x(Context&, Cursor, …)`: it appends its text and returns; it knows no other
// printer but the tables of tables.hpp. Borrows everything from the Dissector. One thread.
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
  Truncation truncation{out};
  unsigned depth = 0;                // packets within packets
  std::size_t link_header_size = 0;  // set by the link's printer: what a dump of the packet leaves out

  template <class... Parts>
  void put(const Parts&... parts) {
    out.put(parts...);
  }
  [[nodiscard]] bool verbose(int level = 1) const { return options.verbosity >= level; }
  // A loop over data that may lie beyond the snapshot asks this.
  [[nodiscard]] bool truncated() const { return truncation.hit; }
  // Who prints from here on. After a mark tcpdump dumps a packet with its link header, but for protocols whose
  // printers look first.
  void protocol(std::string_view name, bool looks_first = false) {
    truncation.protocol = name;
    truncation.looks_first = looks_first;
  }
  // The mark as text, for a printer that goes on after it.
  void put_truncated() { put(" [|", truncation.protocol, "]"); }
  void put_invalid() { put(" (invalid)"); }

  void host4(const std::uint8_t* address);
  void host6(const std::uint8_t* address);
  void station(const std::uint8_t* address);
  void tcp_port(std::uint16_t port);
  void udp_port(std::uint16_t port);

  // `name`, or where it is empty the other parts.
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

// Nesting beyond this is not followed: a 64 KiB packet could hold thousands of headers, each a stack frame.
inline constexpr unsigned kMaxDepth = 128;

// What a link layer hands to the printer of its payload: the stations, where the printer or the fallback needs them.
struct LinkHeader {
  const std::uint8_t* source = nullptr;  // 6 bytes each; nullptr where the link has none
  const std::uint8_t* destination = nullptr;
};

// The network header that a transport protocol lies in.
struct IpHeader {
  unsigned version;            // 4 or 6
  const std::uint8_t* source;  // 4 or 16 bytes
  const std::uint8_t* destination;
  const std::uint8_t* final_destination;  // where a source route ends: the pseudo-header's destination
  std::uint8_t protocol;                  // of the header itself: what an extension header leads to may differ
  std::uint8_t ttl;
  bool fragment;  // the datagram is not here whole: no checksum can be verified

  [[nodiscard]] std::size_t address_size() const { return version == 4 ? 4 : 16; }
};

// What a transport hands to the printer of its payload.
struct Transport {
  const IpHeader& ip;
  std::uint16_t source_port;
  std::uint16_t destination_port;
};

}  // namespace ringtap
